"""A list of posts in addresses: which part of it is asked for, how it goes on, how one comes back to it.

`before`: older than that place. `from` and `until`: what those had before them who come back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from werkzeug.wrappers import Response

from app.platform.web import is_htmx
from app.posts.places import LAST, Place
from app.posts.queries_feed import MOST, Lines, Stretch

FROM, UNTIL, BEFORE = "from", "until", "before"


@dataclass(frozen=True, slots=True)
class Asked:
    path: str
    # What else stands in its addresses.
    said: Mapping[str, str]
    before: Place | None
    first: Place | None
    until: Place | None

    @classmethod
    def of(cls, path: str, args: Mapping[str, str], **said: str) -> "Asked":
        return cls(path, said, *(Place.read(args.get(name)) for name in (BEFORE, FROM, UNTIL)))

    @property
    def at_top(self) -> bool:
        return not (self.before or self.first or self.until)

    @property
    def stretch(self) -> Stretch:
        if self.before:
            return Stretch(before=self.before)
        start = self.first.included if self.first else LAST
        return Stretch(start, self.until, MOST) if self.until else Stretch(start)

    def address(self, places: Mapping[str, Place | None] | None = None, path: str = "") -> str:
        told = {name: str(place) for name, place in (places or {}).items() if place}
        query = urlencode({**self.said, **told})
        return f"{path or self.path}?{query}" if query else path or self.path


@dataclass(frozen=True, slots=True)
class Ways:
    """From a page of a list to others."""

    # For those without scripts, and for htmx, which remembers where the page began.
    older: str | None
    onwards: str | None
    newest: str | None
    # The same list again, with all that is before the reader now.
    here: str | None
    first: Place | None


def ways(asked: Asked, lines: Lines) -> Ways:
    first = asked.first or (lines.found[0].place if lines.found else None)
    newest = asked.address() if asked.before or asked.until else None
    if not lines.found:
        return Ways(None, None, newest, None, first)
    last = lines.found[-1].place
    here = asked.address({FROM: first, UNTIL: last})
    if not (lines.more or asked.until):
        return Ways(None, None, newest, here, first)
    older, onwards = asked.address({BEFORE: last}), asked.address({BEFORE: last, FROM: first})
    return Ways(older, onwards, newest, here, first)


def remember(answer: Response, found: Ways) -> Response:
    """So that the Back button, and a reload, find the list as it was."""
    if is_htmx() and found.here:
        answer.headers["HX-Replace-Url"] = found.here
    return answer
