"""Ten codes for the day when the phone is gone. Shown once, kept as keyed digests, good for one use each."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, exists, select

from app.accounts import queries, queries_factors
from app.accounts.errors_factors import NothingToConfirm
from app.accounts.models import RecoveryCode
from app.extensions import db
from app.kit import chance, clock, crypto
from app.kit.ids import first_of
from app.platform import audit
from app.platform.audit import Action
from app.platform.settings import settings

HOW_MANY = 10
HALF = 5


def renew(user_id: UUID) -> list[str]:
    """New codes instead of all earlier ones, for somebody who has a second factor."""
    queries.lock_user(user_id)
    if not queries_factors.factors(user_id).count:
        raise NothingToConfirm
    return make(user_id)


def make(user_id: UUID) -> list[str]:
    forget(user_id)
    codes = [f"{chance.readable(HALF)}-{chance.readable(HALF)}" for _ in range(HOW_MANY)]
    current = settings().encryption_keys[0]
    db.session.add_all(
        RecoveryCode(user_id=user_id, code_digest=_digest(current, user_id, code)) for code in codes
    )
    audit.record(Action.RECOVERY_CODES_MADE, actor=user_id, subject=("user", user_id))
    return codes


def use(user_id: UUID, typed: str) -> bool:
    """Whether this was an unused code of theirs; now it is used."""
    digests = [_digest(key, user_id, typed) for key in settings().encryption_keys]
    found = db.session.execute(
        select(RecoveryCode)
        .where(
            RecoveryCode.user_id == user_id,
            RecoveryCode.code_digest.in_(digests),
            RecoveryCode.used_at.is_(None),
        )
        .with_for_update()
    ).scalar_one_or_none()
    if found is None:
        return False
    found.used_at = clock.now()
    audit.record(Action.RECOVERY_CODE_USED, actor=user_id, subject=("user", user_id))
    return True


def were_made(user_id: UUID, since: datetime) -> bool:
    """Whether those that there are were made since then."""
    made = exists().where(RecoveryCode.user_id == user_id, RecoveryCode.id >= first_of(since))
    return bool(db.session.scalar(select(made)))


def forget(user_id: UUID) -> None:
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


def _digest(key: str, user_id: UUID, code: str) -> bytes:
    """With a key, because ten letters are few: a stolen table alone cannot be searched."""
    plain = "".join(sign for sign in code.upper() if sign.isalnum())
    return crypto.keyed_digest(crypto.derive_key(key, "recovery codes"), f"{user_id}:{plain}")
