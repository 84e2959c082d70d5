"""Money that would leave the house by itself waits after a restore.

What was charged and paid out since the second that was restored, the house has forgotten, and would do
again. The restore opens a case; renewals and payouts go on as soon as an admin has closed it.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select

from app.extensions import db
from app.kit import clock
from app.payments.models import Case
from app.payments.operations import cases

HOUSE, RESTORED = "house", "restored"


def hold(restored_to: str) -> None:
    """A house may be restored twice."""
    cases.open_case(HOUSE, RESTORED, f"{clock.now():%Y-%m-%d %H:%M:%S}", restored_to=restored_to)


def held() -> bool:
    return _restored(Case.state == "open")


def forgot(row_id: UUID) -> bool:
    """Whether more may have been known of it than is: ids tell when they were made."""
    return _restored(Case.id > row_id)


def last_restored() -> datetime | None:
    return db.session.scalar(select(func.max(Case.opened_at)).where(Case.kind == RESTORED))


def _restored(which: ColumnElement[bool]) -> bool:
    return bool(db.session.scalar(select(exists().where(Case.kind == RESTORED, which))))
