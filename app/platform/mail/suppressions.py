"""Addresses that mail does not reach, and those whose owners called it spam.

- A mailbox that is not there (hard bounce) gets nothing more but what its owner asks for at this moment,
  standing at the form: a link to confirm an address or to come in again. That is one mail a click, limited;
  refused, it would lock out somebody whose mailbox works again. Notices of their security would only come
  back as well, and servers that see many of those take no mail of this house any more, from nobody.
- Three passing troubles (soft bounces) in two weeks: the same for a week, but what protects the account goes
  on. Somebody is there, and whoever takes it over may have filled the mailbox up first.
- A complaint: all that can be switched off is off (whoever knows the kinds sees to it); receipts and
  security go on, because nobody can do without them.

The address is found by a keyed digest and shown to admins out of its seal.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app.extensions import db
from app.kit import clock, crypto
from app.kit.ids import new_id
from app.platform import audit
from app.platform.audit import Action
from app.platform.models import MailSuppression
from app.platform.secret_keys import key_for, keys_for
from app.platform.settings import vault

PURPOSE, KEY = "mail address", "mail suppressions"
SOFT_MOST, SOFT_WITHIN, PAUSED_FOR = 3, timedelta(days=14), timedelta(days=7)
ASKED_JUST_NOW = frozenset({"verify_email", "reset_password", "email_change_confirm", "mail_again"})
PROTECTS = frozenset(
    {
        "account_taken_back", "deletion_scheduled", "email_change_notice", "new_device", "passkey_added",
        "password_changed", "payout_destination", "second_factor_changed", "wallet_linked",
    }
)  # fmt: skip


def holds_back(address: str, template: str) -> bool:
    if template in ASKED_JUST_NOW:
        return False
    holds = MailSuppression.bounced_at.is_not(None) if template in PROTECTS else shut()
    found = select(MailSuppression.id).where(MailSuppression.address_digest.in_(digests_of(address)), holds)
    return db.session.scalar(found) is not None


def shut() -> ColumnElement[bool]:
    """Most mail is not even tried."""
    return or_(MailSuppression.bounced_at.is_not(None), MailSuppression.paused_until > clock.now())


def bounced(address: str, user_id: UUID, *, hard: bool) -> None:
    row, at = _row(address, user_id), clock.now()
    if hard:
        row.bounced_at = row.bounced_at or at
    else:
        recent = [*(one for one in row.soft_bounces if one > at - SOFT_WITHIN), at]
        row.soft_bounces = recent if len(recent) < SOFT_MOST else []
        if not row.soft_bounces:
            row.paused_until = at + PAUSED_FOR
    audit.record(Action.MAIL_BOUNCED, actor=None, subject=("user", user_id), hard=hard)


def complained(address: str, user_id: UUID) -> None:
    row = _row(address, user_id)
    row.complained_at = row.complained_at or clock.now()
    audit.record(Action.MAIL_COMPLAINED, actor=None, subject=("user", user_id))


def delivered(address: str) -> None:
    """Passing trouble has passed."""
    of_address = MailSuppression.address_digest.in_(digests_of(address))
    row = update(MailSuppression).where(of_address, MailSuppression.soft_bounces != [])
    db.session.execute(row.values(soft_bounces=[]).execution_options(synchronize_session=False))


def reached(address: str) -> None:
    """Its owner read what was sent there: whatever mail did before, now it gets there."""
    of_address = MailSuppression.address_digest.in_(digests_of(address))
    row = update(MailSuppression).where(of_address, or_(shut(), MailSuppression.soft_bounces != []))
    gone = row.values(bounced_at=None, paused_until=None, soft_bounces=[])
    db.session.execute(gone.execution_options(synchronize_session=False))


def lift(suppression_id: UUID, *, actor: UUID) -> bool:
    """Whether there was anything to lift."""
    row = delete(MailSuppression).where(MailSuppression.id == suppression_id)
    whose = db.session.scalar(row.returning(MailSuppression.user_id))
    if whose is None:
        return False
    audit.record(Action.MAIL_RESUMED, actor=actor, subject=("user", whose))
    return True


def digests_of(address: str) -> list[bytes]:
    """By today's key, and by those that it replaced: what was heard then is still true."""
    return [_digest(key, address) for key in keys_for(KEY)]


def _digest(key: bytes, address: str) -> bytes:
    return crypto.keyed_digest(key, address.strip().lower())


def _row(address: str, user_id: UUID) -> MailSuppression:
    """Locked, so that two who tell of it at once count as two."""
    digest = _digest(key_for(KEY), address)
    made = insert(MailSuppression).values(
        id=new_id(),
        user_id=user_id,
        address_digest=digest,
        sealed_address=vault().seal(address, PURPOSE),
        soft_bounces=[],
        created_at=clock.now(),
    )
    db.session.execute(made.on_conflict_do_nothing(index_elements=["address_digest"]))
    found = select(MailSuppression).where(MailSuppression.address_digest == digest)
    row = db.session.scalars(found.with_for_update().execution_options(populate_existing=True)).one()
    # Whoever has the address now: somebody else may have had it before them.
    row.user_id = user_id
    return row
