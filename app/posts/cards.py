"""Cards of a list: rendered once for everybody, kept, and completed for the one who looks.

What is kept of a card is what its key says: this post in this version, with this author and these
prices, open or locked, in the present form of the templates. Which of them somebody gets is decided
anew for every page, from what PostgreSQL holds at that moment. So a cache that is lost, full of old
things or out of date costs time and opens nothing. A kept card has gaps where the viewer's part goes:
addresses of gated media, likes, form tokens.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from flask import current_app
from markupsafe import Markup

from app.entitlements.queries import read_held
from app.entitlements.rules import Audience, Closed, Decision, Lock, Outcome, judge
from app.media.addresses import NOBODY, Holder, address, public_address
from app.media.shown import Described, is_public
from app.platform.cache import cache
from app.platform.cookies import csrf_token
from app.platform.gaps import GAP, KEY, Gapped, Marks
from app.platform.idempotency import new_key
from app.platform.watching.counters import FAR, NEAR, RENDERED
from app.posts import queries_feed
from app.posts.card import FIRST, LATER, Card, Seen, gate_words
from app.posts.queries_feed import Asks, Line

KEEP_SECONDS = 24 * 3600
KEEP_ENTRIES = 2_000
KEEP_DECISIONS = 20_000
ACTS = "posts/_acts.html"
# What the look of a card depends on, beside its post.
FORM = ("posts", "components", "media")
TOKEN_FIELD = re.compile(r'(?<=name="csrf_token" value=")[^"]*')

# In this process, so that Redis is asked only for what is new here; and what Redis has not been told yet.
_near: dict[str, str] = {}
_untold: dict[str, str] = {}


class Look(StrEnum):
    CARD = "card"
    # Its picture alone, in a wall of them.
    TILE = "tile"


class State(NamedTuple):
    """Which acts a card shows."""

    signed_in: bool
    open: bool
    liked: bool
    kept: bool
    mine: bool


class Asked(NamedTuple):
    line: Line
    look: Look
    decision: Decision
    shape: str
    # By which its card is kept.
    key: str


def shown(
    lines: Sequence[Line], person: UUID | None, adult: Callable[[], bool], look: Look = Look.CARD
) -> dict[str, Markup]:
    """The cards of those that may be known, in their order. One statement, one question to Redis at most.

    Pictures of the first are what one waits for; the others can.

    `adult` is asked where something is for adults: whether this viewer said to be one.
    """
    who = str(person) if person else None
    asked = [one for line in lines if (one := _asked(line, who, adult, look)) is not None]
    kept = _kept([one.key for one in asked])
    if missing := [one for one in asked if one.key not in kept]:
        kept |= _rendered(missing)
    gaps, there = Gaps(person), [one for one in asked if one.key in kept]
    return {one.line.id: gaps.fill(kept[one.key], one, soon=not at) for at, one in enumerate(there)}


def forget() -> None:
    """What this process keeps; Redis is still told of it."""
    _near.clear()


def _asked(line: Line, person: str | None, adult: Callable[[], bool], look: Look) -> Asked | None:
    decision = _decided(line.asks, person, line.held)
    if decision.outcome is Outcome.HIDDEN:
        return None
    shape = "open"
    if person == line.creator_id and decision.open:
        shape = "mine"
    elif line.adult and decision.open and not adult():
        decision = Decision(Outcome.LOCKED, Closed.AGE)
    if decision.outcome is Outcome.LOCKED:
        shape = f"locked-{decision.because}"
    key = f"{look}:{_form()}:{line.id}:{line.version}:{line.stamp:x}:{shape}"
    return Asked(line, look, decision, shape, key)


@lru_cache(maxsize=KEEP_DECISIONS)
def _decided(asks: Asks, person: str | None, held: str) -> Decision:
    """No memory of who may what: what is held now is among what it is asked by, and all that it looks at."""
    post_id, creator_id, audience, rank, price, currency = asks
    lock = Lock(UUID(post_id), UUID(creator_id), Audience(audience), rank, price, currency)
    return judge(lock, UUID(person) if person else None, read_held(json.loads(held)))


# ---- what is kept


def _kept(keys: list[str]) -> dict[str, str]:
    found = {key: card for key in keys if (card := _near.get(key)) is not None}
    NEAR.inc(len(found))
    if far := [key for key in keys if key not in found]:
        nothing: dict[str, str] = {}
        news = cache().attempt(lambda redis: _exchange(redis, far), nothing)
        _keep_near(news)
        FAR.inc(len(news))
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
    wanted = {UUID(one.line.id): one for one in missing}
    cards = {}
    for card, stamp in queries_feed.cards(list(wanted)):
        one = wanted[card.id]
        if (card.version, stamp) == (one.line.version, one.line.stamp):
            cards[one.key] = _render(card, one)
    _keep_near(cards)
    RENDERED.inc(len(cards))
    if len(_untold) < KEEP_ENTRIES:
        _untold.update(cards)
    return cards


# ---- rendering, for everybody


@dataclass(frozen=True, slots=True)
class Everyone(Seen):
    """Looks at a card to be kept: where it would see something of its own, it leaves a gap."""

    marks: Marks

    def address(self, described: Described, name: str) -> str:
        if is_public(described, name):
            return public_address(described, name)
        return self.marks.gap(f"{described['id']}/{name}")

    @property
    def loading(self) -> Markup:
        return Markup(self.marks.gap("loading"))  # noqa: S704 - a random mark


def _render(card: Card, one: Asked) -> str:
    marks = Marks()
    seen = Everyone(
        card.id, one.decision, liked=False, kept=False, viewer_id=None, mine=one.shape == "mine", marks=marks
    )
    acts = Markup(marks.gap("acts"))  # noqa: S704 - a random mark
    template = current_app.jinja_env.get_template(f"posts/_{one.look}.html")
    return marks.ready(template.render(card=card, seen=seen, acts=acts, gate_words=gate_words))


@lru_cache(maxsize=32)
def _acts(form: str, state: State) -> str:
    """What one does with a post, with gaps for the post and for the form tokens."""
    marks = Marks()
    gaps = {name: marks.gap(name) for name in ("href", "id", "likes", "comments")}
    decision = Decision(Outcome.OPEN if state.open else Outcome.LOCKED, "")
    seen = Seen(NOBODY, decision, state.liked, state.kept, NOBODY if state.signed_in else None, state.mine)
    html = current_app.jinja_env.get_template(ACTS).render(card=gaps, seen=seen)
    html = TOKEN_FIELD.sub(lambda _: marks.gap("csrf_token"), html)
    return marks.ready(marks.keys(html, of=f"{marks.gap('id')}."))


class Whole(NamedTuple):
    """A card with what one does with it. Its gaps are what changes from page to page."""

    card: Gapped
    # Gated media, each as `id/rendition`.
    media: frozenset[str]


@lru_cache(maxsize=KEEP_ENTRIES)
def _whole(kept: str, acts: str, post_id: str) -> Whole:
    of_post = {"id": post_id, "href": f"/posts/{post_id}"}
    card = Gapped(_filled(kept, {"acts": _filled(acts, of_post)}))
    return Whole(card, frozenset(name for name in card.names if "/" in name))


def _filled(html: str, known: Mapping[str, str]) -> str:
    """With these gaps filled, and the others left as they are."""
    return GAP.sub(lambda found: known.get(found[1], found[0]), html)


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
        self._form = _form()
        self._values = {
            "csrf_token": csrf_token() if person else "",
            KEY: new_key() if person else "",
        }

    def fill(self, kept: str, one: Asked, *, soon: bool) -> Markup:
        line = one.line
        state = State(
            self._person is not None, one.decision.open, line.liked, line.kept, mine=one.shape == "mine"
        )
        whole = _whole(kept, _acts(self._form, state), line.id)
        counted = {"likes": str(line.likes), "comments": str(line.comments)}
        values = self._values | counted | {"loading": FIRST if soon else LATER}
        if whole.media:
            holder = ("post", UUID(line.id))
            values |= {name: self._address(holder, name) for name in whole.media}
        return Markup(whole.card.fill(values))  # noqa: S704 - rendered by our templates

    def _address(self, holder: Holder, name: str) -> str:
        media_id, _, rendition = name.partition("/")
        gated = {"id": media_id, "public": False}
        return address(gated, rendition, holder=holder, viewer_id=self._person)
