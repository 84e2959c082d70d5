"""What a worker says about media it makes ready. Each is one transaction of the worker's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.media import holders, queries
from app.media.errors import UploadRefused
from app.media.kinds import Purpose
from app.media.models import Media
from app.media.operations import portraits, uploading
from app.media.operations.uploading import original_key, rendition_folder
from app.media.shown import describe
from app.platform import audit
from app.platform.audit import Action
from app.platform.storage import Parts

UNDER_WAY = ("received", "processing")
# What passes by itself: it waits, and goes on.
SCANNER_AWAY, NO_ROOM = "scanner_away", "no_room"
HELD = (SCANNER_AWAY, NO_ROOM)


@dataclass(frozen=True, slots=True)
class Task:
    """What there is to do, apart from the row."""

    media_id: UUID
    kind: str
    purpose: str
    content_type: str
    original: str
    folder: str
    upload: Parts


def begin(media_id: UUID) -> Task | None:
    """None when it was removed, or somebody finished it meanwhile."""
    media = _under_way(media_id)
    if media is None:
        return None
    media.state, media.progress, media.trouble = "processing", 0, None
    return _task(media)


def recognise(media_id: UUID, head: bytes) -> Task | None:
    """Of a file that came past us: only now its first bytes are seen."""
    media = _under_way(media_id)
    if media is None:
        return None
    uploading.recognise(media, head)
    return _task(media)


def note_digest(media_id: UUID, digest: bytes) -> dict[str, Any] | None:
    """What was made of the same file before. What a moderator took down cannot come back."""
    media = _under_way(media_id)
    if media is None:
        return None
    media.digest = digest
    known = queries.same_content(media)
    if known is None:
        return None
    if known.moderation == "removed":
        raise UploadRefused("taken_down")
    made = {
        "w": known.width,
        "h": known.height,
        "ms": known.duration_ms,
        "color": known.color,
        "kind": known.kind,
    }
    return made | {"names": known.renditions}


def progress(media_id: UUID, percent: int) -> None:
    media = _under_way(media_id)
    if media is not None and media.progress != percent:
        media.progress = percent


def finish(media_id: UUID, made: Mapping[str, Any]) -> bool:
    """Now it is seen, all of it at once. False when nobody wants it any more."""
    media = _under_way(media_id)
    if media is None:
        return False
    if queries.is_taken_down(media):  # while it was being made
        return refuse(media_id, "taken_down")
    media.state, media.progress, media.trouble = "ready", 100, None
    media.width, media.height, media.duration_ms = made["w"], made["h"], made.get("ms")
    media.color, media.renditions = made.get("color", ""), made["names"]
    media.kind = made.get("kind", media.kind)  # a film without pictures is sound
    if Purpose(media.purpose).is_portrait:
        portraits.show(media)
    else:
        holders.tell_changed(describe(media))
    return True


def refuse(media_id: UUID, trouble: str) -> bool:
    media = _under_way(media_id)
    if media is None:
        return False
    media.state, media.trouble, media.renditions = "failed", trouble, {}
    # It counts for no quota from here on, and a message that holds it may hold it for ever.
    uploading.ask_to_delete_files(media_id)
    audit.record(Action.MEDIA_REFUSED, actor=media.user_id, subject=("media", media_id), trouble=trouble)
    if not Purpose(media.purpose).is_portrait:  # it was sent already, perhaps, or a post waits for it
        holders.tell_changed(describe(media))
    return True


def hold(media_id: UUID, trouble: str) -> None:
    """Nothing is wrong with it."""
    media = _under_way(media_id)
    if media is not None:
        media.trouble = trouble


def give_up(media_id: UUID) -> None:
    """After the last attempt. What is held waits on."""
    media = _under_way(media_id)
    if media is not None and media.trouble not in HELD:
        refuse(media_id, "failed")


def _under_way(media_id: UUID) -> Media | None:
    media = queries.lock(media_id)
    return media if media is not None and media.state in UNDER_WAY else None


def _task(media: Media) -> Task:
    return Task(
        media.id,
        media.kind,
        media.purpose,
        media.content_type,
        original_key(media.id),
        rendition_folder(media.id),
        media.upload,
    )
