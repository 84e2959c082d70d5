"""Markdown that people write, as safe HTML: no markup of their own, and pictures from elsewhere as links.

Built safe, and then cleaned by a sanitiser that knows nothing of how it was built.
"""

import html
import re
from collections.abc import Collection
from collections.abc import Set as AbstractSet
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from app.kit.text import web_host

MENTION = re.compile(r"(?<![\w/@.])@([A-Za-z0-9_]{3,30})(?!\w)")
TAGS = {
    "a", "blockquote", "br", "code", "em", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s",
    "strong", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}
REL = "nofollow ugc noopener"
# What is on a page already: its title, and the heading of a post.
HEADINGS_ABOVE = 1
SMALLEST = 6
# More addresses than anybody follows stay words: to find them takes the longer the more there are, squared.
LINKED_MOST = 400


def render(text: str, known_handles: Collection[str] = ()) -> str:
    """`known_handles`, in small letters: only those that somebody has become links."""
    built = _built(text, {"handles": frozenset(known_handles)})
    return nh3.clean(built, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel=REL)


def plain(text: str) -> str:
    """What one reads of it, on one line."""
    return " ".join(html.unescape(nh3.clean(_built(text, {}), tags=set())).split())


def handles(text: str) -> set[str]:
    """Whoever it may mention, in small letters."""
    return {found.lower() for found in MENTION.findall(text)}


def _shape(state: StateCore) -> None:
    known: AbstractSet[str] = state.env.get("handles", frozenset())
    for token in state.tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + HEADINGS_ABOVE, SMALLEST)}"
        elif token.type == "inline" and token.children:
            token.children = _with_mentions(_without_pictures(token.children), known)
            for link in token.children:
                if link.type == "link_open":
                    link.attrs["href"] = _whole(str(link.attrs["href"]))


def _whole(address: str) -> str:
    """`example.org`, which most people write so, would lead further into the page that it stands on."""
    if address.startswith(("/", "#")) or ":" in address.partition("/")[0]:
        return address
    return f"https://{address}" if web_host(f"https://{address}") else address


def _without_pictures(tokens: list[Token]) -> list[Token]:
    """Whoever looked would tell another house that they did."""
    shaped: list[Token] = []
    inside = 0
    for token in tokens:
        inside += token.nesting if token.type in {"link_open", "link_close"} else 0
        if token.type != "image":
            shaped.append(token)
            continue
        address = str(token.attrs["src"])
        words = _text(token.content or address)
        shaped += [words] if inside else _link(address, words)
    return shaped


def _with_mentions(tokens: list[Token], known: AbstractSet[str]) -> list[Token]:
    shaped: list[Token] = []
    inside = 0
    for token in tokens:
        inside += token.nesting if token.type in {"link_open", "link_close"} else 0
        if token.type == "text" and not inside:
            shaped += _mentions(token.content, known)
        else:
            shaped.append(token)
    return shaped


def _mentions(text: str, known: AbstractSet[str]) -> list[Token]:
    found: list[Token] = []
    done = 0
    for match in MENTION.finditer(text):
        if match[1].lower() not in known:
            continue
        found += [_text(text[done : match.start()]), *_link(f"/@{match[1]}", _text(match[0]))]
        done = match.end()
    return [*found, _text(text[done:])]


def _link(address: str, words: Token) -> list[Token]:
    return [Token("link_open", "a", 1, attrs={"href": address}), words, Token("link_close", "a", -1)]


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _built(text: str, known: dict[str, Any]) -> str:
    markdown = _linking if text.count("://") <= LINKED_MOST else _plain
    return str(markdown.render(text, known))


def _build(*, linking: bool) -> MarkdownIt:
    options: dict[str, Any] = {"html": False, "linkify": linking, "breaks": True}
    built = MarkdownIt("commonmark", options).enable(["strikethrough", "linkify"])
    built.core.ruler.push("shape", _shape)
    return built


_linking, _plain = _build(linking=True), _build(linking=False)
