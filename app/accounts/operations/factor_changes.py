"""What holds whenever a factor or a way in comes or goes: nobody is locked out, and the owner is told."""

from dataclasses import dataclass
from uuid import UUID

from app.accounts import queries_factors
from app.accounts.errors_factors import LastWayIn, StaffKeepsFactor
from app.accounts.models import User
from app.accounts.operations import recovery_codes, sessions
from app.kit import clock
from app.platform import audit, mail
from app.platform.audit import Action
from app.platform.settings import settings
from app.platform.viewer import Role

STAFF = {Role.MODERATOR, Role.ADMIN}


@dataclass(frozen=True, slots=True)
class Changed:
    """The session's fresh token, and recovery codes where this factor is the first."""

    token: str
    codes: list[str] | None


def added(user: User, session_id: UUID, action: Action, what: str) -> Changed:
    audit.record(action, actor=user.id, subject=("user", user.id))
    first = not queries_factors.factors(user.id).recovery_codes
    codes = recovery_codes.make(user.id) if first else None
    tell(user, "second_factor_changed", what)
    return Changed(sessions.confirm(session_id, second_factor=True), codes)


def removed(user: User, session_id: UUID, action: Action, what: str) -> str:
    audit.record(action, actor=user.id, subject=("user", user.id))
    if not queries_factors.factors(user.id).count:
        recovery_codes.forget(user.id)
    tell(user, "second_factor_changed", what)
    return sessions.confirm(session_id)


def check_may_lose_one(user: User) -> None:
    """Staff keep a second factor. The caller holds the person's row."""
    if STAFF & set(user.roles) and queries_factors.factors(user.id).count == 1:
        raise StaffKeepsFactor


def check_not_last_way_in(user: User, name: str, instead: str) -> None:
    """The caller holds the person's row, so that two tabs cannot remove the last two at once."""
    if queries_factors.ways_in(user.id).count == 1:
        raise LastWayIn(name, instead)


def tell(user: User, template: str, what: str, path: str = "/settings/security") -> None:
    """To an address that is theirs for sure; who came with a wallet alone may have none."""
    if user.email and user.email_verified_at:
        mail.send(
            template,
            to=user.email,
            user_id=user.id,
            name=user.display_name,
            what=what,
            at=clock.now(),
            link=settings().base_url + path,
        )
