"""May this viewer have these bytes now? Remembered in this process for five seconds at most.

The time runs from before the question is asked. A published end of access makes the process forget at once;
without Redis the five seconds do it.
"""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select

from app.accounts.models import User
from app.creators.models import Creator
from app.entitlements.queries import decide, hidden_from
from app.entitlements.rules import Audience, Decision, Lock
from app.extensions import db
from app.media import holders
from app.media.addresses import Holder
from app.media.holders import Showing
from app.media.models import Media
from app.media.shown import File, files_of

KEEP_SECONDS = 5.0
KEEP_ENTRIES = 20_000
MARKED = and_(
    Creator.watermark, Media.kind == "image", Media.purpose.in_(("post", "message")), Media.public.is_(False)
).label("marked")

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Remembered(Generic[K, V]):
    def __init__(self) -> None:
        self._entries: dict[K, tuple[float, V]] = {}

    def get(self, key: K, ask: Callable[[], V]) -> V:
        at = time.monotonic()
        known = self._entries.get(key)
        if known and known[0] > at:
            return known[1]
        answer = ask()
        if len(self._entries) >= KEEP_ENTRIES:
            self._entries.clear()
        self._entries[key] = (at + KEEP_SECONDS, answer)
        return answer

    def forget(self, key: K) -> None:
        self._entries.pop(key, None)

    def drop(self, which: Callable[[K], bool]) -> None:
        for key in [key for key in list(self._entries) if which(key)]:
            self._entries.pop(key, None)

    def clear(self) -> None:
        self._entries.clear()


@dataclass(frozen=True, slots=True)
class Stored:
    """What delivery needs to know of a media."""

    id: UUID
    owner_id: UUID
    secret: str
    public: bool
    attached: bool
    # What was removed, or posted by somebody who is suspended since, or whose page was closed or taken down.
    shut: bool
    # A closed picture, whose creator wants readers to find their handle on it.
    marked: bool
    # By the file's own name, and by the rendition's.
    files: dict[str, File]


@dataclass(frozen=True, slots=True)
class Decided:
    decision: Decision
    # None: all, for whoever made them looks also at what they are only about to show.
    media_ids: frozenset[UUID] | None


_stored: Remembered[UUID, Stored | None] = Remembered()
_decisions: Remembered[tuple[UUID | None, str, UUID], "Decided | None"] = Remembered()


def stored(media_id: UUID, *, anew: bool = False) -> Stored | None:
    """None unless it is there, ready, and nobody took it down."""
    if anew:
        _stored.forget(media_id)
    found = _stored.get(media_id, lambda: _read(media_id))
    if found is not None and not found.attached:
        # It may be sent or posted at any moment, and is looked at then.
        _stored.forget(media_id)
    return found


def decision(viewer_id: UUID | None, holder: Holder, media_id: UUID) -> Decision | None:
    """None when there is no such thing any more, or it does not show this any more."""
    kind, holder_id = holder
    found = _decisions.get((viewer_id, kind, holder_id), lambda: _decide(viewer_id, kind, holder_id))
    if found is None or (found.media_ids is not None and media_id not in found.media_ids):
        return None
    return found.decision


def access_ended(notice: dict[str, Any]) -> None:
    """Handles the `access_ended` signal."""
    _decisions.drop(lambda key: str(key[0]) == notice["user_id"])


def clear() -> None:
    _stored.clear()
    _decisions.clear()


def own(media_id: UUID) -> Showing | None:
    """In the library everything is its owner's alone."""
    owner_id = db.session.scalar(select(Media.user_id).where(Media.id == media_id, Media.state != "removed"))
    if owner_id is None:
        return None
    return Showing(Lock(media_id, owner_id, Audience.SUBSCRIBERS, 99), frozenset({media_id}))


def _read(media_id: UUID) -> Stored | None:
    row = db.session.execute(
        select(
            Media.user_id,
            Media.secret,
            Media.public,
            Media.attached,
            MARKED,
            Media.renditions,
            _shut().label("shut"),
        )
        .join(User, User.id == Media.user_id)
        .outerjoin(Creator, Creator.id == Media.user_id)
        .where(
            Media.id == media_id,
            # Of what its owner removed, those files are left that moderators have to see.
            Media.state.in_(("ready", "removed")),
            Media.moderation != "removed",
        )
    ).first()
    if row is None:
        return None
    return Stored(
        media_id,
        row.user_id,
        row.secret,
        row.public,
        row.attached,
        row.shut,
        row.marked,
        files_of(row.renditions),
    )


def _shut() -> ColumnElement[bool]:
    """Their face stays beside what they said elsewhere, and messages are no part of a page that is closed."""
    away = or_(User.state != "active", hidden_from(None, Media.user_id.expression))
    closed = and_(Media.purpose.in_(("post", "cover")), func.coalesce(Creator.state != "open", false()))
    return or_(Media.state == "removed", and_(Media.purpose != "avatar", or_(away, closed)))


def _decide(viewer_id: UUID | None, kind: str, holder_id: UUID) -> Decided | None:
    showing = holders.find(kind, holder_id)
    if showing is None:
        return None
    lock = showing.lock
    everything = viewer_id is not None and viewer_id == lock.creator_id
    if not (everything or showing.known_to(viewer_id)):
        return None
    found = decide(viewer_id, [lock])[lock.item_id]
    return Decided(found, None if everything else showing.media_ids)
