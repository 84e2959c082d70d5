"""Secrets that are good for one proof: handed out, taken back once, within their time."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from app.accounts.errors import ChallengeGone
from app.accounts.models import Challenge
from app.extensions import db
from app.kit import chance, clock, crypto


def issue(
    kind: str, *, user_id: UUID | None = None, data: dict[str, Any] | None = None, lifetime: timedelta
) -> str:
    secret, at = chance.token(), clock.now()
    db.session.add(
        Challenge(
            kind=kind,
            secret_digest=crypto.digest(secret),
            user_id=user_id,
            data=data or {},
            created_at=at,
            expires_at=at + lifetime,
        )
    )
    return secret


def look(kind: str, secret: str) -> Challenge:
    """What is still open under this secret; it stays so."""
    return _open(kind, secret, lock=False)


def take(kind: str, secret: str) -> Challenge:
    """Uses it up. A request that is refused afterwards gives it back with its rollback."""
    challenge = _open(kind, secret, lock=True)
    challenge.used_at = clock.now()
    return challenge


def void(kind: str, user_id: UUID) -> None:
    db.session.execute(
        update(Challenge)
        .where(Challenge.kind == kind, Challenge.user_id == user_id, Challenge.used_at.is_(None))
        .values(used_at=clock.now())
    )


def _open(kind: str, secret: str, *, lock: bool) -> Challenge:
    question = select(Challenge).where(
        Challenge.secret_digest == crypto.digest(secret.encode(errors="replace")),
        Challenge.kind == kind,
        Challenge.used_at.is_(None),
        Challenge.expires_at > clock.now(),
    )
    found = db.session.execute(question.with_for_update() if lock else question).scalar_one_or_none()
    if found is None:
        raise ChallengeGone
    return found
