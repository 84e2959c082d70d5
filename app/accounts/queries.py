"""Questions about people, one function each."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, func, or_, select

from app.accounts.models import EmailLink, FormerHandle, Session, User
from app.extensions import db
from app.kit import clock
from app.platform.errors import NotFound
from app.platform.settings import settings

# Whoever joined and has not confirmed the address is nobody yet, at the door and to others: otherwise
# it could be seen whether an address was known before somebody joined with it.
ARRIVED = or_(User.email.is_(None), User.email_verified_at.is_not(None))


def find_user(user_id: UUID) -> User | None:
    return db.session.get(User, user_id)


def the_user(user_id: UUID) -> User:
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound
    return user


def lock_user(user_id: UUID) -> User:
    """The person's row, as it is now, held until the transaction ends."""
    user = db.session.get(User, user_id, with_for_update=True, populate_existing=True)
    if user is None:
        raise NotFound
    return user


def has_left(user_id: UUID) -> bool:
    """Whether they are erased; nobody who is not leaves before this transaction ends."""
    state = select(User.state).where(User.id == user_id).with_for_update(read=True, key_share=True)
    return db.session.scalar(state) == "deleted"


def find_by_email(email: str) -> User | None:
    return _one(select(User).where(func.lower(User.email) == func.lower(email), User.state != "deleted"))


def find_by_identifier(identifier: str) -> User | None:
    """An e-mail address or a handle, as typed at sign-in."""
    named = User.email if "@" in identifier else User.handle
    return _one(
        select(User).where(func.lower(named) == func.lower(identifier), User.state != "deleted", ARRIVED)
    )


def find_by_handle(handle: str, *, states: Collection[str] = ("active",)) -> tuple[User | None, bool]:
    """The person of this handle, and whether they have moved on to another one."""
    here = (User.state.in_(states), ARRIVED)
    user = _one(select(User).where(func.lower(User.handle) == func.lower(handle), *here))
    if user is not None:
        return user, False
    moved = _one(
        select(User)
        .join(FormerHandle, FormerHandle.user_id == User.id)
        .where(FormerHandle.handle == func.lower(handle), *here)
    )
    return moved, moved is not None


def handle_in_use(handle: str, *, by_others_than: UUID | None = None) -> bool:
    """Held by somebody now, or given up by them: old links lead there."""
    holders = select(User.id).where(func.lower(User.handle) == func.lower(handle))
    former = select(FormerHandle.user_id).where(FormerHandle.handle == func.lower(handle))
    return _any_other(holders.union_all(former), by_others_than)


def email_in_use(email: str, *, by_others_than: UUID | None = None) -> bool:
    """Somebody's address, or one they can still take back by the undo link of a change."""
    holders = select(User.id).where(func.lower(User.email) == func.lower(email))
    undoable = select(EmailLink.user_id).where(
        EmailLink.purpose == "undo_email",
        func.lower(EmailLink.email) == func.lower(email),
        EmailLink.used_at.is_(None),
        EmailLink.expires_at > clock.now(),
    )
    return _any_other(holders.union_all(undoable), by_others_than)


def email_change_asked_at(user_id: UUID, *, confirmed_by: datetime) -> datetime | None:
    """When the change was asked for that was the last one confirmed by then."""
    return db.session.scalar(
        select(EmailLink.created_at)
        .where(
            EmailLink.user_id == user_id,
            EmailLink.purpose == "change_email",
            EmailLink.used_at <= confirmed_by,
        )
        .order_by(EmailLink.used_at.desc(), EmailLink.created_at.desc())
        .limit(1)
    )


def pending_email(user_id: UUID) -> str | None:
    """The new address that still waits to be confirmed."""
    return db.session.execute(
        select(EmailLink.email)
        .where(
            EmailLink.user_id == user_id,
            EmailLink.purpose == "change_email",
            EmailLink.used_at.is_(None),
            EmailLink.expires_at > clock.now(),
        )
        .order_by(EmailLink.created_at.desc())
        .limit(1)
    ).scalar_one_or_none()


@dataclass(frozen=True, slots=True)
class OpenSession:
    id: UUID
    method: str
    second_factor: bool
    address: str
    user_agent: str
    created_at: datetime
    last_used_at: datetime


def open_sessions(user_id: UUID, *, at_most: int = 100) -> list[OpenSession]:
    """Where this person is signed in, the last used first."""
    at = clock.now()
    idle_since = at - timedelta(days=settings().session_idle_days)
    rows = db.session.execute(
        select(
            Session.id,
            Session.method,
            Session.second_factor,
            func.host(Session.address).label("address"),
            Session.user_agent,
            Session.created_at,
            Session.last_used_at,
        )
        .where(
            Session.user_id == user_id,
            Session.ended_at.is_(None),
            Session.expires_at > at,
            Session.last_used_at > idle_since,
        )
        .order_by(Session.last_used_at.desc(), Session.id)
        .limit(at_most)
    )
    return [OpenSession(*row) for row in rows]


def _one(question: Select[User]) -> User | None:
    return db.session.execute(question).scalar_one_or_none()


def _any_other(holders: object, user_id: UUID | None) -> bool:
    found = db.session.execute(holders).scalars()  # type: ignore[call-overload]
    return any(holder != user_id for holder in found)
