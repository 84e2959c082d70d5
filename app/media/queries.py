"""What is asked about media."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from app.extensions import db
from app.media import holders
from app.media.models import Media

PAGE = 24
PORTION = 1_000
GONE = ("removed",)
UNFINISHED = ("waiting", "receiving")
BEING_MADE = ("received", "processing")


def find(media_id: UUID, owner_id: UUID) -> Media | None:
    return db.session.scalars(
        select(Media)
        .where(Media.id == media_id, Media.user_id == owner_id, Media.state.not_in(GONE))
        .execution_options(populate_existing=True)
    ).one_or_none()


def lock(media_id: UUID) -> Media | None:
    return db.session.get(Media, media_id, with_for_update=True, populate_existing=True)


def lock_many(media_ids: Collection[UUID]) -> dict[UUID, Media]:
    """Locked in the order of their ids, so that two who want the same wait for each other in turn."""
    found = db.session.scalars(
        select(Media)
        .where(Media.id.in_(media_ids))
        .order_by(Media.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {media.id: media for media in found}


def find_many(media_ids: Collection[UUID], owner_id: UUID) -> list[Media]:
    """In the order asked for; others' and unknown ones are left out."""
    found = db.session.scalars(
        select(Media).where(Media.id.in_(media_ids), Media.user_id == owner_id, Media.state.not_in(GONE))
    )
    known = {media.id: media for media in found}
    return [known[one] for one in media_ids if one in known]


def used_bytes(owner_id: UUID) -> int:
    """What counts against a person's quota: originals, and the uploads that are under way."""
    wanted = select(func.coalesce(func.sum(Media.size), 0)).where(
        Media.user_id == owner_id, Media.state.not_in((*GONE, "failed"))
    )
    return int(db.session.scalar(wanted) or 0)


@dataclass(frozen=True, slots=True)
class Page:
    items: Sequence[Media]
    older: tuple[datetime, UUID] | None


def library(owner_id: UUID, *, after: tuple[datetime, UUID] | None = None, kind: str | None = None) -> Page:
    """Somebody's media, newest first, one page."""
    wanted = select(Media).where(
        Media.user_id == owner_id, Media.state.not_in((*GONE, *UNFINISHED)), Media.purpose == "post"
    )
    if kind:
        wanted = wanted.where(Media.kind == kind)
    if after:
        wanted = wanted.where(tuple_(Media.created_at, Media.id) < after)
    newest = wanted.order_by(Media.created_at.desc(), Media.id.desc()).limit(PAGE + 1)
    rows = db.session.scalars(newest).all()
    items = rows[:PAGE]
    more = len(rows) > PAGE
    return Page(items, (items[-1].created_at, items[-1].id) if more else None)


def same_content(media: Media) -> Media | None:
    """Another of theirs that holds the same bytes: taken down, else ready for the same purpose."""
    return db.session.scalars(
        select(Media)
        .where(
            Media.user_id == media.user_id,
            Media.digest == media.digest,
            Media.id != media.id,
            or_(Media.moderation == "removed", and_(Media.state == "ready", Media.purpose == media.purpose)),
        )
        .order_by((Media.moderation == "removed").desc(), Media.created_at)
        .limit(1)
    ).one_or_none()


def is_taken_down(media: Media) -> bool:
    """Another of theirs that holds the same bytes."""
    known = same_content(media) if media.digest else None
    return known is not None and known.moderation == "removed"


def unseen_copies(media_ids: Collection[UUID]) -> list[UUID]:
    """Of each owner's those that hold the same bytes as one of these, and that nothing shows to anybody."""
    known = aliased(Media)
    copies = db.session.execute(
        select(Media.id, Media.attached)
        .join(known, and_(known.user_id == Media.user_id, known.digest == Media.digest))
        .where(known.id.in_(media_ids), Media.id.not_in(media_ids))
    ).all()
    waiting = holders.waiting([one.id for one in copies if one.attached])
    return [*waiting, *(one.id for one in copies if not one.attached)]


@dataclass(frozen=True, slots=True)
class Ready:
    id: UUID
    renditions: dict[str, Any]
    changed_at: datetime


def all_ready() -> Iterator[Ready]:
    """Of the whole house, a portion at a time."""
    last = UUID(int=0)
    while True:
        portion = db.session.execute(
            select(Media.id, Media.renditions, Media.changed_at)
            .where(Media.state == "ready", Media.id > last)
            .order_by(Media.id)
            .limit(PORTION)
        ).all()
        yield from (Ready(row.id, row.renditions, row.changed_at) for row in portion)
        if len(portion) < PORTION:
            return
        last = portion[-1].id
