"""What this feature holds of a person."""

from flask import Flask

from app.media.models import Media
from app.platform import personal_data
from app.platform.personal_rows import Rows

MEDIA = Rows(
    Media,
    shown=(
        "id", "purpose", "kind", "state", "trouble", "name", "alt", "size", "content_type", "width", "height",
        "duration_ms", "public", "moderation", "attached", "created_at", "changed_at",
    ),
    withheld=("received", "upload", "digest", "color", "progress", "renditions", "secret"),
)  # fmt: skip


def init_app(app: Flask) -> None:
    about = "Pictures, videos and audio you uploaded"
    personal_data.table(app, "media", about, MEDIA.export, MEDIA.erase)
