"""Uploads whose parts a browser sends to the object store by itself. The store says what has arrived."""

from uuid import UUID

from app.media.errors import WrongOffset
from app.media.models import Media
from app.media.operations import uploading
from app.platform.errors import NotFound
from app.platform.storage import DirectStorage, direct_storage

# For which a part's address holds: enough for a slow line, too short to be passed on.
SECONDS = 900


def address_of_part(media_id: UUID, owner_id: UUID, *, offset: int) -> tuple[str, int]:
    """Where the part that begins there is sent, and how long it must be."""
    files = _store()
    media = uploading.open_upload(media_id, owner_id)
    number, rest = divmod(offset, files.part_length)
    if rest or offset >= media.size:
        raise WrongOffset
    key = uploading.original_key(media_id)
    if not media.upload:
        media.upload = files.begin_direct(key, "application/octet-stream")
        media.state = "receiving"
    length = min(files.part_length, media.size - offset)
    return files.sign_part(key, media.upload, number + 1, length, SECONDS), length


def arrived(media_id: UUID, owner_id: UUID) -> Media:
    """Counted is what lies there without a gap. What it is, shows when a worker opens it."""
    files = _store()
    media = uploading.open_upload(media_id, owner_id)
    if not media.upload:
        return media
    media.upload = files.arrived(uploading.original_key(media_id), media.upload)
    media.received = min(int(media.upload["size"]), media.size)
    if media.received == media.size:
        uploading.complete(media)
    return media


def _store() -> DirectStorage:
    files = direct_storage()
    if files is None:
        raise NotFound
    return files
