"""What the platform's own tables hold of a person."""

from collections.abc import Iterator
from uuid import UUID

from flask import Flask
from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update

from app.extensions import db
from app.platform import audit, personal_data
from app.platform.mail import suppressions
from app.platform.models import AccessEnded, AuditRecord, Flag, IdempotencyKey, Mail, MailSuppression
from app.platform.personal_data import Kept, Row
from app.platform.personal_rows import AT_ONCE, Rows

ENDED = Rows(AccessEnded, shown=("at", "kind"), withheld=("id", "subject_id"))
MAILS = Rows(
    Mail,
    shown=("id", "recipient", "template", "state", "attempts", "created_at", "sent_at"),
    withheld=("sealed_context", "last_error"),
)
RETURNED = Rows(
    MailSuppression,
    shown=("id", "bounced_at", "complained_at", "paused_until", "soft_bounces", "created_at"),
    withheld=("address_digest",),
    opened={"sealed_address": suppressions.PURPOSE},
)
EXEMPT = {
    "audit_heads": "digests of digests",
    "audit_seals": "digests; personal parts enter them salted, so that they can be erased",
    "audit_unsealed": "ids only, for about a second",
    "inbox": "what providers told, addresses sealed; each feature that handles it holds what it took from it",
    "outbox": "ids only, and gone a week after delivery",
    "noted_facts": "when backups were made and the like; of nobody in particular",
    "process_beats": "which processes of the house live",
    "rate_counters": "counts under digests, gone within hours",
    "work_items": "ids only, and gone a week after they are done",
}


def init_app(app: Flask) -> None:
    told = "What you did here and what was done to your account"
    personal_data.table(app, "audit_log", told, _audited, audit.erase_personal)
    personal_data.table(app, "mails", "Mails we sent you", MAILS.export, MAILS.erase)
    returned = "Mail to you that came back, or that you called spam"
    personal_data.table(app, "mail_suppressions", returned, RETURNED.export, RETURNED.erase)
    personal_data.table(app, "flags", "Features switched on for you", _flags, _leave_flags)
    sent = "Forms you sent in the last two days, so that a double click counts once"
    personal_data.table(app, "idempotency_keys", sent, _sent_forms, _forget_forms)
    gone_anyway = Kept("ids only, and gone after a day: open sockets learn from it that they must close")
    ended = "Ends of sessions in the last day"
    personal_data.table(app, "access_ended", ended, ENDED.export, gone_anyway)
    for name, because in EXEMPT.items():
        personal_data.exempt(app, name, because)


def _audited(user_id: UUID) -> Iterator[Row]:
    """Addresses and devices only where they are this person's own, not of staff who dealt with them."""
    about_them = and_(AuditRecord.subject_kind == "user", AuditRecord.subject_id == str(user_id))
    wanted = (
        select(AuditRecord)
        .where(or_(AuditRecord.actor_id == user_id, about_them))
        .order_by(AuditRecord.id)
        .execution_options(yield_per=AT_ONCE)
    )
    for record in db.session.scalars(wanted):
        yield {
            "at": record.at,
            "action": record.action,
            "by": "you" if record.actor_id == user_id else "the house",
            "subject": f"{record.subject_kind} {record.subject_id}",
            "data": record.data,
            "personal": record.personal if record.actor_id in {user_id, None} else None,
        }


def _flags(user_id: UUID) -> list[Row]:
    names = select(Flag.name).where(Flag.user_ids.contains([user_id])).order_by(Flag.name)
    return [{"flag": name} for name in db.session.scalars(names)]


def _leave_flags(user_id: UUID) -> None:
    theirs = update(Flag).where(Flag.user_ids.contains([user_id]))
    left = theirs.values(user_ids=func.array_remove(Flag.user_ids, user_id))
    db.session.execute(left.execution_options(synchronize_session=False))


def _sent_forms(user_id: UUID) -> list[Row]:
    sent = select(IdempotencyKey.endpoint, IdempotencyKey.created_at).where(_own_forms(user_id))
    return [dict(row) for row in db.session.execute(sent.order_by(IdempotencyKey.created_at)).mappings()]


def _forget_forms(user_id: UUID) -> None:
    gone = delete(IdempotencyKey).where(_own_forms(user_id))
    db.session.execute(gone.execution_options(synchronize_session=False))


def _own_forms(user_id: UUID) -> ColumnElement[bool]:
    return IdempotencyKey.scope == f"user:{user_id}"
