"""What the ledger says of a creator's earnings. Every figure on their pages comes from here.

Theirs are three accounts a currency: earned and not yet free, free, held in disputes. What an entry changes
on the three together is `change`; what of the same entry went to the house and to the state is `fee` and
`tax`; all of it together is what somebody paid, or got back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import UUID as Uuid

from app.accounts.models import User
from app.earnings.periods import Period, months_back
from app.extensions import db
from app.invoices.models import Dispute, Invoice, InvoiceLine, State
from app.invoices.operations import bookings
from app.kit.ids import first_of
from app.ledger.chart import Kind
from app.ledger.models import LedgerAccount, LedgerEntry, LedgerLeg
from app.posts.models import Post
from app.tips.models import Tip

BEST = 10
THEIRS = (Kind.CREATOR_PENDING, Kind.CREATOR_AVAILABLE, Kind.CREATOR_HELD)
# An entry's id is made a moment before it is posted.
A_MOMENT = timedelta(hours=1)
RELEASE, SALE = "release", "sale"


@dataclass(frozen=True, slots=True)
class Moved:
    """Entries of one kind, about invoices of one kind (`sold`), in one step of a period."""

    currency: str
    step: datetime
    kind: str
    sold: str | None
    entries: int
    change: int
    fee: int
    tax: int

    @property
    def gross(self) -> int:
        return self.change + self.fee + self.tax


@dataclass(frozen=True, slots=True)
class Coming:
    """`day`: none where it is the one on which a dispute ends."""

    currency: str
    day: datetime | None
    amount: int


@dataclass(frozen=True, slots=True)
class Taxed:
    """`net` is what was sold, without its tax; both after what went back."""

    step: datetime
    country: str | None
    currency: str
    net: int
    tax: int

    @property
    def quarter(self) -> str:
        return f"Q{(self.step.month + 2) // 3}"


def moved(creator_id: UUID, period: Period) -> list[Moved]:
    """Of all currencies. What only became free is left out: nothing was earned by that."""
    mine = _mine(creator_id, period)
    fee, tax = _others(mine)
    found = (
        select(
            mine.c.currency,
            func.date_trunc(period.unit, LedgerEntry.occurred_at, "UTC"),
            LedgerEntry.kind,
            Invoice.kind,
            func.count(),
            _whole(func.sum(mine.c.change)),
            _whole(func.sum(fee)),
            _whole(func.sum(tax)),
        )
        .join(LedgerEntry, LedgerEntry.id == mine.c.entry_id)
        .outerjoin(Invoice, Invoice.id == _invoice_id())
        .where(*_within(period), LedgerEntry.kind != RELEASE)
    )
    by = tuple(found.selected_columns)[:4]
    return [Moved(*row) for row in db.session.execute(found.group_by(*by).order_by(*by))]


def balances_before(creator_id: UUID, until: datetime) -> dict[str, int]:
    """What stood on their three accounts together, by currency."""
    found = (
        select(LedgerLeg.currency, _changed())
        .join(LedgerAccount, LedgerAccount.id == LedgerLeg.account_id)
        .join(LedgerEntry, LedgerEntry.id == LedgerLeg.entry_id)
        .where(*_theirs(creator_id), LedgerEntry.occurred_at < until)
        .group_by(LedgerLeg.currency)
    )
    return {row[0]: row[1] for row in db.session.execute(found)}


def best_posts(creator_id: UUID, period: Period, currency: str) -> Sequence[Any]:
    """By what was paid to open them, and tips on them."""
    mine, first = _mine(creator_id, period), _first_line(InvoiceLine.product.is_not(None))
    about = func.coalesce(Tip.on_id, first.c.subject_id)
    change = _whole(func.sum(mine.c.change)).label("change")
    found = (
        select(Post.id, Post.title, change, _sales())
        .select_from(mine)
        .join(LedgerEntry, LedgerEntry.id == mine.c.entry_id)
        .join(Invoice, Invoice.id == _invoice_id())
        .outerjoin(Tip, and_(Tip.invoice_id == Invoice.id, Tip.on_kind == "post"))
        .outerjoin(first, true())
        .join(Post, Post.id == about)
        .where(*_within(period), LedgerEntry.kind != RELEASE, mine.c.currency == currency)
        .group_by(Post.id, Post.title)
        .order_by(change.desc(), Post.id.desc())
    )
    return db.session.execute(found.limit(BEST)).all()


def best_fans(creator_id: UUID, period: Period, currency: str) -> Sequence[Any]:
    mine = _mine(creator_id, period)
    change = _whole(func.sum(mine.c.change)).label("change")
    found = (
        select(User.handle, User.display_name, User.state, change, _sales())
        .select_from(mine)
        .join(LedgerEntry, LedgerEntry.id == mine.c.entry_id)
        .join(Invoice, Invoice.id == _invoice_id())
        .join(User, User.id == Invoice.user_id)
        .where(*_within(period), LedgerEntry.kind != RELEASE, mine.c.currency == currency)
        .group_by(User.id)
        .order_by(change.desc(), User.id.desc())
    )
    return db.session.execute(found.limit(BEST)).all()


def coming(creator_id: UUID) -> list[Coming]:
    """What becomes free, day by day; last what is left of disputed sales, whose day nobody knows."""
    on_time = func.date_trunc("day", Invoice.available_at, "UTC")
    day = case((Invoice.state == State.DISPUTED, null()), else_=on_time)
    found = (
        select(LedgerLeg.currency, day, _changed())
        .select_from(Invoice)
        .join(LedgerEntry, LedgerEntry.refs.op("@>")(func.jsonb_build_object("invoice", Invoice.id)))
        .join(LedgerLeg, LedgerLeg.entry_id == LedgerEntry.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerLeg.account_id)
        .where(
            Invoice.seller_id == creator_id,
            Invoice.paid_at.is_not(None),
            Invoice.released_at.is_(None),
            LedgerAccount.owner_id == creator_id,
            LedgerAccount.kind == Kind.CREATOR_PENDING.value,
        )
        .group_by(LedgerLeg.currency, day)
        .having(func.sum(LedgerLeg.amount) != 0)
        .order_by(LedgerLeg.currency, day)
    )
    return [Coming(*row) for row in db.session.execute(found)]


def held(creator_id: UUID) -> Sequence[Any]:
    """What waits for the end of a dispute, the oldest first."""
    first = _first_line()
    found = (
        select(Dispute, first.c.label)
        .join(Invoice, Invoice.id == Dispute.invoice_id)
        .outerjoin(first, true())
        .where(Invoice.seller_id == creator_id, Dispute.state == "open", Dispute.held > 0)
        .order_by(Dispute.opened_at, Dispute.id)
    )
    return db.session.execute(found).all()


def first_moved(creator_id: UUID) -> datetime | None:
    first = select(func.min(LedgerEntry.occurred_at))
    changed = (
        first.join(LedgerLeg, and_(LedgerLeg.entry_id == LedgerEntry.id, LedgerLeg.place == 1))
        .join(LedgerAccount, LedgerAccount.id == LedgerLeg.account_id)
        .where(*_theirs(creator_id))
    )
    unchanged = first.where(_names_seller(creator_id))
    return db.session.scalar(select(func.least(changed.scalar_subquery(), unchanged.scalar_subquery())))


def entries(creator_id: UUID, period: Period) -> Iterator[Any]:
    """A month at a time: somebody's history may be long."""
    first = first_moved(creator_id)
    since = max(period.since, first) if first else period.until
    for month in reversed(list(months_back(since))):
        part = Period("", "", "month", max(month.since, period.since), min(month.until, period.until))
        yield from _entries(creator_id, part)


def earners() -> Sequence[UUID]:
    """Everybody on whose accounts anything ever moved, or who sold anything; who left too."""
    theirs = LedgerAccount.kind.in_([kind.value for kind in THEIRS])
    sold = Invoice.seller_id.is_not(None) & Invoice.paid_at.is_not(None)
    found = select(LedgerAccount.owner_id).where(theirs).union(select(Invoice.seller_id).where(sold))
    return sorted(db.session.scalars(found))


def taxes(period: Period) -> list[Taxed]:
    """What was collected for the state, by where the buyers live."""
    step = func.date_trunc(period.unit, LedgerEntry.occurred_at, "UTC")
    is_tax = LedgerAccount.kind == Kind.TAX_DUE.value
    amount = func.sum(-LedgerLeg.amount)
    # What is held in a dispute is with the bank until it ends.
    owners = (Kind.CREATOR_PENDING, Kind.CREATOR_AVAILABLE, Kind.PLATFORM_FEE, Kind.TAX_DUE)
    found = (
        select(
            step,
            Invoice.tax_country,
            LedgerLeg.currency,
            _whole(func.coalesce(amount.filter(~is_tax), 0)),
            _whole(func.coalesce(amount.filter(is_tax), 0)),
        )
        .select_from(LedgerEntry)
        .join(Invoice, Invoice.id == _invoice_id())
        .join(LedgerLeg, LedgerLeg.entry_id == LedgerEntry.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerLeg.account_id)
        .where(
            *_within(period),
            LedgerEntry.kind != RELEASE,
            Invoice.tax > 0,
            LedgerAccount.kind.in_([kind.value for kind in owners]),
        )
        .group_by(step, Invoice.tax_country, LedgerLeg.currency)
        .order_by(step, Invoice.tax_country, LedgerLeg.currency)
    )
    return [Taxed(*row) for row in db.session.execute(found)]


def _entries(creator_id: UUID, period: Period) -> Sequence[Any]:
    mine, first = _mine(creator_id, period), _first_line()
    fee, tax = _others(mine)
    found = (
        select(
            LedgerEntry.id,
            LedgerEntry.occurred_at,
            LedgerEntry.kind,
            mine.c.currency,
            mine.c.change,
            mine.c.pending,
            mine.c.available,
            mine.c.held,
            _whole(fee).label("fee"),
            _whole(tax).label("tax"),
            Invoice.number,
            Invoice.kind.label("sold"),
            User.handle,
            first.c.label,
        )
        .join(LedgerEntry, LedgerEntry.id == mine.c.entry_id)
        .outerjoin(Invoice, Invoice.id == _invoice_id())
        .outerjoin(User, and_(User.id == Invoice.user_id, User.state != "deleted"))
        .outerjoin(first, true())
        .where(*_within(period))
        .order_by(LedgerEntry.id)
    )
    return db.session.execute(found).all()


def _mine(creator_id: UUID, period: Period) -> CTE:
    """What each entry changed on their accounts; nothing where only others had something of a sale of theirs.
    `entry_id` narrows the search, the period decides.
    """
    first, nothing = first_of(period.since - A_MOMENT), cast(literal(0), BigInteger)
    changed = (
        select(
            LedgerLeg.entry_id,
            LedgerLeg.currency,
            _changed().label("change"),
            *(
                func.coalesce(_changed(LedgerAccount.kind == kind.value), 0).label(
                    kind.value.removeprefix("creator_")
                )
                for kind in THEIRS
            ),
        )
        .join(LedgerAccount, LedgerAccount.id == LedgerLeg.account_id)
        .where(*_theirs(creator_id), LedgerLeg.entry_id >= first)
        .group_by(LedgerLeg.entry_id, LedgerLeg.currency)
    )
    unchanged = (
        select(LedgerEntry.id, Invoice.currency, nothing, *(nothing for _ in THEIRS))
        .join(Invoice, Invoice.id == _invoice_id())
        .where(_names_seller(creator_id), LedgerEntry.id >= first)
    )
    return union_all(changed, unchanged).cte("mine")


def _others(mine: CTE) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """What of the same entry went to the house, and to the state."""

    def part(kind: Kind) -> ColumnElement[int]:
        return (
            select(func.coalesce(-func.sum(LedgerLeg.amount), 0))
            .join(LedgerAccount, LedgerAccount.id == LedgerLeg.account_id)
            .where(
                LedgerLeg.entry_id == mine.c.entry_id,
                LedgerLeg.currency == mine.c.currency,
                LedgerAccount.kind == kind.value,
            )
            .correlate(mine)
            .scalar_subquery()
        )

    return part(Kind.PLATFORM_FEE), part(Kind.TAX_DUE)


def _first_line(*conditions: ColumnElement[bool]) -> Any:
    return (
        select(InvoiceLine.label, InvoiceLine.subject_id)
        .where(InvoiceLine.invoice_id == Invoice.id, *conditions)
        .order_by(InvoiceLine.n)
        .limit(1)
        .correlate(Invoice)
        .lateral("first_line")
    )


def _theirs(creator_id: UUID) -> list[ColumnElement[bool]]:
    return [LedgerAccount.owner_id == creator_id, LedgerAccount.kind.in_([kind.value for kind in THEIRS])]


def _names_seller(creator_id: UUID) -> ColumnElement[bool]:
    return LedgerEntry.refs.contains({bookings.SELLER: str(creator_id)})


def _within(period: Period) -> list[ColumnElement[bool]]:
    return [LedgerEntry.occurred_at >= period.since, LedgerEntry.occurred_at < period.until]


def _invoice_id() -> ColumnElement[UUID]:
    return cast(LedgerEntry.refs["invoice"].astext, Uuid)


def _changed(condition: ColumnElement[bool] | None = None) -> ColumnElement[int]:
    """In the sign in which people read it."""
    change = func.sum(LedgerLeg.amount * LedgerAccount.sign)
    return _whole(change if condition is None else change.filter(condition))


def _sales() -> ColumnElement[int]:
    return func.count().filter(LedgerEntry.kind == SALE).label("sales")


def _whole(amount: ColumnElement[Any]) -> ColumnElement[int]:
    return cast(amount, BigInteger)
