"""Who did what, written in the transaction that did it. Sealing and verifying: audit_chain."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import and_, literal_column, or_, select, update

from app.extensions import db
from app.kit import chance, clock, crypto
from app.kit.canonical import canonical
from app.kit.ids import new_id
from app.platform.models import AuditRecord
from app.platform.web import correlation_id

# Who is nobody we know, and so has no account with which their traces would go.
STRANGER = "unknown"


class Action(StrEnum):
    """Every tag there is. A feature adds its own here, so that the list can be read in one place."""

    JOINED = "account.joined"
    SIGNED_IN = "session.signed_in"
    SIGN_IN_FAILED = "session.sign_in_failed"
    SIGNED_OUT = "session.signed_out"
    SESSION_REVOKED = "session.revoked"
    SESSIONS_REVOKED = "session.all_revoked"
    SECOND_FACTOR_ASKED = "session.second_factor_asked"
    CONFIRMED_IDENTITY = "session.confirmed"
    PASSWORD_CHANGED = "account.password_changed"  # noqa: S105
    PASSWORD_RESET_ASKED = "account.password_reset_asked"  # noqa: S105
    PASSWORD_RESET = "account.password_reset"  # noqa: S105
    EMAIL_VERIFIED = "account.email_verified"
    EMAIL_CHANGE_ASKED = "account.email_change_asked"
    EMAIL_CHANGED = "account.email_changed"
    EMAIL_CHANGE_UNDONE = "account.email_change_undone"
    HANDLE_CHANGED = "account.handle_changed"
    PROFILE_CHANGED = "account.profile_changed"
    ROLES_CHANGED = "account.roles_changed"
    TOTP_ADDED = "factor.totp_added"
    TOTP_REMOVED = "factor.totp_removed"
    RECOVERY_CODES_MADE = "factor.recovery_codes_made"
    RECOVERY_CODE_USED = "factor.recovery_code_used"
    PASSKEY_ADDED = "factor.passkey_added"
    PASSKEY_RENAMED = "factor.passkey_renamed"
    PASSKEY_REMOVED = "factor.passkey_removed"
    WALLET_LINKED = "factor.wallet_linked"
    WALLET_RENAMED = "factor.wallet_renamed"
    WALLET_REMOVED = "factor.wallet_removed"
    EXPORT_ASKED = "account.export_asked"
    EXPORT_FETCHED = "account.export_fetched"
    DELETION_ASKED = "account.deletion_asked"
    DELETION_CANCELLED = "account.deletion_cancelled"
    DELETED = "account.deleted"
    SUSPENDED = "account.suspended"
    RESTORED = "account.restored"
    PREFERENCES_CHANGED = "account.preferences_changed"
    DEVICE_ADDED = "notification.device_added"
    DEVICE_FORGOTTEN = "notification.device_forgotten"
    DEVICE_TRIED = "notification.device_tried"
    MAIL_BOUNCED = "mail.bounced"
    MAIL_COMPLAINED = "mail.complained"
    MAIL_RESUMED = "mail.resumed"
    PERSON_HIDDEN = "account.person_hidden"
    PERSON_SHOWN = "account.person_shown"
    FOLLOWED = "creator.followed"
    UNFOLLOWED = "creator.unfollowed"
    BLOCKED = "creator.blocked"
    UNBLOCKED = "creator.unblocked"
    CREATOR_OPENED = "creator.opened"
    CREATOR_CHANGED = "creator.changed"
    CREATOR_CLOSED = "creator.closed"
    TIER_CHANGED = "creator.tier_changed"
    FEED_OPENED = "creator.private_feed_opened"
    FEED_CLOSED = "creator.private_feed_closed"
    UPLOAD_BEGUN = "media.upload_begun"
    UPLOADED = "media.uploaded"
    MEDIA_CHANGED = "media.changed"
    MEDIA_REMOVED = "media.removed"
    MEDIA_REFUSED = "media.refused"
    INVOICE_MADE = "invoice.made"
    INVOICE_PAID = "invoice.paid"
    INVOICE_CANCELLED = "invoice.cancelled"
    INVOICE_REFUNDED = "invoice.refunded"
    MONEY_RECEIVED = "invoice.money_received"
    LEFTOVER_CLAIMED = "invoice.leftover_claimed"
    CREDIT_GIVEN_UP = "invoice.credit_given_up"
    DISPUTED = "invoice.disputed"
    DISPUTE_ANSWERED = "invoice.dispute_answered"
    REFUND_FAILED = "invoice.refund_failed"
    PAYMENT_TRIED = "payment.tried"
    PAYMENT_FAILED = "payment.failed"
    METHOD_ADDED = "payment.method_added"
    METHOD_REMOVED = "payment.method_removed"
    RAIL_SWITCHED = "payment.rail_switched"
    CASE_OPENED = "payment.case_opened"
    CASE_CLOSED = "payment.case_closed"
    OWN_DEPOSIT = "payment.own_deposit"
    SENT_BACK = "payment.sent_back"
    SPENDING_LIMIT_CHANGED = "account.spending_limit_changed"
    BILLING_CHANGED = "account.billing_changed"
    FEE_CHANGED = "house.fee_changed"
    SUBSCRIBED = "subscription.begun"
    SUBSCRIPTION_CHANGED = "subscription.changed"
    SUBSCRIPTION_RENEWED = "subscription.renewed"
    SUBSCRIPTION_ENDED = "subscription.ended"
    GIFT_BOUGHT = "gift.bought"
    GIFT_REDEEMED = "gift.redeemed"
    PROMO_CHANGED = "creator.promo_changed"
    TIPPED = "tip.given"
    PAYOUT_SET_UP = "payout.set_up"
    PAYOUT_PLACE_VISITED = "payout.place_visited"
    PAYOUT_ASKED = "payout.asked"
    PAYOUT_SENT = "payout.sent"
    PAYOUT_FAILED = "payout.failed"
    ADJUSTMENT_PROPOSED = "adjustment.proposed"
    ADJUSTMENT_DECIDED = "adjustment.decided"
    TAX_PROFILE_CHANGED = "creator.tax_profile_changed"
    TAX_REPORT_TAKEN = "house.tax_report_taken"
    POST_DRAFTED = "post.drafted"
    POST_PUBLISHED = "post.published"
    POST_SCHEDULED = "post.scheduled"
    POST_EDITED = "post.edited"
    POST_UNPUBLISHED = "post.unpublished"
    POST_REMOVED = "post.removed"
    POST_PINNED = "post.pinned"
    POST_UNPINNED = "post.unpinned"
    LIKED = "post.liked"
    UNLIKED = "post.unliked"
    BOOKMARKED = "post.bookmarked"
    UNBOOKMARKED = "post.unbookmarked"
    VOTED = "post.voted"
    COMMENTED = "comment.written"
    COMMENT_EDITED = "comment.edited"
    COMMENT_REMOVED = "comment.removed"
    COMMENT_MODERATED = "comment.moderated"
    MESSAGE_SENT = "message.sent"
    MESSAGE_EDITED = "message.edited"
    MESSAGE_UNSENT = "message.unsent"
    MESSAGE_REACTED = "message.reacted"
    CHAT_CHOSEN = "message.settings_changed"
    BROADCAST_SAVED = "broadcast.saved"
    BROADCAST_SCHEDULED = "broadcast.scheduled"
    BROADCAST_SENT = "broadcast.sent"
    BROADCAST_ENDED = "broadcast.ended"
    BROADCAST_TAKEN_BACK = "broadcast.taken_back"
    BROADCAST_REMOVED = "broadcast.removed"
    WELCOME_CHANGED = "creator.welcome_changed"
    SAVED_REPLY_CHANGED = "creator.saved_reply_changed"
    NEWS_MUTED = "message.news_muted"
    ROOM_KEPT = "room.settings_changed"
    ROOM_SAID = "room.said"
    ROOM_REMOVED = "room.message_removed"
    ROOM_PINNED = "room.pinned"
    ROOM_UNPINNED = "room.unpinned"
    ROOM_MUTED = "room.muted"
    ROOM_UNMUTED = "room.unmuted"
    ROOM_MODERATOR_NAMED = "room.moderator_named"
    ROOM_MODERATOR_LEFT = "room.moderator_left"
    REPORTED = "moderation.reported"
    REPORT_OPENED = "moderation.report_opened"
    REPORT_DECIDED = "moderation.report_decided"
    FLAG_CHANGED = "platform.flag_changed"
    BACKUP_MADE = "recovery.backup_made"
    DRILL_HELD = "recovery.drill_held"
    HOUSE_RESTORED = "recovery.house_restored"
    DEPLOYED = "platform.deployed"
    DEPLOYMENT_TAKEN_BACK = "platform.deployment_taken_back"


def record(
    action: Action,
    *,
    actor: UUID | None,
    subject: tuple[str, object],
    personal: dict[str, Any] | None = None,
    **data: Any,
) -> None:
    """`personal` (addresses, names, devices) can be erased later without breaking the chain."""
    salt = chance.token_bytes(16) if personal else None
    db.session.add(
        AuditRecord(
            id=new_id(),
            at=clock.now(),
            action=action.value,
            actor_id=actor,
            subject_kind=subject[0],
            subject_id=str(subject[1]),
            data=data,
            personal=personal,
            salt=salt,
            personal_digest=personal_digest(personal, salt) if personal and salt else None,
            correlation_id=correlation_id(),
        )
    )


def personal_digest(personal: dict[str, Any], salt: bytes) -> bytes:
    return crypto.digest(salt + canonical(personal))


def done_since(moment: datetime, action: Action, *, actor: UUID) -> set[str]:
    """Ids of what they did it to."""
    theirs = AuditRecord.actor_id == actor, AuditRecord.action == action, AuditRecord.at >= moment
    return set(db.session.scalars(select(AuditRecord.subject_id).where(*theirs)))


def erase_personal(user_id: UUID) -> None:
    """What somebody did stays on record, and what was done to them; where from and under which name goes."""
    theirs = and_(AuditRecord.subject_kind == "user", AuditRecord.subject_id == str(user_id))
    db.session.execute(
        update(AuditRecord)
        .where(or_(AuditRecord.actor_id == user_id, theirs), AuditRecord.personal.is_not(None))
        .values(personal=None, salt=None)
        .execution_options(synchronize_session=False)
    )


def forget_strangers(before: datetime, at_most: int) -> int:
    """Where from somebody without an account tried something; that they did stays on record."""
    # As the index has it, which holds those alone.
    nobody = AuditRecord.subject_id == literal_column(f"'{STRANGER}'")
    some = select(AuditRecord.id).where(nobody, AuditRecord.personal.is_not(None), AuditRecord.at < before)
    gone = db.session.execute(
        update(AuditRecord)
        .where(AuditRecord.id.in_(some.limit(at_most)))
        .values(personal=None, salt=None)
        .execution_options(synchronize_session=False)
    )
    return int(gone.rowcount)  # type: ignore[attr-defined]
