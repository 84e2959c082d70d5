"""What nobody wants any more goes, rows and files; what was held goes on."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from uuid import UUID

from sqlalchemy import and_, or_, select

from app.extensions import db
from app.kit import clock
from app.kit.ids import parse_id
from app.media import holders, marking, queries
from app.media.models import Media
from app.media.operations import making, uploading
from app.media.operations.uploading import original_key, rendition_folder
from app.media.shown import files_of
from app.platform.storage import storage
from app.platform.transaction import transaction

LOOSE_FOR = timedelta(days=1)
BATCH = 200
MILLIS_AT = 80


def delete_files(media_id: UUID) -> None:
    """Of what is gone."""
    media = db.session.get(Media, media_id)
    files = storage()
    files.discard(original_key(media_id), media.upload if media else {})
    files.delete(original_key(media_id))
    for key in [*files.list(rendition_folder(media_id)), *files.list(marking.folder(media_id))]:
        files.delete(key)


def sweep_loose() -> None:
    """After a day: uploads that stopped, files of no use, portraits that were replaced, what was not sent."""
    unused = Media.state.in_(("waiting", "receiving", "failed"))
    let_go = and_(Media.state == "ready", Media.purpose != "post")
    with transaction():
        for media in db.session.scalars(
            select(Media)
            .where(
                Media.attached.is_(False),
                Media.changed_at < clock.now() - LOOSE_FOR,
                or_(unused, let_go),
            )
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        ):
            uploading.forget(media, by=None)


def sweep_kept() -> None:
    """What its owner removed, and what nobody has to look at any more."""
    aside = select(Media.id).where(Media.state == "removed", Media.renditions != {})
    with transaction():
        removed = set(db.session.scalars(aside))
        let_go = sorted(removed - holders.kept(removed))[:BATCH]
        for media in queries.lock_many(let_go).values():
            uploading.delete_renditions(media)


def go_on_with_held() -> None:
    held = select(Media.id).where(Media.state == "processing", Media.trouble.in_(making.HELD))
    with transaction():
        for media_id in db.session.scalars(held.limit(BATCH)):
            uploading.ask_to_make(media_id)


def sweep_files() -> None:
    """Files without a row, and those that no row names: what was rolled back, or broken off, or is old."""
    theirs, files = defaultdict(list), storage()
    for key in chain(files.begun(), *map(files.list, ("originals/", "media/", marking.FOLDER))):
        media_id = parse_id(key.split("/")[1])
        if media_id and _made_at(media_id) < clock.now() - LOOSE_FOR:
            theirs[media_id].append(key)
    media_ids = list(theirs)
    for start in range(0, len(media_ids), BATCH):
        some = media_ids[start : start + BATCH]
        rows = db.session.scalars(select(Media).where(Media.id.in_(some)))
        known = {media.id: media for media in rows}
        for media_id in some:
            _sweep(media_id, known.get(media_id), theirs[media_id])
        db.session.expunge_all()


def _sweep(media_id: UUID, media: Media | None, keys: list[str]) -> None:
    if media is None or (media.state == "removed" and not media.renditions):
        delete_files(media_id)
        return
    if media.state in {"ready", "failed"} and media.changed_at < clock.now() - LOOSE_FOR:
        named = {original_key(media_id), *_named(media)}
        for key in keys:
            if key not in named and not marking.is_fresh(key):
                storage().delete(key)


def _named(media: Media) -> Iterator[str]:
    return (file["key"] for file in files_of(media.renditions).values())


def _made_at(media_id: UUID) -> datetime:
    """An id says when it was made."""
    return datetime.fromtimestamp((media_id.int >> MILLIS_AT) / 1000, UTC)
