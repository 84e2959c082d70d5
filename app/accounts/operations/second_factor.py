"""Between the first proof and the session: whether a second one is needed, and what waits for it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self
from uuid import UUID

from app.accounts import queries_factors
from app.accounts.errors import ChallengeGone
from app.accounts.models import Challenge, User
from app.accounts.operations import challenges
from app.platform import audit
from app.platform.audit import Action
from app.platform.web import Client

KIND = "second_factor"
LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Pending:
    """Somebody whose first proof was right."""

    user_id: UUID
    method: str
    remember: bool
    next: str

    @classmethod
    def of(cls, challenge: Challenge) -> Self:
        if challenge.user_id is None:
            raise ChallengeGone
        kept: dict[str, Any] = challenge.data
        return cls(challenge.user_id, kept["method"], kept["remember"], kept["next"])


def required(user: User) -> bool:
    """Whoever has a factor is asked for it, at every way in but a passkey, which is two in one."""
    return queries_factors.factors(user.id).count > 0


def begin(user_id: UUID, method: str, remember: bool, client: Client, next: str = "") -> str:
    """The secret stands for the first proof until the second one is given."""
    audit.record(
        Action.SECOND_FACTOR_ASKED,
        actor=user_id,
        subject=("user", user_id),
        personal={"address": client.address, "user_agent": client.user_agent},
        method=method,
    )
    data = {"method": method, "remember": remember, "next": next, "failures": 0}
    return challenges.issue(KIND, user_id=user_id, data=data, lifetime=LIFETIME)


def void(user_id: UUID) -> None:
    """First proofs given before count no longer: what they were given with may be a thief's."""
    challenges.void(KIND, user_id)


def pending(secret: str) -> Pending:
    return Pending.of(challenges.look(KIND, secret))
