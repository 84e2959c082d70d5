"""Who may listen to what.

Asked here, in the web process, when a ticket is made; the ticket then carries the answer, so that the
realtime process needs no database for it. Every reconnect asks again. What is not for good says on what it
hangs (`Hearing`): when that ends, the topic is taken from open sockets, and older tickets give it no more.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.kit import clock
from app.platform.viewer import Viewer

MAX_TOPICS = 20
MAX_LENGTH = 100
# What one word may stand for.
MAX_BUNDLED = 50


@dataclass(frozen=True, slots=True)
class Hearing:
    """They may as long as none of these is closed to them (platform/access.py), until then at most."""

    scopes: tuple[UUID, ...]
    until: datetime | None = None
    # How many listen is told to those who do.
    counted: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """A hearing as a ticket carries it."""

    topic: str
    until: float | None
    scopes: tuple[str, ...]
    counted: bool


@dataclass(frozen=True, slots=True)
class Allowed:
    topics: tuple[str, ...] = ()
    terms: tuple[Term, ...] = ()
    # From before it was asked: what ended until then was known when it was answered.
    asked: float = 0.0


MayListen = Callable[[Viewer, str], bool | Hearing]
Bundled = Callable[[Viewer], Sequence[str]]
_authorisers: dict[str, MayListen] = {}
_bundles: dict[str, Bundled] = {}


def topic(name: str, may_listen: MayListen) -> None:
    """`may_listen(viewer, subject)` decides over `name:subject`."""
    _authorisers[name] = may_listen


def bundle(name: str, topics_of: Bundled) -> None:
    """`name` stands for all these topics: the page need not know them."""
    _bundles[name] = topics_of


def allowed(viewer: Viewer, wanted: Iterable[str]) -> Allowed:
    asked = clock.now().timestamp()
    unique = list(dict.fromkeys(wanted))[:MAX_TOPICS]
    answers = {full: answer for name in unique for full, answer in _heard(viewer, name)}
    terms = [_term(full, answer) for full, answer in answers.items() if isinstance(answer, Hearing)]
    return Allowed(tuple(answers), tuple(terms), asked)


def _heard(viewer: Viewer, full: str) -> list[tuple[str, bool | Hearing]]:
    if full in _bundles:
        return [(one, True) for one in _bundles[full](viewer)[:MAX_BUNDLED]]
    answer = _may_listen(viewer, full)
    return [(full, answer)] if answer else []


def _may_listen(viewer: Viewer, full: str) -> bool | Hearing:
    name, _, subject = full.partition(":")
    decide = _authorisers.get(name)
    return decide is not None and len(full) <= MAX_LENGTH and decide(viewer, subject)


def _term(full: str, hearing: Hearing) -> Term:
    until = hearing.until.timestamp() if hearing.until else None
    return Term(full, until, tuple(map(str, hearing.scopes)), hearing.counted)
