"""Signed-in browsers: begun, confirmed, ended. The truth is in PostgreSQL."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, exists, not_, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app.accounts.models import KnownDevice, Session, User
from app.accounts.operations import email_links, second_factor
from app.accounts.operations.email_links import Purpose
from app.extensions import db
from app.kit import chance, clock, crypto
from app.platform import audit
from app.platform.access import Ended, end_access
from app.platform.audit import Action
from app.platform.errors import NotFound, SignInNeeded
from app.platform.models import AuditRecord
from app.platform.settings import settings
from app.platform.web import Client

SIGNED_OUT = "signed out"
WITHOUT_REMEMBER = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Started:
    token: str
    session_id: UUID
    new_device: bool


def start(user: User, *, method: str, second_factor: bool, remember: bool, client: Client) -> Started:
    token, at = chance.token(), clock.now()
    first, known = _remember_device(user.id, client.device)
    row = Session(
        user_id=user.id,
        token_digest=crypto.digest(token),
        method=method,
        second_factor=second_factor,
        remember=remember,
        address=client.address,
        user_agent=client.user_agent,
        created_at=at,
        authenticated_at=at,
        last_used_at=at,
        expires_at=at + (_absolute() if remember else WITHOUT_REMEMBER),
    )
    db.session.add(row)
    db.session.flush()
    audit.record(
        Action.SIGNED_IN,
        actor=user.id,
        subject=("session", row.id),
        personal={"address": client.address, "user_agent": client.user_agent},
        method=method,
        second_factor=second_factor,
    )
    return Started(token, row.id, new_device=not known and not first)


def confirm(session_id: UUID, *, second_factor: bool = False) -> str:
    """The person proved again who they are: a fresh token, and ten minutes for sensitive things."""
    token = chance.token()
    row = db.session.get_one(Session, session_id, with_for_update=True, populate_existing=True)
    if row.ended_at:
        raise SignInNeeded
    row.token_digest = crypto.digest(token)
    row.authenticated_at = row.last_used_at = clock.now()
    row.second_factor = row.second_factor or second_factor
    audit.record(Action.CONFIRMED_IDENTITY, actor=row.user_id, subject=("session", row.id))
    db.session.flush()
    end_cached(row.user_id, row.id)
    return token


def forget_second_factor(user_id: UUID) -> None:
    """There is none any more: no session counts as begun with one, should a role ask for it later."""
    theirs = update(Session).where(Session.user_id == user_id, Session.second_factor)
    db.session.execute(theirs.values(second_factor=False).execution_options(synchronize_session=False))
    changed(user_id)


def forget_devices(user_id: UUID) -> None:
    """Not all of them are the owner's: whoever comes in next is told as new."""
    db.session.execute(delete(KnownDevice).where(KnownDevice.user_id == user_id))


def end(session_id: UUID, *, owner: UUID, because: str) -> None:
    """Ends one session of `owner`; somebody else's is not found. Who was in it may have asked for another
    address, and needs no session to confirm it: unless they went themselves, that is dropped.
    """
    row = db.session.execute(
        select(Session)
        .where(Session.id == session_id, Session.user_id == owner, Session.ended_at.is_(None))
        .with_for_update()
    ).scalar_one_or_none()
    if row is None:
        raise NotFound
    _end(row, because)
    if because == SIGNED_OUT:
        action = Action.SIGNED_OUT
    else:
        action = Action.SESSION_REVOKED
        email_links.void(owner, Purpose.CHANGE_EMAIL)
    audit.record(action, actor=owner, subject=("session", row.id))


def end_all(user_id: UUID, *, because: str, keep: UUID | None = None, actor: UUID | None = None) -> int:
    """Those half begun as well, and another address that was asked for.

    `actor` is the person themselves, unless somebody of the staff did it.
    """
    second_factor.void(user_id)
    email_links.void(user_id, Purpose.CHANGE_EMAIL)
    rows = db.session.execute(
        select(Session)
        .where(Session.user_id == user_id, Session.ended_at.is_(None))
        .order_by(Session.id)
        .with_for_update()
    ).scalars()
    ended = [row for row in rows if row.id != keep]
    for row in ended:
        _end(row, because)
    audit.record(
        Action.SESSIONS_REVOKED,
        actor=actor or user_id,
        subject=("user", user_id),
        count=len(ended),
        because=because,
    )
    return len(ended)


def touch(session_id: UUID, address: str, at: datetime) -> None:
    """Last use, at most once a minute, outside of any request's transaction."""
    with db.engine.begin() as connection:
        connection.execute(
            update(Session).where(Session.id == session_id).values(last_used_at=at, address=address)
        )


def end_cached(user_id: UUID, session_id: UUID) -> None:
    end_access(Ended.SESSION_CHANGED, user_id, session_id)


def changed(user_id: UUID) -> None:
    """What pages show of this person is no longer what it was: name, handle, address."""
    end_cached(user_id, user_id)


def _end(row: Session, because: str) -> None:
    row.ended_at = clock.now()
    row.ended_because = because
    end_access(Ended.SESSION, row.user_id, row.id)


def _remember_device(user_id: UUID, device: str) -> tuple[bool, bool]:
    """Whether this person had no device before, and whether this one was known; from now on it is."""
    digest = crypto.digest(device)
    known = db.session.get(KnownDevice, (user_id, digest))
    if known:
        known.seen_at = clock.now()
        return False, True
    # Those that were forgotten count by what is on record, which outlives them and their sessions.
    came_in = AuditRecord.actor_id == user_id, AuditRecord.action == Action.SIGNED_IN
    before = or_(exists().where(KnownDevice.user_id == user_id), exists().where(*came_in))
    first = db.session.scalar(select(not_(before)))
    db.session.execute(
        insert(KnownDevice)
        .values(user_id=user_id, device_digest=digest, seen_at=clock.now())
        .on_conflict_do_nothing()
    )
    return bool(first), False


def _absolute() -> timedelta:
    return timedelta(days=settings().session_absolute_days)
