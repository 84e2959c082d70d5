"""What the house keeps of a sale: the rule that fits best and is the newest of those that have begun."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, or_, select

from app.extensions import db
from app.invoices.models import FeeRule
from app.kit import clock
from app.kit.money import readable
from app.platform.settings import settings

WHOLE = 10_000
A_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Change:
    """A fee that is decided and has not begun; of all that is sold, or of these kinds."""

    since: datetime
    kinds: tuple[str, ...]
    before: int
    bps: int


def rate(seller_id: UUID, kind: str, at: datetime | None = None) -> int:
    """In hundredths of a percent."""
    return share(seller_id, db.session.scalar(select(rule(seller_id, kind, at or clock.now()))))


def rule(seller_id: Any, kind: Any, at: Any) -> ScalarSelect[int]:
    """Its share, for a statement; the values or parameters of it."""
    return (
        select(FeeRule.bps)
        .where(
            or_(FeeRule.seller_id == seller_id, FeeRule.seller_id.is_(None)),
            or_(FeeRule.kind == kind, FeeRule.kind.is_(None)),
            FeeRule.since <= at,
        )
        .order_by(FeeRule.seller_id.is_(None), FeeRule.kind.is_(None), FeeRule.since.desc())
        .limit(1)
        .scalar_subquery()
    )


def share(seller_id: UUID | None, ruled: int | None) -> int:
    """What the house itself sells has no fee; where no rule fits, it is the usual one."""
    if seller_id is None:
        return 0
    return settings().platform_fee_bps if ruled is None else ruled


def fee(amount: int, bps: int) -> int:
    """Rounded down: a cent that cannot be shared is the creator's."""
    return amount * bps // WHOLE


def told(seller_id: UUID, kind: str, price: int | None, currency: str) -> str:
    """What of a price is its seller's. Tax, which is due by where the buyer lives, is taken off before."""
    bps = rate(seller_id, kind)
    taxed = settings().tax_countries or settings().stripe_tax
    before = ", before tax" if taxed else ""
    if not price:
        return f"You get {(WHOLE - bps) / 100:g} % of what fans pay{before}: the fee is {bps / 100:g} %."
    whole, theirs = readable(price, currency), readable(price - fee(price, bps), currency)
    return f"You get {theirs} of {whole}{before}: the fee is {bps / 100:g} %."


def coming(seller_id: UUID, kinds: Iterable[str]) -> list[Change]:
    """What changes for them, the next first. One statement where nothing does."""
    days = db.session.scalars(
        select(FeeRule.since)
        .where(or_(FeeRule.seller_id == seller_id, FeeRule.seller_id.is_(None)), FeeRule.since > clock.now())
        .distinct()
        .order_by(FeeRule.since)
    ).all()
    known = tuple(kinds)
    return [change for since in days for change in _changes(seller_id, since, known)]


def _changes(seller_id: UUID, since: datetime, kinds: tuple[str, ...]) -> list[Change]:
    """Kinds that change alike are told together."""
    alike: dict[tuple[int, int], list[str]] = {}
    for kind in kinds:
        before, then = rate(seller_id, kind, since - A_MOMENT), rate(seller_id, kind, since)
        if before != then:
            alike.setdefault((before, then), []).append(kind)
    return [
        Change(since, () if len(some) == len(kinds) else tuple(some), before, then)
        for (before, then), some in alike.items()
    ]
