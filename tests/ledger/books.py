"""What tests of the ledger say again and again."""

from collections.abc import Iterable
from uuid import UUID

from flask import Flask
from sqlalchemy import text

from app.extensions import db
from app.kit.ids import new_id
from app.ledger import queries, verifying
from app.ledger.chart import Kind
from app.ledger.entries import Account, Entry, Leg
from app.ledger.models import NOBODY
from app.ledger.operations import posting
from app.ledger.operations.posting import Posted
from app.ledger.queries import Balance
from app.platform.transaction import transaction

CARD = Account(Kind.CARD_CLEARING, "USD")
FEE = Account(Kind.PLATFORM_FEE, "USD")
BANK = Account(Kind.BANK, "USD")


def earned(owner: UUID, currency: str = "USD") -> Account:
    return Account(Kind.CREATOR_AVAILABLE, currency, owner)


def credit(owner: UUID, currency: str = "USD") -> Account:
    return Account(Kind.FAN_CREDIT, currency, owner)


def sale(cause: str, owner: UUID, amount: int = 1000, fee: int = 100) -> Entry:
    legs = (Leg(CARD, amount), Leg(earned(owner), fee - amount), Leg(FEE, -fee))
    return Entry(cause, "sale", legs, refs={"invoice": cause})


def payout(cause: str, owner: UUID, amount: int) -> Entry:
    return Entry(cause, "payout", (Leg(earned(owner), amount, covered=True), Leg(BANK, -amount)))


def post(*entries: Entry) -> list[Posted]:
    with transaction():
        return posting.post_all(entries)


def balance(account: Account) -> Balance:
    return queries.balance(account)


def balances(owners: Iterable[UUID]) -> dict[tuple[UUID | None, str], Balance]:
    """In dollars, of the platform and of these people, in one question."""
    found = text("""
        select a.owner_id, a.kind, a.sign * sum(b.posted) as posted, sum(b.held) as held
        from ledger_accounts a join ledger_balances b on b.account_id = a.id
        where a.currency = 'USD' and a.owner_id = any (cast(:owners as uuid[]))
        group by a.owner_id, a.kind, a.sign
    """)
    named = {"owners": [str(one) for one in (NOBODY, *owners)]}
    return {
        (None if row.owner_id == NOBODY else row.owner_id, row.kind): Balance(int(row.posted), int(row.held))
        for row in db.session.execute(found, named)
    }


def somebody() -> UUID:
    return new_id()


def whole() -> bool:
    verdict = verifying.verify()
    assert verdict.found == []
    return True


def tamper(app: Flask, statement: str, **values: object) -> None:
    """As somebody would who has the database and switches its defences off."""
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("set local session_replication_role = 'replica'"))
        connection.execute(text(statement), values)
