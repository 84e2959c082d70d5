"""What the books hold of a person. It is kept: what was paid stays accounted for, under an id, no name."""

from collections.abc import Iterator
from uuid import UUID

from flask import Flask
from sqlalchemy import Select, select

from app.extensions import db
from app.ledger.models import LedgerAccount, LedgerBalance, LedgerEntry, LedgerHold, LedgerLeg
from app.platform import personal_data
from app.platform.personal_data import Kept, Row

AT_ONCE = 500
BOOKS = Kept("the law wants books kept; they say an id and no name")


def init_app(app: Flask) -> None:
    personal_data.table(app, "ledger_accounts", "Your balances", _accounts, BOOKS)
    personal_data.table(app, "ledger_entries", "What you moved", _entries, BOOKS)
    personal_data.table(app, "ledger_legs", "What moved on your accounts", _legs, BOOKS)
    personal_data.table(app, "ledger_holds", "What was set aside of your money", _holds, BOOKS)
    personal_data.exempt(app, "ledger_balances", "told with the accounts")
    personal_data.exempt(app, "ledger_checks", "that the books were read; of nobody in particular")


def _accounts(user_id: UUID) -> Iterator[Row]:
    columns = (
        LedgerAccount.kind,
        LedgerAccount.currency,
        (LedgerBalance.posted * LedgerAccount.sign).label("balance"),
    )
    wanted = select(*columns, LedgerBalance.held).join(
        LedgerBalance, LedgerBalance.account_id == LedgerAccount.id
    )
    yield from _rows(wanted.where(LedgerAccount.owner_id == user_id).order_by(LedgerAccount.id))


def _entries(user_id: UUID) -> Iterator[Row]:
    columns = (LedgerEntry.id, LedgerEntry.kind, LedgerEntry.occurred_at, LedgerEntry.note)
    yield from _rows(select(*columns).where(LedgerEntry.actor_id == user_id).order_by(LedgerEntry.id))


def _legs(user_id: UUID) -> Iterator[Row]:
    wanted = (
        select(
            LedgerAccount.kind.label("account"),
            LedgerLeg.currency,
            (LedgerLeg.amount * LedgerAccount.sign).label("change"),
            (LedgerLeg.balance * LedgerAccount.sign).label("balance"),
            LedgerEntry.kind,
            LedgerEntry.occurred_at,
        )
        .join(LedgerAccount, LedgerAccount.id == LedgerLeg.account_id)
        .join(LedgerEntry, LedgerEntry.id == LedgerLeg.entry_id)
        .where(LedgerAccount.owner_id == user_id)
        .order_by(LedgerLeg.account_id, LedgerLeg.place)
    )
    yield from _rows(wanted)


def _holds(user_id: UUID) -> Iterator[Row]:
    columns = (LedgerHold.amount, LedgerAccount.currency, LedgerHold.state, LedgerHold.created_at)
    wanted = select(*columns).join(LedgerAccount, LedgerAccount.id == LedgerHold.account_id)
    yield from _rows(wanted.where(LedgerAccount.owner_id == user_id).order_by(LedgerHold.id))


def _rows(wanted: Select[*tuple[object, ...]]) -> Iterator[Row]:
    """A few at a time: somebody's history may be long."""
    for row in db.session.execute(wanted.execution_options(yield_per=AT_ONCE)).mappings():
        yield dict(row)
