"""Who is looking. Loaded by the accounts feature, known to the whole house."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from flask import g, has_request_context
from flask_login import current_user


class Role(StrEnum):
    FAN = "fan"
    CREATOR = "creator"
    MODERATOR = "moderator"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in person, as of this session. Plain data: safe to cache, never attached to the database."""

    id: UUID
    handle: str
    display_name: str
    roles: frozenset[Role]
    session_id: UUID
    session_token: str = field(repr=False)
    authenticated_at: datetime
    expires_at: datetime
    second_factor: bool
    avatar_hue: int
    avatar_url: str | None = None
    deletion_due: datetime | None = None
    # What flask-login asks of a user.
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        return self.session_token

    def has(self, role: Role) -> bool:
        return role in self.roles or (role is not Role.ADMIN and Role.ADMIN in self.roles)


def viewer() -> Viewer | None:
    """The person behind this request; None when signed out, or when the page may not know."""
    if not has_request_context():
        return None
    known = g._get_current_object()  # once: this is asked many times a page
    if known.get("without_session"):
        return None
    person = known.get("_login_user") or current_user._get_current_object()
    return person if isinstance(person, Viewer) else None


def signed_in_viewer() -> Viewer:
    person = viewer()
    if person is None:
        raise RuntimeError("this view needs a guard that demands a sign-in")
    return person
