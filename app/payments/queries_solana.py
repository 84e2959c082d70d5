"""What is known about the chain, one function a question."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Text, and_, cast, exists, func, select

from app.extensions import db
from app.invoices.models import PAYABLE, Attempt, Invoice, Payment, State
from app.kit.ids import parse_id
from app.ledger.chart import Kind
from app.ledger.models import LedgerAccount, LedgerBalance
from app.payments.models import Case, ChainCursor, ChainSend, ProviderEntry, Rate
from app.payments.solana.values import COINS, RAIL
from app.platform.errors import NotFound

UNKNOWN_MONEY, OTHER_COIN, SHORT = "unknown_money", "other_coin", "hot_wallet_short"
NOBODYS = (UNKNOWN_MONEY, OTHER_COIN)
# What names an invoice is its payer's; this may be our own.
UNNAMED = (UNKNOWN_MONEY,)


def living(at_most: int) -> Sequence[Attempt]:
    found = select(Attempt).where(Attempt.rail == RAIL, Attempt.ended_at.is_(None))
    return db.session.scalars(found.order_by(Attempt.created_at).limit(at_most)).all()


def ended_since(since: datetime, at_most: int) -> Sequence[Attempt]:
    """The newest first."""
    found = select(Attempt).where(Attempt.rail == RAIL, Attempt.ended_at >= since)
    return db.session.scalars(found.order_by(Attempt.ended_at.desc()).limit(at_most)).all()


def attempt_named(keys: Sequence[str]) -> Attempt | None:
    """Whose reference stands among these keys: the first, should somebody name two."""
    found = db.session.scalars(select(Attempt).where(Attempt.rail == RAIL, Attempt.reference.in_(keys))).all()
    return min(found, key=lambda one: keys.index(one.reference or ""), default=None)


def brought(attempt_id: UUID) -> int:
    """So many units came in for this attempt."""
    found = select(func.sum(Payment.rail_amount)).where(Payment.attempt_id == attempt_id)
    return int(db.session.execute(found).scalar_one() or 0)


def is_processing(invoice_id: UUID) -> bool:
    found = db.session.get(Invoice, invoice_id, populate_existing=True)
    return found is not None and found.state == State.PROCESSING


def known(names: Iterable[str]) -> set[str]:
    """Those of the chain's transactions and transfers that were dealt with."""
    found = select(ProviderEntry.external_id).where(
        ProviderEntry.rail == RAIL, ProviderEntry.external_id.in_(list(names))
    )
    return set(db.session.scalars(found))


def cursor(address: str) -> ChainCursor | None:
    return db.session.get(ChainCursor, address, populate_existing=True)


def price(coin: str, currency: str, since: datetime) -> Rate | None:
    """The newest."""
    found = select(Rate).where(Rate.coin == coin, Rate.currency == currency, Rate.at >= since)
    return db.session.scalars(found.order_by(Rate.at.desc()).limit(1)).first()


def currencies() -> set[str]:
    """Those that somebody may want to pay, or be paid out, in now."""
    wanted = select(Invoice.currency).where(Invoice.state.in_(PAYABLE))
    free = (
        select(LedgerAccount.currency)
        .join(LedgerBalance, LedgerBalance.account_id == LedgerAccount.id)
        .where(
            LedgerAccount.kind == Kind.CREATOR_AVAILABLE.value,
            LedgerAccount.currency.not_in(COINS),
            LedgerAccount.sign * LedgerBalance.posted > 0,
        )
    )
    return set(db.session.scalars(wanted.union(free))) | {"USD"}


def send(send_id: UUID) -> ChainSend | None:
    return db.session.get(ChainSend, send_id, populate_existing=True)


def goes_back(case_id: UUID) -> bool:
    """Asked for, and not failed."""
    row = send(case_id)
    return row is not None and row.state != "failed"


def living_sends() -> ColumnElement[bool]:
    """Those that do not wait for coins: however many do, they take no time from others."""
    return and_(ChainSend.ended_at.is_(None), ~_waits_for_coins())


def sends_under_way(since: datetime) -> ColumnElement[bool]:
    """Those of them that are younger."""
    return and_(living_sends(), ChainSend.created_at >= since)


def short_sends() -> Sequence[ChainSend]:
    """Those that wait for coins, the oldest first."""
    found = select(ChainSend).where(ChainSend.ended_at.is_(None), _waits_for_coins())
    return db.session.scalars(found.order_by(ChainSend.created_at, ChainSend.id)).all()


def _waits_for_coins() -> ColumnElement[bool]:
    return exists().where(
        Case.rail == RAIL,
        Case.kind == SHORT,
        Case.external_id == cast(ChainSend.id, Text),
        Case.state == "open",
    )


def on_their_way(coin: str) -> int:
    """What living sends will take out of our wallet, or took already."""
    found = select(func.sum(ChainSend.amount)).where(ChainSend.coin == coin, ChainSend.ended_at.is_(None))
    return int(db.session.execute(found).scalar_one() or 0)


def is_own(signature: str) -> bool:
    """A transaction of ours, whatever became of it."""
    found = select(ChainSend.id).where(
        (ChainSend.signature == signature) | ChainSend.given_up.contains([signature])
    )
    return db.session.scalars(found.limit(1)).first() is not None


def is_awaited(memo: str) -> bool:
    """Whether the send that it names has no end yet, and records what came of it."""
    named = [one for word in memo.split() if (one := parse_id(word.rstrip(";")))]
    living = select(ChainSend.id).where(ChainSend.id.in_(named), ChainSend.ended_at.is_(None))
    return bool(named) and db.session.scalars(living.limit(1)).first() is not None


def unchecked(before: datetime, at_most: int) -> Sequence[ProviderEntry]:
    found = select(ProviderEntry).where(
        ProviderEntry.rail == RAIL, ProviderEntry.checked_at.is_(None), ProviderEntry.at < before
    )
    return db.session.scalars(found.order_by(ProviderEntry.at).limit(at_most)).all()


def entry_called(name: str) -> ProviderEntry:
    """What a case is about was noted with it."""
    found = select(ProviderEntry).where(ProviderEntry.rail == RAIL, ProviderEntry.external_id == name)
    return db.session.scalars(found).one()


def nobodys(case_id: UUID, kinds: Sequence[str] = NOBODYS, *, lock: bool = False) -> Case:
    """An open case about coins of which nobody knows whose they are."""
    wanted = select(Case).where(
        Case.id == case_id, Case.rail == RAIL, Case.state == "open", Case.kind.in_(kinds)
    )
    found = db.session.scalars(wanted.with_for_update() if lock else wanted).one_or_none()
    if found is None:
        raise NotFound
    return found
