"""What this feature holds of a person."""

from collections.abc import Callable
from uuid import UUID

from flask import Flask
from sqlalchemy import delete, or_

from app.broadcasts.models import Broadcast, Quiet, Recipient, SavedReply, Welcomed, WelcomeMessage
from app.chat.words import PURPOSE
from app.extensions import db
from app.platform import personal_data
from app.platform.personal_rows import Rows

BROADCASTS = Rows(
    Broadcast,
    owner="creator_id",
    shown=(
        "id", "parcel_id", "audience", "state", "send_at", "people", "told", "skipped", "read", "opened",
        "earned", "counted_at", "created_at", "begun_at", "ended_at", "taken_back_at", "back_done_at",
        "taken", "kept",
    ),
    withheld=("saves", "reached_id", "count_at", "back_reached_id"),
    opened={"sealed_words": PURPOSE},
)  # fmt: skip
RECIPIENTS = Rows(Recipient, shown=("broadcast_id", "conversation_id", "seq"))
MUTES = Rows(Quiet, shown=("creator_id", "created_at"))
WELCOMES = Rows(WelcomeMessage, owner="creator_id", shown=("to_followers",), opened={"sealed_words": PURPOSE})
WELCOMED = Rows(Welcomed, shown=("creator_id", "words_of", "created_at"))
SAVED = Rows(
    SavedReply,
    owner="creator_id",
    shown=("id", "created_at"),
    opened={"sealed_name": PURPOSE, "sealed_words": PURPOSE},
)


def init_app(app: Flask) -> None:
    tell = personal_data.table
    tell(app, "broadcasts", "What you told many at once", BROADCASTS.export, BROADCASTS.erase)
    tell(app, "broadcast_recipients", "What you were told with many", RECIPIENTS.export, RECIPIENTS.erase)
    tell(app, "broadcast_mutes", "From whom you want no news", MUTES.export, _from_both_sides(Quiet))
    tell(app, "welcome_messages", "What newcomers hear from you", WELCOMES.export, WELCOMES.erase)
    tell(app, "welcomed", "Who welcomed you", WELCOMED.export, _from_both_sides(Welcomed))
    tell(app, "saved_replies", "Answers you keep", SAVED.export, SAVED.erase)


def _from_both_sides(model: type[Quiet] | type[Welcomed]) -> Callable[[UUID], None]:
    def erase(user_id: UUID) -> None:
        theirs = delete(model).where(or_(model.user_id == user_id, model.creator_id == user_id))
        db.session.execute(theirs.execution_options(synchronize_session=False))

    return erase
