"""What was done in an account since a moment, for whoever has it back: none of it is undone by itself."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, not_, select

from app.extensions import db
from app.platform.audit import Action
from app.platform.models import AuditRecord

# In words for the owner, and how the tags of the audit log begin that are about it.
WORTH_A_LOOK: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "Passkeys, wallets or an app that were removed",
        ("factor.passkey_removed", "factor.wallet_removed", "factor.totp_removed"),
    ),
    ("Your name, your handle or your profile", ("account.handle_", "account.profile_")),
    ("A copy of all your data", ("account.export_",)),
    (
        "What you are told of, and who may write to you",
        ("account.preferences_", "notification.", "message.settings_", "message.news_"),
    ),
    (
        "Whom you follow, hide or blocked",
        ("account.person_", "creator.followed", "creator.unfollowed", "creator.blocked", "creator.unblocked"),
    ),
    (
        "What was bought, paid or given, and your cards",
        ("invoice.", "payment.", "subscription.", "gift.", "tip.", "account.spending_", "account.billing_"),
    ),
    ("Payouts and your tax details", ("payout.", "creator.tax_")),
    ("Private feeds that were closed", ("creator.private_feed_closed",)),
    (
        "Posts, comments, files, messages or broadcasts",
        ("post.", "comment.", "media.", "message.", "broadcast.", "room.said", "room.message_removed"),
    ),
    ("What was reported", ("moderation.reported",)),
    ("Your page, its tiers and promo codes, or a room", ("creator.", "room.")),
    (
        "What was done as moderator or admin",
        (
            "account.roles_",
            "account.suspended",
            "account.restored",
            "moderation.",
            "platform.",
            "house.",
            "adjustment.",
        ),
    ),
)


def worth_a_look(user_id: UUID, since: datetime) -> list[str]:
    """Each once. It may have been the owner as well, who was in at the same time."""
    # Payout places, also visited ones, and feeds that were opened go, and are named with what went.
    gone = AuditRecord.action.in_((Action.FEED_OPENED, Action.PAYOUT_PLACE_VISITED))
    place = and_(AuditRecord.action == Action.PAYOUT_SET_UP, AuditRecord.data.has_key("rail"))
    theirs = AuditRecord.actor_id == user_id, not_(gone), not_(place)
    tags = select(AuditRecord.action).where(*theirs, AuditRecord.at >= since)
    found = {_about(tag) for tag in db.session.scalars(tags.distinct())}
    return [words for words, _ in WORTH_A_LOOK if words in found]


def _about(tag: str) -> str | None:
    """The first that fits: what begins alike is told apart by its place."""
    return next((words for words, begins in WORTH_A_LOOK if tag.startswith(begins)), None)
