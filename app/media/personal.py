"""What this feature holds of a person."""

from uuid import UUID

from flask import Flask
from sqlalchemy import and_, select

from app.extensions import db
from app.media.models import Media
from app.media.operations.uploading import ask_to_delete_files
from app.platform import cleanup, personal_data, work
from app.platform.personal_rows import Rows

MEDIA = Rows(
    Media,
    shown=(
        "id", "purpose", "kind", "state", "trouble", "name", "alt", "size", "content_type", "width", "height",
        "duration_ms", "public", "moderation", "attached", "created_at", "changed_at",
    ),
    withheld=("received", "upload", "digest", "color", "progress", "renditions", "secret"),
)  # fmt: skip


REMOVED_FOR_DAYS = 30
# What workers are asked for: their handle leaves the pictures that they saw.
FORGET = "media.forget_reader"


def init_app(app: Flask) -> None:
    # What a moderator took down is remembered, so that it does not come back.
    gone = and_(Media.state == "removed", Media.moderation != "removed", Media.renditions == {})
    cleanup.keep(Media.changed_at, days=REMOVED_FOR_DAYS, only=gone)
    about = "Pictures, videos and audio you uploaded"
    personal_data.table(app, "media", about, MEDIA.export, _erase)


def _erase(user_id: UUID) -> None:
    """The rows now; the files as soon as this is committed."""
    for media_id in db.session.scalars(select(Media.id).where(Media.user_id == user_id)):
        ask_to_delete_files(media_id)
    MEDIA.erase(user_id)
    work.enqueue(FORGET, {"user_id": str(user_id)})
