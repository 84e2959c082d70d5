"""What posts do with media: take them into use, let go of them, open them to everybody, close them again."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from app.kit import chance
from app.media import holders, queries
from app.media.errors import FileGone, NotReady
from app.media.kinds import Purpose
from app.media.models import Media
from app.media.shown import Described, describe

SECRET_BYTES = 18


def attach(
    media_ids: Sequence[UUID],
    owner_id: UUID,
    public: bool,
    *,
    unready: bool = False,
    purpose: Purpose = Purpose.POST,
) -> list[Described]:
    """Descriptions in the order asked for. A draft may hold what is not ready yet (`unready`)."""
    found = queries.lock_many(media_ids)
    chosen = [found.get(one) for one in media_ids]
    for media in chosen:
        if media is None or media.user_id != owner_id or media.purpose != purpose or _is_gone(media):
            raise FileGone
        if media.state == "failed" or (media.state != "ready" and not unready):
            raise NotReady(failed=media.state == "failed")
        media.attached = True
        _show(media, public=public)
    return [describe(media) for media in chosen if media is not None]


def release(media_ids: Collection[UUID]) -> None:
    """Nothing shows them any more. They stay in the library; what was never kept there is swept."""
    for media in queries.lock_many(media_ids).values():
        media.attached = False
        _hide(media)


def make_public(media_ids: Collection[UUID]) -> list[Described]:
    found = queries.lock_many(media_ids)
    for media in found.values():
        _show(media, public=True)
    return _described(media_ids, found)


def withdraw(media_ids: Collection[UUID]) -> list[Described]:
    """Their public addresses end. The new descriptions replace those that were kept."""
    found = queries.lock_many(media_ids)
    for media in found.values():
        _hide(media)
    return _described(media_ids, found)


def take_down(media_ids: Collection[UUID]) -> None:
    """A moderator decided: nobody sees them, and the same file cannot come back, sent again or before."""
    for media in queries.lock_many([*media_ids, *queries.unseen_copies(media_ids)]).values():
        media.moderation = "removed"
        if not _show(media, public=False):
            # Who waits for it hears that it does not come.
            holders.tell_changed(describe(media))


def put_back(media_ids: Collection[UUID], still_down: Collection[UUID] = ()) -> None:
    """A moderator changed their mind; not about those that another decision took down, nor their copies."""
    back = {*media_ids, *queries.unseen_copies(media_ids)}
    for media in queries.lock_many(back - {*still_down, *queries.unseen_copies(still_down)}).values():
        media.moderation = "clean"


def _is_gone(media: Media) -> bool:
    return media.state == "removed" or media.moderation == "removed"


def new_secret() -> str:
    return chance.token(SECRET_BYTES)


def _described(media_ids: Collection[UUID], found: Mapping[UUID, Media]) -> list[Described]:
    return [describe(found[one]) for one in media_ids if one in found]


def _hide(media: Media) -> None:
    """Also of what was closed everybody had one address: its teaser's."""
    if media.public:
        _show(media, public=False)
    else:
        media.secret = new_secret()


def _show(media: Media, *, public: bool) -> bool:
    """Whether it was otherwise before."""
    if media.public and not public:
        media.secret = new_secret()
    changed = media.public != public
    media.public = public
    if changed:
        holders.tell_changed(describe(media))
    return changed
