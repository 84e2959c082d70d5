"""Setting money aside, for a payout on its way or a purchase that is being confirmed.

`hold` keeps it from being spent, `capture` posts an entry that takes it or less, `void` gives it back.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from app.extensions import WriteOutsideTransaction, db
from app.kit import clock
from app.kit.ids import new_id
from app.ledger import queries
from app.ledger.entries import Account, Entry
from app.ledger.errors import CauseReused, NotCovered
from app.ledger.operations.posting import Posted, post
from app.platform.transaction import in_transaction

HOLD = text("""
    select id, fresh, problem
    from ledger_hold(:now, :id, :cause, cast(:account as jsonb), :amount, :expires_at)
""")
VOID = text("select ledger_void(:now, cast(:ids as uuid[]))")


@dataclass(frozen=True, slots=True)
class Held:
    id: UUID
    fresh: bool


def hold(account: Account, amount: int, *, cause: str, expires_at: datetime | None = None) -> Held:
    _needs_transaction()
    if account.owner_id is None or amount <= 0:
        raise ValueError("money of a person is held, and some of it")
    stored = {"kind": account.kind, "currency": account.currency, "owner": str(account.owner_id)}
    asked = {
        "now": clock.now(),
        "id": new_id(),
        "cause": cause,
        "account": json.dumps(stored),
        "amount": amount,
        "expires_at": expires_at,
    }
    row = db.session.execute(HOLD, asked).one()
    if row.problem:
        raise NotCovered if row.problem == "not_covered" else CauseReused(cause)
    return Held(row.id, row.fresh)


def capture(hold_id: UUID, entry: Entry) -> Posted:
    """One of the entry's legs takes at most what is held from its account; the rest of it is free again."""
    return post(replace(entry, hold=hold_id))


def void(hold_id: UUID) -> bool:
    """False where it was settled before."""
    return bool(_void([hold_id]))


def void_expired(most: int = 200) -> int:
    return len(_void(list(queries.expired_holds(clock.now(), most))))


def _void(ids: list[UUID]) -> list[UUID]:
    _needs_transaction()
    return list(db.session.scalars(VOID, {"now": clock.now(), "ids": [str(one) for one in ids]}))


def _needs_transaction() -> None:
    if not in_transaction():
        raise WriteOutsideTransaction("holding outside transaction()")
