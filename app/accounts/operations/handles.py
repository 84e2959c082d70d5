"""Handles: which are good, whose they are, and changing one's own."""

import re
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert

from app.accounts import appearance, queries
from app.accounts.errors import BadHandle, HandleChangedLately, HandleTaken
from app.accounts.models import HANDLE_MAX, HANDLE_MIN, FormerHandle, RetiredHandle, User
from app.accounts.operations import claims, sessions
from app.accounts.queries_data import handle_is_retired, retired_digests
from app.accounts.reserved import is_reserved
from app.extensions import db
from app.kit import chance, clock
from app.platform import audit
from app.platform.audit import Action

WELL_FORMED = re.compile(rf"[A-Za-z0-9_]{{{HANDLE_MIN},{HANDLE_MAX}}}")
CHANGE_EVERY = timedelta(days=30)
SUGGESTIONS_TRIED = 8


def check(handle: str, *, owner: UUID | None = None) -> None:
    """Raises what is wrong with this handle for `owner`, or for somebody new."""
    if not HANDLE_MIN <= len(handle) <= HANDLE_MAX:
        raise BadHandle(f"Use {HANDLE_MIN} to {HANDLE_MAX} characters.")
    if not WELL_FORMED.fullmatch(handle):
        raise BadHandle("Use only the letters a to z, digits and underscores.")
    if not handle.strip("_"):
        raise BadHandle("Use at least one letter or digit.")
    if is_reserved(handle):
        raise BadHandle("This one is kept by the house. Try another one.")
    if _is_taken(handle, owner):
        raise HandleTaken(suggest(handle))


def claim(handle: str, *, owner: UUID | None = None) -> None:
    """Checked, and kept from everybody else until this transaction ends."""
    claims.hold_handle(handle)
    check(handle, owner=owner)


def suggest(handle: str) -> str | None:
    for _ in range(SUGGESTIONS_TRIED):
        number = str(int.from_bytes(chance.token_bytes(2), "big") % 900 + 100)
        candidate = handle[: HANDLE_MAX - len(number)] + number
        if not _is_taken(candidate):
            return candidate
    return None


def change(user_id: UUID, handle: str) -> None:
    user = queries.lock_user(user_id)
    if handle == user.handle:
        return
    _check_pace(user)
    claim(handle, owner=user_id)
    before, user.handle = user.handle, handle
    if before.lower() != handle.lower():
        _keep_former(user, before)
        user.handle_changed_at = clock.now()
    audit.record(
        Action.HANDLE_CHANGED,
        actor=user_id,
        subject=("user", user_id),
        personal={"before": before, "after": handle},
    )
    appearance.tell(user)
    sessions.changed(user_id)


def withhold(handle: str, until: datetime) -> None:
    """Nobody may take it until then."""
    row = insert(RetiredHandle).values(handle_digest=retired_digests(handle)[-1], free_at=until)
    db.session.execute(row.on_conflict_do_update(index_elements=["handle_digest"], set_={"free_at": until}))


def release(handle: str) -> None:
    db.session.execute(delete(RetiredHandle).where(RetiredHandle.handle_digest.in_(retired_digests(handle))))


def release_due() -> None:
    db.session.execute(delete(RetiredHandle).where(RetiredHandle.free_at <= clock.now()))


def may_change_at(user: User) -> datetime | None:
    """When the next change is possible; none when it is now."""
    due = user.handle_changed_at and user.handle_changed_at + CHANGE_EVERY
    return due if due and due > clock.now() else None


def _is_taken(handle: str, owner: UUID | None = None) -> bool:
    # Both are asked always, so that the time does not tell which it was.
    return any([queries.handle_in_use(handle, by_others_than=owner), handle_is_retired(handle)])


def _check_pace(user: User) -> None:
    if due := may_change_at(user):
        raise HandleChangedLately(f"You can change it again on {due:%-d %B %Y}.", "handle")


def _keep_former(user: User, before: str) -> None:
    db.session.execute(
        insert(FormerHandle)
        .values(handle=func.lower(before), user_id=user.id, given_up_at=clock.now())
        .on_conflict_do_nothing()
    )
    # Somebody who takes an old one of theirs back no longer has it as a former one.
    db.session.execute(delete(FormerHandle).where(FormerHandle.handle == func.lower(user.handle)))
