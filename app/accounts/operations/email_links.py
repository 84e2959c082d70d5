"""Links sent by mail: made, looked at without using them up, used once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Update, select, update

from app.accounts import queries
from app.accounts.errors import LinkGone
from app.accounts.models import EmailLink
from app.extensions import db
from app.kit import chance, clock, crypto
from app.platform.mail import suppressions
from app.platform.settings import settings


class Purpose(StrEnum):
    VERIFY = "verify"
    RESET = "reset"
    CHANGE_EMAIL = "change_email"
    UNDO_EMAIL = "undo_email"


LIFETIMES = {
    Purpose.VERIFY: timedelta(days=3),
    Purpose.RESET: timedelta(hours=1),
    Purpose.CHANGE_EMAIL: timedelta(hours=24),
    Purpose.UNDO_EMAIL: timedelta(days=7),
}
PATHS = {
    Purpose.VERIFY: "/verify/",
    Purpose.RESET: "/reset/",
    Purpose.CHANGE_EMAIL: "/email/confirm/",
    Purpose.UNDO_EMAIL: "/email/undo/",
}


@dataclass(frozen=True, slots=True)
class Link:
    """What a link is about, apart from its secret."""

    user_id: UUID
    email: str
    device_digest: bytes | None
    created_at: datetime


def issue(
    user_id: UUID,
    purpose: Purpose,
    email: str,
    *,
    device_digest: bytes | None = None,
    ends: datetime | None = None,
) -> str:
    """The token of a new link. Of each kind only the latest works; an undo never voids another one."""
    if purpose is not Purpose.UNDO_EMAIL:
        void(user_id, purpose)
    token = chance.token()
    db.session.add(
        EmailLink(
            token_digest=crypto.digest(token),
            user_id=user_id,
            purpose=purpose.value,
            email=email,
            device_digest=device_digest,
            created_at=clock.now(),
            expires_at=ends or until(purpose),
        )
    )
    return token


def address(purpose: Purpose, token: str) -> str:
    return f"{settings().base_url}{PATHS[purpose]}{token}"


def until(purpose: Purpose) -> datetime:
    """When a link made now ends."""
    return clock.now() + LIFETIMES[purpose]


def look(purpose: Purpose, token: str) -> Link:
    """A link that still works; opening it (mail scanners do) uses nothing up."""
    return _plain(_open(purpose, token, lock=False))


def take(purpose: Purpose, token: str) -> Link:
    """The person's row first, as where links are voided. It shows too that mail gets to them."""
    queries.lock_user(look(purpose, token).user_id)
    row = _open(purpose, token, lock=True)
    row.used_at = clock.now()
    if row.email:
        suppressions.reached(row.email)
    return _plain(row)


def void(user_id: UUID, *purposes: Purpose) -> None:
    db.session.execute(_unused(user_id, *purposes).values(used_at=clock.now()))


def void_since(user_id: UUID, since: datetime) -> None:
    """All but what undoes a change before that: it may be the owner's, and this one a thief's."""
    void(user_id, Purpose.VERIFY, Purpose.RESET, Purpose.CHANGE_EMAIL)
    db.session.execute(
        _unused(user_id, Purpose.UNDO_EMAIL).where(EmailLink.created_at >= since).values(used_at=clock.now())
    )


def _unused(user_id: UUID, *purposes: Purpose) -> Update:
    return update(EmailLink).where(
        EmailLink.user_id == user_id, EmailLink.purpose.in_(purposes), EmailLink.used_at.is_(None)
    )


def _open(purpose: Purpose, token: str, *, lock: bool) -> EmailLink:
    question = select(EmailLink).where(
        EmailLink.token_digest == crypto.digest(token.encode(errors="replace")),
        EmailLink.purpose == purpose.value,
        EmailLink.used_at.is_(None),
        EmailLink.expires_at > clock.now(),
    )
    row = db.session.execute(question.with_for_update() if lock else question).scalar_one_or_none()
    if row is None:
        raise LinkGone
    return row


def _plain(row: EmailLink) -> Link:
    return Link(row.user_id, row.email or "", row.device_digest, row.created_at)
