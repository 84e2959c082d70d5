"""Taking in: asked for, sent in parts or at once, complete, handed to a worker; or called off."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any, cast
from uuid import UUID

from app.accounts.models import User
from app.accounts.queries import lock_user
from app.extensions import db
from app.kit.ids import new_id
from app.kit.text import clean_line
from app.media import holders, kinds, queries
from app.media.errors import TooBig, UnknownKind, UploadRefused, WrongOffset
from app.media.kinds import LARGEST, LARGEST_SENT, Kind, Purpose
from app.media.models import NAME_MAX, Media
from app.media.operations.holding import new_secret
from app.platform import audit, work
from app.platform.audit import Action
from app.platform.errors import NotFound
from app.platform.settings import settings
from app.platform.storage import storage
from app.platform.viewer import Role

GB = 1024 * kinds.MB
OPEN_STATES = ("waiting", "receiving")
# Among what is kept of the parts: how it begins, while that is too little to tell what it is.
HEAD = "head"
# What workers are asked for.
PROCESS, DELETE = "media.process", "media.delete_files"


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to send, in their own words."""

    name: str
    size: int
    content_type: str = ""
    purpose: Purpose = Purpose.POST


def begin(owner_id: UUID, asked: Asked) -> Media:
    """A place for it. What it really is shows at its first bytes."""
    kind = _claimed(asked)
    _check(asked.size, kind, asked.purpose)
    person = lock_user(owner_id)  # so that two at once do not both take the last of the quota
    if queries.used_bytes(owner_id) + asked.size > _room_of(person):
        raise TooBig("quota")
    media = Media(
        id=new_id(),
        user_id=owner_id,
        purpose=asked.purpose.value,
        kind=kind.value,
        name=clean_line(asked.name)[:NAME_MAX],
        size=asked.size,
        received=0,
        upload={},
        secret=new_secret(),
    )
    db.session.add(media)
    audit.record(
        Action.UPLOAD_BEGUN,
        actor=owner_id,
        subject=("media", media.id),
        size=asked.size,
        purpose=media.purpose,
    )
    db.session.flush()
    return media


def receive(media_id: UUID, owner_id: UUID, *, offset: int, stream: IO[bytes], length: int) -> Media:
    """One part more, at the place where the last one ended."""
    media = open_upload(media_id, owner_id)
    if offset != media.received or offset + length > media.size:
        raise WrongOffset
    parts, source, head = dict(media.upload), stream, b""
    if not media.content_type and offset < kinds.HEAD:
        enough = min(kinds.HEAD, media.size)
        known = bytes.fromhex(parts.pop(HEAD, ""))
        fresh = _beginning(stream, enough - len(known))
        source, head = cast(IO[bytes], _Ahead(fresh, stream)), known + fresh
        if len(head) == enough:
            recognise(media, head)
    parts = storage().append(original_key(media.id), parts, source)
    media.received = int(parts["size"])
    media.upload = parts | {HEAD: head.hex()} if head and not media.content_type else parts
    media.state = "receiving"
    if media.received == media.size:
        complete(media)
    return media


def open_upload(media_id: UUID, owner_id: UUID) -> Media:
    """One that still waits for more, locked."""
    media = _mine(media_id, owner_id)
    if media.state not in OPEN_STATES:
        raise WrongOffset
    return media


def take(owner_id: UUID, files: Sequence[tuple[Asked, IO[bytes]]]) -> list[Media]:
    """Whole files, as a plain form sends them. All of them, or none."""
    taken = []
    for asked, stream in files:
        if not asked.size:
            raise UploadRefused("empty")
        media = begin(owner_id, asked)
        taken.append(receive(media.id, owner_id, offset=0, stream=stream, length=asked.size))
    return taken


def cancel(media_id: UUID, owner_id: UUID) -> None:
    """Called off before it was complete; afterwards it is removed, whoever has to look at it still."""
    media = _mine(media_id, owner_id)
    if holders.kept([media_id]):
        _take_away(media, by=owner_id)
    else:
        forget(media, by=owner_id)


def forget(media: Media, *, by: UUID | None) -> None:
    """It is gone from here on; a worker deletes its files."""
    _take_away(media, by=by)
    delete_renditions(media)


def delete_renditions(media: Media) -> None:
    media.renditions = {}
    ask_to_delete_files(media.id)


def ask_to_delete_files(media_id: UUID) -> None:
    work.enqueue(DELETE, {"media_id": str(media_id)}, unique_key=f"media-files:{media_id}")


def ask_to_make(media_id: UUID) -> None:
    work.enqueue(PROCESS, {"media_id": str(media_id)}, unique_key=f"media:{media_id}")


def original_key(media_id: UUID) -> str:
    return f"originals/{media_id}"


def rendition_folder(media_id: UUID) -> str:
    return f"media/{media_id}/"


def _take_away(media: Media, *, by: UUID | None) -> None:
    """What it is made of stays until `delete_renditions`."""
    media.state, media.public, media.attached = "removed", False, False
    audit.record(Action.MEDIA_REMOVED, actor=by, subject=("media", media.id))


def _room_of(person: User) -> int:
    """Who has a page keeps more with us."""
    known = settings()
    return GB * (known.media_quota_gb if Role.CREATOR in person.roles else known.media_quota_fan_gb)


def _mine(media_id: UUID, owner_id: UUID) -> Media:
    media = queries.lock(media_id)
    if media is None or media.user_id != owner_id or media.state == "removed":
        raise NotFound
    return media


def _claimed(asked: Asked) -> Kind:
    """As the browser calls it; good enough for the bounds before its first byte is here."""
    family = asked.content_type.split("/")[0]
    return Kind(family) if family in set(Kind) else Kind.VIDEO


def recognise(media: Media, head: bytes) -> None:
    """What it is, by how it begins."""
    found = kinds.by_content(head)
    if found is None:
        raise UnknownKind("kind")
    kind, media.content_type = found
    _check(media.size, kind, Purpose(media.purpose))
    media.kind = kind.value


def _check(size: int, kind: Kind, purpose: Purpose) -> None:
    if size <= 0:
        raise UploadRefused("empty")
    if purpose.is_portrait and kind is not Kind.IMAGE:
        raise UnknownKind("pictures_only")
    if size > LARGEST[kind]:
        raise TooBig(f"big_{kind}")
    if purpose is Purpose.MESSAGE and size > LARGEST_SENT[kind]:
        raise TooBig(f"big_sent_{kind}")


def complete(media: Media) -> None:
    """All of it is here: a worker goes on."""
    media.state = "received"
    audit.record(Action.UPLOADED, actor=media.user_id, subject=("media", media.id), type=media.content_type)
    ask_to_make(media.id)


def _beginning(stream: IO[bytes], wanted: int) -> bytes:
    """As much as wanted, unless the stream ends before; it may give less at a time."""
    found = b""
    while len(found) < wanted and (more := stream.read(wanted - len(found))):
        found += more
    return found


class _Ahead:
    """A stream of which the beginning was read already."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self._head, self._rest = head, rest

    def read(self, size: int = -1) -> Any:
        head, self._head = self._head, b""
        return head or self._rest.read(size)
