"""What somebody does with what is in their library."""

from uuid import UUID

from app.kit.text import clean_line
from app.media import holders, queries
from app.media.models import ALT_MAX
from app.media.operations import uploading
from app.media.shown import describe
from app.platform import audit
from app.platform.audit import Action
from app.platform.errors import Conflict, NotFound


class InUse(Conflict):
    code = "media_in_use"

    def __init__(self) -> None:
        super().__init__("A post shows this. Take it out of the post first.")


def describe_in_words(media_id: UUID, owner_id: UUID, alt: str) -> None:
    """What is read to those who cannot see it."""
    media = queries.lock(media_id)
    if media is None or media.user_id != owner_id or media.state == "removed":
        raise NotFound
    words = clean_line(alt)[:ALT_MAX]
    if words != media.alt:
        media.alt = words
        audit.record(Action.MEDIA_CHANGED, actor=owner_id, subject=("media", media_id))
        holders.tell_changed(describe(media))


def remove(media_id: UUID, owner_id: UUID) -> None:
    media = queries.lock(media_id)
    if media is not None and media.user_id == owner_id and media.attached:
        raise InUse
    uploading.cancel(media_id, owner_id)
