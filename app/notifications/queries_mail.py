"""Addresses that mail does not reach: one's own, and all of them for admins."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from app.accounts.models import User
from app.extensions import db
from app.kit import clock
from app.platform.mail import suppressions
from app.platform.models import MailSuppression
from app.platform.settings import vault

AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class MailTrouble:
    """What came of mail to an address. Whose it was, where they still have a name."""

    id: UUID
    address: str
    bounced_at: datetime | None
    complained_at: datetime | None
    # Only as long as it is so.
    paused_until: datetime | None
    user_id: UUID
    handle: str | None = None


def trouble_of(user_id: UUID) -> MailTrouble | None:
    """With the address that they have now, whoever's mail came back; a complaint is a person's own."""
    email = db.session.scalar(select(User.email).where(User.id == user_id))
    if not email:
        return None
    known = MailSuppression.address_digest.in_(suppressions.digests_of(email))
    theirs = and_(MailSuppression.complained_at.is_not(None), MailSuppression.user_id == user_id)
    stands = or_(suppressions.shut(), theirs)
    row = db.session.scalars(select(MailSuppression).where(known, stands).limit(1)).first()
    return _read(row) if row else None


def troubles(before: UUID | None = None) -> tuple[list[MailTrouble], UUID | None]:
    """The latest first, and where the next page begins."""
    wanted = select(MailSuppression, User.handle).outerjoin(User, User.id == MailSuppression.user_id)
    wanted = wanted.where(_stands()).order_by(MailSuppression.id.desc()).limit(AT_ONCE + 1)
    rows = db.session.execute(wanted.where(MailSuppression.id < before) if before else wanted).all()
    shown = [_read(found, handle) for found, handle in rows[:AT_ONCE]]
    return shown, shown[-1].id if len(rows) > AT_ONCE else None


def _stands() -> ColumnElement[bool]:
    return or_(suppressions.shut(), MailSuppression.complained_at.is_not(None))


def _read(row: MailSuppression, handle: str | None = None) -> MailTrouble:
    paused = row.paused_until if row.paused_until and row.paused_until > clock.now() else None
    address = vault().open(row.sealed_address, suppressions.PURPOSE)
    return MailTrouble(row.id, address, row.bounced_at, row.complained_at, paused, row.user_id, handle)
