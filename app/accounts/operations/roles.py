"""Roles and suspension: given and taken by admins, in effect at once, never without a trace."""

from uuid import UUID

from app.accounts import standing
from app.accounts.letters import write_to
from app.accounts.models import User
from app.accounts.operations import sessions
from app.accounts.queries_people import admins
from app.extensions import db
from app.platform import audit
from app.platform.audit import Action
from app.platform.errors import NotFound, Refused
from app.platform.settings import settings
from app.platform.viewer import Role

# Everybody is a fan.
GIVEN = (Role.CREATOR, Role.MODERATOR, Role.ADMIN)


class LastAdmin(Refused):
    code = "last_admin"

    def __init__(self, message: str = "This is the last admin. Give somebody else the role first.") -> None:
        super().__init__(message)


class NotYourself(Refused):
    code = "not_yourself"


def grant(user_id: UUID, role: Role, *, actor: UUID | None) -> bool:
    """Whether anything changed."""
    user = _lock(user_id)
    if user.state == "deleted":
        raise NotFound
    if role not in GIVEN or role in user.roles:
        return False
    user.roles = [*user.roles, role.value]
    _changed(user, actor, "role_given", role)
    return True


def revoke(user_id: UUID, role: Role, *, actor: UUID | None) -> bool:
    if role is Role.ADMIN:
        _someone_else_is_admin(user_id)
    user = _lock(user_id)
    if role not in GIVEN or role not in user.roles:
        return False
    user.roles = [kept for kept in user.roles if kept != role]
    standing.tell_role_taken(user_id, role)
    _changed(user, actor, "role_taken", role)
    return True


def suspend(user_id: UUID, *, actor: UUID) -> bool:
    if user_id == actor:
        raise NotYourself("You cannot suspend yourself: ask another admin.")
    _someone_else_is_admin(user_id)
    user = _lock(user_id)
    if user.state != "active":
        return False
    user.state = "suspended"
    # Each by itself and not the account as a whole: it may be open again a moment later.
    sessions.end_all(user_id, because="account suspended", actor=actor)
    db.session.flush()
    standing.tell_left(user_id)
    audit.record(Action.SUSPENDED, actor=actor, subject=("user", user_id))
    write_to(user, "account_suspended")
    return True


def restore(user_id: UUID, *, actor: UUID) -> bool:
    user = _lock(user_id)
    if user.state != "suspended":
        return False
    user.state = "active"
    db.session.flush()
    standing.tell_returned(user_id)
    audit.record(Action.RESTORED, actor=actor, subject=("user", user_id))
    write_to(user, "account_restored")
    return True


def last_admin_stays(user_id: UUID) -> str | None:
    """A reason to wait with a deletion: a house without an admin cannot be kept in order."""
    if list(admins()) == [user_id]:
        return "You are the last admin of this house. Give somebody else the role first."
    return None


def _someone_else_is_admin(user_id: UUID) -> None:
    """Locks all of them, in order: two admins who take each other's role at once must not both succeed."""
    if list(admins(lock=True)) == [user_id]:
        raise LastAdmin


def _lock(user_id: UUID) -> User:
    user = db.session.get(User, user_id, with_for_update=True, populate_existing=True)
    if user is None:
        raise NotFound
    return user


def _changed(user: User, actor: UUID | None, told: str, role: Role) -> None:
    audit.record(Action.ROLES_CHANGED, actor=actor, subject=("user", user.id), role=role.value, change=told)
    sessions.changed(user.id)
    begin = "/dashboard" if role is Role.CREATOR else "/settings/security"
    write_to(user, told, role=role.value, link=settings().base_url + begin)
