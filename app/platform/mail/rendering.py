"""From a template and its values to a subject, a text and an HTML part.

A value is somebody's words, never markup: it is escaped for Markdown, put on one line, and addresses
in it are broken, so that no mail program makes a link of a name. Only `link` filters make links.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from flask import current_app
from jinja2 import Environment, StrictUndefined, Template
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from app.platform.mail import parts
from app.platform.settings import settings

PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
DOT_IN_WORD = re.compile(r"(?<=[^\W\d_])\.(?=[^\W\d_])")
UNSAFE_IN_LINK = re.compile(r"[\s<>()\[\]\\\"'`;]")
WORD_JOINER = "\u2060"
MAX_SUBJECT = 150

markdown = MarkdownIt("commonmark", {"html": False})


class Trusted(str):
    """Markdown of our own."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Source:
    subject: Template
    body: Template


@dataclass(frozen=True, slots=True)
class Rendered:
    subject: str
    text: str
    html: str
    # What each button says, and where it leads.
    buttons: tuple[tuple[str, str], ...]
    # Where one click ends mails of this kind: the value `stop` of those that have such an address.
    stop: str = ""


def plain(value: object) -> Any:
    """As it is stored and shown; a list of things with names stays one, for a template to go through."""
    if isinstance(value, list):
        return [{name: plain(one) for name, one in each.items()} for each in value]
    if isinstance(value, datetime):
        return value.strftime("%-d %B %Y, %H:%M UTC")
    return str(value)


def render(name: str, values: dict[str, Any]) -> Rendered:
    source, site = _source(name), {"site_name": settings().site_name, "site": settings().base_url}
    subject = one_line(source.subject.render(values | site))[:MAX_SUBJECT]
    tokens = parts.with_buttons(markdown.parse(source.body.render(values | site)))
    text = parts.readable(tokens, settings().site_name, settings().base_url)
    html, stop = _page(subject, tokens, site), values.get("stop", "")
    return Rendered(subject, text, html, tuple(parts.buttons(tokens)), link(stop) if stop else "")


def _page(subject: str, tokens: list[Token], site: dict[str, str]) -> str:
    # Safe: HTML in Markdown is off, and every value was escaped.
    body = Markup(markdown.renderer.render(tokens, markdown.options, {}))  # noqa: S704
    return current_app.jinja_env.get_template("mail/layout.html").render(site, subject=subject, body=body)


@cache
def _source(name: str) -> Source:
    """The file: a comment that lists the values, `Subject: ...`, and the text."""
    assert current_app.jinja_env.loader is not None
    file = current_app.jinja_env.loader.get_source(current_app.jinja_env, f"mail/{name}.md")[0]
    subject, _, body = file.partition("Subject: ")[2].partition("\n")
    return Source(_environment(one_line).from_string(subject), _environment(escaped).from_string(body))


def _environment(finalize: Callable[[object], str]) -> Environment:
    # It writes Markdown, not HTML: `finalize` escapes every value for it.
    environment = Environment(undefined=StrictUndefined, finalize=finalize, autoescape=False)  # noqa: S701
    environment.filters["link"] = link
    return environment


def one_line(value: object) -> str:
    """Nothing that ends a header or a line, nothing that cannot be seen."""
    return " ".join("".join(c if c.isprintable() else " " for c in str(value)).split())


def escaped(value: object) -> str:
    """For the body: words without any meaning in Markdown."""
    if isinstance(value, Trusted):
        return value
    return PUNCTUATION.sub(r"\\\1", " ".join(_unlinked(word) for word in one_line(value).split(" ")))


def _unlinked(word: str) -> str:
    """Mail programs make links of whatever looks like an address of the web."""
    if "@" in word and "/" not in word:
        return word
    return DOT_IN_WORD.sub(f".{WORD_JOINER}", word.replace("://", f":{WORD_JOINER}//"))


def link(given: object) -> Trusted:
    """An address of ours, as the target of a Markdown link."""
    address = str(given)
    if UNSAFE_IN_LINK.search(address) or not address.startswith(("http://", "https://")):
        raise ValueError(f"not an address to link to: {address!r}")
    return Trusted(address)
