"""A new password: by a link after the old one was forgotten, or with the old one at hand."""

from uuid import UUID

from app.accounts import password_rules, queries
from app.accounts.errors import LinkGone, WrongPassword
from app.accounts.letters import write_to
from app.accounts.models import User
from app.accounts.operations import asked_by_mail, email_links, sessions, sign_in, verification
from app.accounts.operations.email_links import Purpose
from app.accounts.passwords import hash_password
from app.kit import clock, devices
from app.platform import audit
from app.platform.audit import Action
from app.platform.errors import Refused
from app.platform.settings import settings
from app.platform.web import Client

SEND_RESET_LINK = "accounts.send_reset_link"


def ask_reset(address: str) -> None:
    asked_by_mail.ask(SEND_RESET_LINK, address)


def send_reset_link(email: str) -> None:
    found = queries.find_by_email(email)
    # The person before their links, as whoever follows one has them.
    user = queries.lock_user(found.id) if found else None
    if user is None or user.state != "active" or user.email is None:
        return
    token = email_links.issue(user.id, Purpose.RESET, user.email)
    audit.record(Action.PASSWORD_RESET_ASKED, actor=None, subject=("user", user.id))
    write_to(
        user,
        "reset_password",
        link=email_links.address(Purpose.RESET, token),
        until=email_links.until(Purpose.RESET),
    )


def reset(token: str, password: str, client: Client) -> None:
    """Ends every session. Signing in comes after it, by the usual door, second factor included."""
    seen = email_links.look(Purpose.RESET, token)
    password_hash = _hash_checked(seen.user_id, password)
    link = email_links.take(Purpose.RESET, token)
    user = queries.lock_user(link.user_id)
    if user.email != link.email or user.state != "active":
        raise LinkGone
    verification.mark_verified(user)
    email_links.void(user.id, Purpose.VERIFY)
    _set(user, password_hash, Action.PASSWORD_RESET)
    sessions.end_all(user.id, because="password reset")
    _tell(user, client)


def change(user_id: UUID, session_id: UUID, current: str, new: str, client: Client) -> None:
    """The other sessions end: whoever knew the old password is out."""
    sign_in.prove_password(user_id, current, client, field="current_password")
    if current == new:
        raise Refused("This is the password you have. Choose another one.", "new_password")
    _replace(user_id, session_id, new, client, had_one=True)


def set_first(user_id: UUID, session_id: UUID, new: str, client: Client) -> None:
    """For somebody who came in with a wallet."""
    _replace(user_id, session_id, new, client, had_one=False)


def _replace(user_id: UUID, session_id: UUID, new: str, client: Client, *, had_one: bool) -> None:
    password_hash = _hash_checked(user_id, new, field="new_password")
    user = queries.lock_user(user_id)
    if bool(user.password_hash) is not had_one:
        raise WrongPassword("current_password")
    email_links.void(user_id, Purpose.RESET)
    _set(user, password_hash, Action.PASSWORD_CHANGED)
    sessions.end_all(user_id, because="password changed", keep=session_id)
    _tell(user, client)


def _hash_checked(user_id: UUID, password: str, *, field: str = "password") -> str:
    user = queries.find_user(user_id)
    try:
        password_rules.check_new(password, known=(user.handle, user.email or "") if user else ())
    except Refused as error:
        error.field = field
        raise
    return hash_password(password)


def _set(user: User, password_hash: str, action: Action) -> None:
    user.password_hash = password_hash
    user.password_changed_at = clock.now()
    audit.record(action, actor=user.id, subject=("user", user.id))


def _tell(user: User, client: Client) -> None:
    write_to(
        user,
        "password_changed",
        at=clock.now(),
        device=devices.describe(client.user_agent),
        address=client.address,
        link=f"{settings().base_url}/reset",
    )
