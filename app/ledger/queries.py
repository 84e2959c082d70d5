"""What stands in the books."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Row, cast, func, select, text

from app.accounts.models import User
from app.extensions import db
from app.ledger.chart import CHART, Kind
from app.ledger.entries import Account
from app.ledger.models import (
    NOBODY,
    LedgerAccount,
    LedgerBalance,
    LedgerCheck,
    LedgerEntry,
    LedgerHold,
    LedgerLeg,
)
from app.platform.errors import NotFound

PAGE_SIZE = 50

STANDING = text("""
    with recursive tree as (
      select cast(:id as uuid) as id
      union all
      select e.id from tree join ledger_entries e on e.reverses = tree.id
    )
    select l.account_id, sum(l.amount)::bigint from tree join ledger_legs l on l.entry_id = tree.id
    group by l.account_id
""")


@dataclass(frozen=True, slots=True)
class Balance:
    """In the sign in which people read it: what a person has, what the platform earned."""

    posted: int = 0
    held: int = 0

    @property
    def available(self) -> int:
        return self.posted - self.held


@dataclass(frozen=True, slots=True)
class AccountLine:
    id: int
    account: Account
    handle: str | None
    balance: Balance
    entries: int

    @property
    def label(self) -> str:
        return CHART[self.account.kind].label


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One leg, as its account sees it: what it changed, and what stood there afterwards."""

    place: int
    entry_id: UUID
    kind: str
    cause: str
    occurred_at: datetime
    change: int
    balance: int


@dataclass(frozen=True, slots=True)
class BookedLeg:
    account_id: int
    account: Account
    handle: str | None
    amount: int

    @property
    def label(self) -> str:
        return CHART[self.account.kind].label


@dataclass(frozen=True, slots=True)
class Booked:
    id: UUID
    cause: str
    kind: str
    occurred_at: datetime
    created_at: datetime
    actor_id: UUID | None
    reverses: UUID | None
    note: str
    refs: dict[str, str]
    legs: tuple[BookedLeg, ...]


@dataclass(frozen=True, slots=True)
class Total:
    """All accounts of a kind together."""

    kind: Kind
    currency: str
    posted: int
    accounts: int

    @property
    def label(self) -> str:
        return CHART[self.kind].label

    @property
    def natural(self) -> int:
        return CHART[self.kind].side * self.posted


@dataclass(frozen=True, slots=True)
class Search:
    handle: str = ""
    kind: Kind | None = None
    currency: str = ""


ACCOUNT_COLUMNS = (
    LedgerAccount.id.label("account_id"),
    LedgerAccount.owner_id,
    LedgerAccount.kind.label("account_kind"),
    LedgerAccount.currency.label("account_currency"),
    LedgerAccount.shard,
    LedgerAccount.sign,
    User.handle,
)
LINE_COLUMNS = (*ACCOUNT_COLUMNS, LedgerBalance.posted, LedgerBalance.held, LedgerBalance.entries)


def balance(account: Account) -> Balance:
    """Of a split account, of all its parts."""
    row = db.session.execute(
        select(
            func.coalesce(func.sum(LedgerBalance.posted), 0), func.coalesce(func.sum(LedgerBalance.held), 0)
        )
        .join(LedgerAccount, LedgerAccount.id == LedgerBalance.account_id)
        .where(*_is(account))
    ).one()
    return Balance(account.side * int(row[0]), int(row[1]))


def available(
    kind: Kind, currency: ColumnElement[str], owner_id: UUID | ColumnElement[UUID]
) -> ColumnElement[int]:
    """What somebody has that is not set aside, as a column of a statement."""
    free = (
        select(func.sum(LedgerAccount.sign * LedgerBalance.posted - LedgerBalance.held))
        .select_from(LedgerAccount)
        .join(LedgerBalance, LedgerBalance.account_id == LedgerAccount.id)
        .where(
            LedgerAccount.owner_id == owner_id,
            LedgerAccount.kind == kind.value,
            LedgerAccount.currency == currency,
        )
    )
    return cast(func.coalesce(free.scalar_subquery(), 0), BigInteger)


def balances(owner_id: UUID | None) -> list[AccountLine]:
    """All accounts of a person, or the platform's own."""
    mine = _lines().where(LedgerAccount.owner_id == (owner_id or NOBODY))
    return [_line(row) for row in db.session.execute(mine.order_by(LedgerAccount.id))]


def find_accounts(search: Search, *, after: int | None = None) -> tuple[list[AccountLine], int | None]:
    """Those that fit, the oldest first, and where it goes on."""
    wanted = _lines().where(*_conditions(search), LedgerAccount.id > (after or 0))
    rows = db.session.execute(wanted.order_by(LedgerAccount.id).limit(PAGE_SIZE + 1)).all()
    lines = [_line(row) for row in rows[:PAGE_SIZE]]
    return lines, lines[-1].id if len(rows) > PAGE_SIZE else None


def find_account(account_id: int) -> AccountLine:
    row = db.session.execute(_lines().where(LedgerAccount.id == account_id)).first()
    if row is None:
        raise NotFound
    return _line(row)


def statement(account: Account, *, before: int | None = None) -> tuple[list[StatementLine], int | None]:
    """The last legs first, and where it goes on. Of a split account: one part, the first if none is named."""
    part = Account(account.kind, account.currency, account.owner_id, account.shard or 0)
    wanted = (
        select(
            LedgerLeg.place,
            LedgerLeg.entry_id,
            LedgerEntry.kind,
            LedgerEntry.cause,
            LedgerEntry.occurred_at,
            (LedgerLeg.amount * int(account.side)).label("change"),
            (LedgerLeg.balance * int(account.side)).label("balance"),
        )
        .join(LedgerEntry, LedgerEntry.id == LedgerLeg.entry_id)
        .where(LedgerLeg.account_id == select(LedgerAccount.id).where(*_is(part)).scalar_subquery())
        .order_by(LedgerLeg.place.desc())
        .limit(PAGE_SIZE + 1)
    )
    rows = db.session.execute(wanted.where(LedgerLeg.place < before) if before else wanted).all()
    lines = [StatementLine(**row._mapping) for row in rows[:PAGE_SIZE]]
    return lines, lines[-1].place if len(rows) > PAGE_SIZE else None


def entry(entry_id: UUID) -> Booked:
    found = _booked(LedgerEntry.id == entry_id)
    if not found:
        raise NotFound
    return found[0]


def entry_of(cause: str) -> Booked | None:
    return next(iter(entries_of([cause])), None)


def entries_of(causes: Sequence[str]) -> list[Booked]:
    return _booked(LedgerEntry.cause.in_(causes))


def entries_about(kind: str, key: object) -> list[Booked]:
    """All that a thing moved, in order: entries_about("invoice", invoice.id)."""
    return _booked(LedgerEntry.refs.contains({kind: str(key)}))


def reversals(entry_id: UUID) -> list[Booked]:
    return _booked(LedgerEntry.reverses == entry_id)


def standing(entry_id: UUID) -> dict[int, int]:
    """What an entry and all that takes it back leave on each account."""
    return {row[0]: row[1] for row in db.session.execute(STANDING, {"id": entry_id})}


def trial_balance() -> list[Total]:
    """Of each currency, all of them together are zero."""
    rows = db.session.execute(
        select(LedgerAccount.kind, LedgerAccount.currency, func.sum(LedgerBalance.posted), func.count())
        .join(LedgerBalance, LedgerBalance.account_id == LedgerAccount.id)
        .group_by(LedgerAccount.kind, LedgerAccount.currency)
        .order_by(LedgerAccount.currency, LedgerAccount.kind)
    )
    return [Total(Kind(kind), currency, int(posted), accounts) for kind, currency, posted, accounts in rows]


def find_hold(cause: str) -> LedgerHold | None:
    return db.session.scalars(select(LedgerHold).where(LedgerHold.cause == cause)).one_or_none()


def expired_holds(now: datetime, most: int) -> Sequence[UUID]:
    due = select(LedgerHold.id).where(LedgerHold.state == "pending", LedgerHold.expires_at <= now)
    return db.session.scalars(due.order_by(LedgerHold.expires_at).limit(most)).all()


def last_check(*, whole: bool) -> LedgerCheck | None:
    last = select(LedgerCheck).where(LedgerCheck.whole == whole).order_by(LedgerCheck.id.desc()).limit(1)
    return db.session.scalars(last).one_or_none()


def _is(account: Account) -> list[ColumnElement[bool]]:
    found = [
        LedgerAccount.owner_id == (account.owner_id or NOBODY),
        LedgerAccount.kind == account.kind.value,
        LedgerAccount.currency == account.currency,
    ]
    return found if account.shard is None else [*found, LedgerAccount.shard == account.shard]


def _conditions(search: Search) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if search.handle:
        owner = select(User.id).where(func.lower(User.handle) == search.handle.lower())
        found.append(LedgerAccount.owner_id == owner.scalar_subquery())
    if search.kind:
        found.append(LedgerAccount.kind == search.kind.value)
    if search.currency:
        found.append(LedgerAccount.currency == search.currency)
    return found


def _lines() -> Any:
    return (
        select(*LINE_COLUMNS)
        .join(LedgerBalance, LedgerBalance.account_id == LedgerAccount.id)
        .outerjoin(User, User.id == LedgerAccount.owner_id)
    )


def _line(row: Row[Any]) -> AccountLine:
    account = _account(row)
    natural = Balance(account.side * row.posted, row.held)
    return AccountLine(row.account_id, account, row.handle, natural, row.entries)


def _account(row: Any) -> Account:
    owner_id = None if row.owner_id == NOBODY else row.owner_id
    return Account(Kind(row.account_kind), row.account_currency, owner_id, row.shard)


def _booked(which: ColumnElement[bool]) -> list[Booked]:
    rows = db.session.execute(
        select(LedgerEntry, LedgerLeg.amount, *ACCOUNT_COLUMNS)
        .join(LedgerLeg, LedgerLeg.entry_id == LedgerEntry.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerLeg.account_id)
        .outerjoin(User, User.id == LedgerAccount.owner_id)
        .where(which)
        .order_by(LedgerEntry.id, LedgerLeg.n)
    ).all()
    entries: dict[UUID, tuple[LedgerEntry, list[BookedLeg]]] = {}
    for row in rows:
        leg = BookedLeg(row.account_id, _account(row), row.handle, row.amount)
        entries.setdefault(row[0].id, (row[0], []))[1].append(leg)
    return [_whole(one, legs) for one, legs in entries.values()]


def _whole(one: LedgerEntry, legs: Iterable[BookedLeg]) -> Booked:
    return Booked(
        id=one.id,
        cause=one.cause,
        kind=one.kind,
        occurred_at=one.occurred_at,
        created_at=one.created_at,
        actor_id=one.actor_id,
        reverses=one.reverses,
        note=one.note,
        refs=one.refs,
        legs=tuple(legs),
    )
