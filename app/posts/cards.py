"""Cards of a list: rendered once for everybody, kept, and completed for the one who looks.

What is kept of a card is what its key says: this post in this version, with this author and these
prices, open or locked, in the present form of the templates. Which of them somebody gets is decided
anew for every page, from what PostgreSQL holds at that moment. So a cache that is lost, full of old
things or out of date costs time and opens nothing. A kept card has gaps where the viewer's part goes:
addresses of gated media, likes, form tokens.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import current_app
from markupsafe import Markup

from app.entitlements.queries import read_held
from app.entitlements.rules import Audience, Closed, Decision, Lock, Outcome, judge
from app.kit import chance
from app.media.addresses import NOBODY, address, public_address
from app.media.shown import Described, is_public
from app.platform.cache import cache
from app.platform.cookies import csrf_token
from app.platform.idempotency import new_key
from app.posts import queries_feed
from app.posts.card import Card, Seen, gate_words
from app.posts.queries_feed import Line

KEEP_SECONDS = 24 * 3600
KEEP_ENTRIES = 2_000
ACTS = "posts/_acts.html"
# What the look of a card depends on, beside its post.
FORM = ("posts", "components", "media")
HIDDEN_FIELD = re.compile(r'(name="(csrf_token|idempotency_key)" value=")[^"]*"')

# In this process, so that Redis is asked only for what is new here; and what Redis has not been told yet.
_near: dict[str, str] = {}
_untold: dict[str, str] = {}


class Look(StrEnum):
    CARD = "card"
    # Its picture alone, in a wall of them.
    TILE = "tile"


@dataclass(frozen=True, slots=True)
class Asked:
    line: Line
    look: Look
    decision: Decision
    shape: str

    @property
    def key(self) -> str:
        line = self.line
        return f"{self.look}:{_form()}:{line.id.hex}:{line.version}:{line.stamp:x}:{self.shape}"


def shown(
    lines: Sequence[Line], person: UUID | None, adult: Callable[[], bool], look: Look = Look.CARD
) -> dict[UUID, Markup]:
    """The cards of those that may be known, in their order. One statement, one question to Redis at most.

    `adult` is asked where something is for adults: whether this viewer said to be one.
    """
    asked = [one for line in lines if (one := _asked(line, person, adult, look)) is not None]
    kept = _kept([one.key for one in asked])
    if missing := [one for one in asked if one.key not in kept]:
        kept |= _rendered(missing)
    gaps = Gaps(person)
    return {one.line.id: gaps.fill(kept[one.key], one) for one in asked if one.key in kept}


def forget() -> None:
    """What this process keeps; Redis is still told of it."""
    _near.clear()


def _asked(line: Line, person: UUID | None, adult: Callable[[], bool], look: Look) -> Asked | None:
    lock = Lock(line.id, line.creator_id, Audience(line.audience), line.rank, line.price, line.currency)
    decision = judge(lock, person, read_held(line.held))
    if decision.outcome is Outcome.HIDDEN:
        return None
    if decision.open and person == line.creator_id:
        return Asked(line, look, decision, "mine")
    if decision.open and line.adult and not adult():
        decision = Decision(Outcome.LOCKED, Closed.AGE)
    if decision.open:
        return Asked(line, look, decision, "open")
    return Asked(line, look, decision, f"locked-{decision.because}")


# ---- what is kept


def _kept(keys: list[str]) -> dict[str, str]:
    found = {key: card for key in keys if (card := _near.get(key)) is not None}
    if far := [key for key in keys if key not in found]:
        nothing: dict[str, str] = {}
        news = cache().attempt(lambda redis: _exchange(redis, far), nothing)
        _keep_near(news)
        found |= news
    return found


def _exchange(redis: Any, keys: list[str]) -> dict[str, str]:
    """Asks, and in the same round trip tells what was rendered here since the last question.

    A card tells in front for which key it was rendered, and counts for no other.
    """
    with redis.pipeline(transaction=False) as pipe:
        for key in list(_untold):
            if (card := _untold.pop(key, None)) is not None:
                pipe.set(key, f"{key}\n{card}", ex=KEEP_SECONDS)
        pipe.mget(keys)
        found = zip(keys, pipe.execute()[-1], strict=True)
    told = ((key, answer.decode(errors="replace").partition("\n")) for key, answer in found if answer)
    return {key: card for key, (name, _, card) in told if name == key}


def _keep_near(cards: dict[str, str]) -> None:
    if len(_near) + len(cards) > KEEP_ENTRIES:
        _near.clear()
    _near.update(cards)


def _rendered(missing: Iterable[Asked]) -> dict[str, str]:
    """One statement for all. What was edited in this very moment is left out: the next page has it."""
    wanted = {one.line.id: one for one in missing}
    cards = {}
    for card, stamp in queries_feed.cards(list(wanted)):
        one = wanted[card.id]
        if (card.version, stamp) == (one.line.version, one.line.stamp):
            cards[one.key] = _render(card, one)
    _keep_near(cards)
    if len(_untold) < KEEP_ENTRIES:
        _untold.update(cards)
    return cards


# ---- rendering, for everybody


@dataclass(frozen=True, slots=True)
class Everyone(Seen):
    """Looks at a card to be kept: where it would see something of its own, it leaves a gap."""

    mark: str

    def address(self, described: Described, name: str) -> str:
        if is_public(described, name):
            return public_address(described, name)
        return _gap(self.mark, f"{described['id']}/{name}")


def _render(card: Card, one: Asked) -> str:
    mark = chance.token(18)
    seen = Everyone(
        card.id, one.decision, liked=False, kept=False, viewer_id=None, mine=one.shape == "mine", mark=mark
    )
    acts = Markup(_gap(mark, "acts"))  # noqa: S704 - a random mark
    template = current_app.jinja_env.get_template(f"posts/_{one.look}.html")
    return _with_gaps(template.render(card=card, seen=seen, acts=acts, gate_words=gate_words), mark)


def _gap(mark: str, name: str) -> str:
    return f"{mark}{name}{mark}"


def _with_gaps(html: str, mark: str) -> str:
    """Ready for `%`. The mark is random, so that nothing that people write can look like a gap."""
    parts = html.split(mark)
    parts[::2] = [text.replace("%", "%%") for text in parts[::2]]
    parts[1::2] = [f"%({name})s" for name in parts[1::2]]
    return "".join(parts)


@lru_cache(maxsize=32)
def _acts(form: str, state: tuple[bool, bool, bool, bool]) -> str:
    """What one does with a post, with gaps for the post and for the form tokens."""
    signed_in, is_open, liked, kept = state
    mark = chance.token(18)
    gaps = {name: _gap(mark, name) for name in ("href", "id", "likes", "comments")}
    decision = Decision(Outcome.OPEN if is_open else Outcome.LOCKED, "")
    seen = Seen(NOBODY, decision, liked, kept, NOBODY if signed_in else None, mine=False)
    html = current_app.jinja_env.get_template(ACTS).render(card=gaps, seen=seen)
    forms = count(1)  # each with a key of its own

    def hidden(found: re.Match[str]) -> str:
        number = next(forms) if found[2] == "idempotency_key" else ""
        return f'{found[1]}{_gap(mark, found[2])}{number}"'

    return _with_gaps(HIDDEN_FIELD.sub(hidden, html), mark)


@lru_cache
def _form() -> str:
    """Changes with the templates, so that no card of another release is taken."""
    folder = Path(current_app.root_path, current_app.template_folder or "")
    sources = sorted(path for name in FORM for path in (folder / name).glob("*.html"))
    sources += [Path(__file__), Path(current_app.static_folder or "", "icons.svg")]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources))
    return digest.hexdigest()[:12]


# ---- filling in, for one


class Gaps:
    """What stands in the gaps of one page's cards, for one viewer."""

    def __init__(self, person: UUID | None) -> None:
        self._person = person
        self._token = csrf_token() if person else ""
        self._key = new_key() if person else ""
        self._count = 0
        self._form = _form()

    def fill(self, kept: str, one: Asked) -> Markup:
        return Markup(kept % Filling(self, one))  # noqa: S704 - rendered by our templates

    def acts(self, one: Asked) -> str:
        line = one.line
        state = (self._person is not None, one.decision.open, line.liked, line.kept)
        return _acts(self._form, state) % {
            "href": f"/posts/{line.id}",
            "id": line.id,
            "likes": line.likes,
            "comments": line.comments,
            "csrf_token": self._token,
            "idempotency_key": self._next_key(),
        }

    def address(self, one: Asked, name: str) -> str:
        media_id, _, rendition = name.partition("/")
        gated = {"id": media_id, "public": False}
        return address(gated, rendition, holder=("post", one.line.id), viewer_id=self._person)

    def _next_key(self) -> str:
        self._count += 1
        return f"{self._key}{self._count}."


class Filling(dict[str, str]):
    """The gaps of one card, by name."""

    __slots__ = ("_gaps", "_one")

    def __init__(self, gaps: Gaps, one: Asked) -> None:
        self._gaps, self._one = gaps, one

    def __missing__(self, name: str) -> str:
        return self._gaps.acts(self._one) if name == "acts" else self._gaps.address(self._one, name)
