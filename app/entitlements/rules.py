"""May this person open this, why, and what would open it. Pure: decides from what it is given."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.kit.money import readable


class Audience(StrEnum):
    PUBLIC = "public"
    FOLLOWERS = "followers"
    SUBSCRIBERS = "subscribers"
    PAID = "paid"


class Kind(StrEnum):
    FOLLOW = "follow"
    SUBSCRIPTION = "subscription"
    PURCHASE = "purchase"
    GIFT = "gift"
    STAFF = "staff"


class Closed(StrEnum):
    BLOCK = "block"
    TAKEDOWN = "takedown"
    SUSPENSION = "suspension"
    AGE = "age"


class Outcome(StrEnum):
    OPEN = "open"
    # It may be known, and something would open it.
    LOCKED = "locked"
    # Not even its existence may be known.
    HIDDEN = "hidden"


class Step(StrEnum):
    """What a person can do to open it."""

    FOLLOW = "follow"
    SUBSCRIBE = "subscribe"
    BUY = "buy"
    SIGN_IN = "sign_in"


@dataclass(frozen=True, slots=True)
class Lock:
    """What an item asks for. Whoever owns the item describes it so; this feature knows no items."""

    item_id: UUID
    creator_id: UUID
    audience: Audience = Audience.PUBLIC
    rank: int = 0
    price: int | None = None
    currency: str = "USD"
    # Its owner's alone, as a draft is, and theirs who bought it when it was offered, or decide about it.
    private: bool = False
    # Its owner is suspended: only theirs who decide about it.
    away: bool = False


@dataclass(frozen=True, slots=True)
class Holding:
    """A living grant or denial of the person in question."""

    scope_id: UUID
    kind: Kind | Closed
    rank: int = 0
    label: str = ""
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Way:
    step: Step
    rank: int = 0
    price: int | None = None
    currency: str = "USD"

    @property
    def needs_payment(self) -> bool:
        return self.step in {Step.SUBSCRIBE, Step.BUY}


@dataclass(frozen=True, slots=True)
class Decision:
    outcome: Outcome
    because: str
    until: datetime | None = None
    label: str = ""
    ways: tuple[Way, ...] = ()

    @property
    def open(self) -> bool:
        return self.outcome is Outcome.OPEN

    @property
    def payable(self) -> bool:
        """Payment would open it: 402, not 403."""
        return any(way.needs_payment for way in self.ways)

    @property
    def sold_alone(self) -> bool:
        """Buying it is the one way in."""
        return [way.step for way in self.ways if way.step is not Step.SIGN_IN] == [Step.BUY]

    def explained(self) -> str:
        """In words for the person who looks."""
        if self.outcome is Outcome.HIDDEN:
            return "Not available."
        if not self.open:
            return _closed_words(self)
        until = f" until {self.until.day} {self.until:%B %Y}" if self.until else ""
        return OPEN_WORDS[self.because].format(label=self.label or "your subscription") + until


OPEN_WORDS = {
    "yours": "Your own",
    "public": "Open to everybody",
    Kind.FOLLOW: "Open to followers",
    Kind.SUBSCRIPTION: "Included in {label}",
    Kind.PURCHASE: "You bought this",
    Kind.GIFT: "A gift to you",
    Kind.STAFF: "Opened for staff",
}


def judge(lock: Lock, person: UUID | None, holdings: Sequence[Holding]) -> Decision:
    """`holdings` may be those for many items; what is not about this one does not count."""
    scopes = {lock.item_id, lock.creator_id}
    held = [holding for holding in holdings if holding.scope_id in scopes]
    mine = person is not None and person == lock.creator_id
    if lock.away and not any(holding.kind is Kind.STAFF and _is_for(holding, lock) for holding in held):
        return Decision(Outcome.HIDDEN, "away")
    if lock.private and not mine and not any(_is_for(holding, lock) for holding in held):
        return Decision(Outcome.HIDDEN, "private")
    # Whoever decides about a report sees what was taken down.
    if staff := [holding for holding in held if holding.kind is Kind.STAFF]:
        return _opened(staff)
    if denial := _denial(held):
        return denial
    if mine:
        return Decision(Outcome.OPEN, "yours")
    return _by_audience(lock, person, held)


def _by_audience(lock: Lock, person: UUID | None, held: Sequence[Holding]) -> Decision:
    if lock.audience is Audience.PUBLIC:
        return Decision(Outcome.OPEN, "public")
    if keys := [holding for holding in held if _opens(holding, lock)]:
        return _opened(keys)
    return Decision(Outcome.LOCKED, lock.audience, ways=_ways(lock, person))


def _denial(held: Iterable[Holding]) -> Decision | None:
    kinds = {holding.kind for holding in held if isinstance(holding.kind, Closed)}
    if kinds - {Closed.AGE}:
        return Decision(Outcome.HIDDEN, min(kinds - {Closed.AGE}))
    return Decision(Outcome.LOCKED, Closed.AGE) if kinds else None


def _opens(holding: Holding, lock: Lock) -> bool:
    if _is_for(holding, lock):
        return True
    if holding.scope_id == lock.item_id:
        return False
    if lock.audience is Audience.FOLLOWERS:
        return holding.kind in {Kind.FOLLOW, Kind.SUBSCRIPTION, Kind.GIFT}
    if lock.audience is Audience.SUBSCRIBERS:
        return holding.kind in {Kind.SUBSCRIPTION, Kind.GIFT} and holding.rank >= lock.rank
    return False


def _is_for(holding: Holding, lock: Lock) -> bool:
    """This very item was bought for them, or they were let in to decide about it, or about its whole page."""
    if holding.kind is Kind.STAFF:
        return True
    return holding.scope_id == lock.item_id and holding.kind in {Kind.PURCHASE, Kind.GIFT}


def _opened(keys: Sequence[Holding]) -> Decision:
    """By the one that opens it for longest."""
    best = max(keys, key=lambda key: (key.ends_at is None, key.ends_at))
    return Decision(Outcome.OPEN, best.kind, until=best.ends_at, label=best.label)


def _ways(lock: Lock, person: UUID | None) -> tuple[Way, ...]:
    ways = []
    if lock.audience is Audience.FOLLOWERS:
        ways.append(Way(Step.FOLLOW))
    if lock.audience is Audience.SUBSCRIBERS:
        ways.append(Way(Step.SUBSCRIBE, rank=lock.rank))
    if lock.price is not None and lock.audience in {Audience.SUBSCRIBERS, Audience.PAID}:
        ways.append(Way(Step.BUY, price=lock.price, currency=lock.currency))
    if person is None:
        ways.append(Way(Step.SIGN_IN))
    return tuple(ways)


def _closed_words(decision: Decision) -> str:
    if decision.because == Closed.AGE:
        return "For adults only"
    words = {
        Step.FOLLOW: "Follow to open",
        Step.SUBSCRIBE: "For subscribers",
        Step.BUY: "Pay {price} to open",
    }
    return " · ".join(
        words[way.step].format(price=readable(way.price or 0, way.currency))
        for way in decision.ways
        if way.step in words
    )
