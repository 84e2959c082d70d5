"""What was said: sealed in the table, opened for those two, its links made safe."""

from functools import lru_cache

from linkify_it import LinkifyIt
from markupsafe import Markup, escape

from app.kit.text import shortened, web_host
from app.platform.settings import vault

PURPOSE = "message"
LINE = 90
# Long enough for any page, short enough to be read.
LINK_MAX = 60
LINK = Markup('<a class="link" href="{}" rel="nofollow ugc noopener noreferrer" target="_blank">{}</a>')


def seal(text: str) -> str:
    return vault().seal(text, PURPOSE)


def unseal(sealed: str | None) -> str:
    return vault().open(sealed, PURPOSE) if sealed else ""


def line(text: str) -> str:
    """Its beginning, on one line."""
    return shortened(" ".join(text.split()), LINE)


def linked(text: str) -> Markup:
    """As it was typed, addresses on the web made links that say where they lead and lend no name of ours."""
    parts, at = [], 0
    for found in _finder().match(text) or ():
        host = web_host(found.url)
        # A name in letters that only look like those of another one gets no link.
        if host is None or not host.isascii() or not found.schema.startswith("http"):
            continue
        parts += [escape(text[at : found.index]), _link(found.url, found.raw)]
        at = found.last_index
    return Markup("").join([*parts, escape(text[at:])])


def names_a_site(text: str) -> bool:
    """Also one that is written without its beginning, for people to complete."""
    return bool(_wide_finder().test(text))


def _link(address: str, typed: str) -> Markup:
    shown = typed if len(typed) <= LINK_MAX else f"{typed[:LINK_MAX]}…"
    return Markup(
        '<a class="link" href="{}" rel="nofollow ugc noopener noreferrer" target="_blank">{}</a>'
    ).format(address, shown)


@lru_cache
def _wide_finder() -> LinkifyIt:
    return LinkifyIt()


@lru_cache
def _finder() -> LinkifyIt:
    return LinkifyIt(options={"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
