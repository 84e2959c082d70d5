"""How many read a broadcast, or opened what it carries.

Counted now and then: often while it is new, seldom later, at last no more.

Pages read what was counted. With the last count the list of those it went to is forgotten.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Select, and_, cast, delete, func, or_, select

from app.broadcasts.models import Broadcast, Recipient
from app.chat.models import ChatSettings, Member
from app.chat.operations.opening import PARCEL
from app.extensions import db
from app.invoices.models import Invoice, InvoiceLine
from app.kit import clock
from app.platform.transaction import transaction

AT_ONCE = 20
SOONEST, FOR = timedelta(minutes=1), timedelta(days=60)
# Of its age: what is ten hours old is counted every hour.
SHARE = 10


def count_due() -> int:
    """Some of those that it is time for; how many were counted."""
    due = select(Broadcast.id).where(Broadcast.count_at <= clock.now()).order_by(Broadcast.count_at)
    first = db.session.scalars(due.limit(AT_ONCE)).all()
    for broadcast_id in first:
        # Not under the row's lock: whoever tells the next ones need not wait for it.
        read = db.session.scalar(_read(broadcast_id)) or 0
        opened, earned = db.session.execute(_paid(broadcast_id)).one()
        with transaction():
            _note(broadcast_id, read, opened, earned)
    return len(first)


def _read(broadcast_id: UUID) -> Select[Any]:
    """Of those who show what they read."""
    member = and_(
        Member.conversation_id == Recipient.conversation_id,
        Member.user_id == Recipient.user_id,
        Member.read_seq >= Recipient.seq,
    )
    return (
        select(func.count())
        .select_from(Recipient)
        .join(Member, member)
        .outerjoin(ChatSettings, ChatSettings.user_id == Recipient.user_id)
        .where(
            Recipient.broadcast_id == broadcast_id,
            or_(ChatSettings.shows_read.is_(None), ChatSettings.shows_read),
        )
    )


def _paid(broadcast_id: UUID) -> Select[Any, Any]:
    """Without what went back."""
    carried = select(Broadcast.parcel_id).where(Broadcast.id == broadcast_id).scalar_subquery()
    return (
        select(func.count(), cast(func.coalesce(func.sum(Invoice.kept), 0), BigInteger))
        .select_from(InvoiceLine)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(
            InvoiceLine.subject_id == carried,
            InvoiceLine.product == PARCEL,
            InvoiceLine.fulfilled_at.is_not(None),
            Invoice.kept > 0,
        )
    )


def _note(broadcast_id: UUID, read: int, opened: int, earned: int) -> None:
    found = db.session.get(Broadcast, broadcast_id, with_for_update=True, populate_existing=True)
    if found is None or found.begun_at is None:
        return
    at = clock.now()
    found.read, found.opened, found.earned = read, opened, earned
    found.counted_at = at
    age = at - found.begun_at
    if found.ended_at is None or age < FOR:
        found.count_at = at + max(SOONEST, age / SHARE)
        return
    found.count_at = None
    db.session.execute(
        delete(Recipient)
        .where(Recipient.broadcast_id == broadcast_id)
        .execution_options(synchronize_session=False)
    )
