"""Another e-mail address: the new one confirms, the old one is told and can take it back for a week."""

from dataclasses import dataclass
from uuid import UUID

from app.accounts import addresses, queries, standing
from app.accounts.errors import AddressTaken, BadEmail, LinkGone
from app.accounts.models import User
from app.accounts.operations import claims, deletion, email_links, factor_changes, notices, sessions
from app.accounts.operations.email_links import Purpose
from app.accounts.since import worth_a_look
from app.kit import clock
from app.platform import audit, limits, mail
from app.platform.audit import Action
from app.platform.settings import settings


@dataclass(frozen=True, slots=True)
class Undone:
    """The token of a reset link, unless the house keeps the account closed; and in words for the owner what
    went, and what else was done.
    """

    reset_token: str | None
    removed: list[str]
    done: list[str]


def ask_change(user_id: UUID, address: str) -> None:
    """The same answer for an address that somebody has: they are told, the asker is not."""
    new = addresses.normalise(address)
    user = queries.lock_user(user_id)
    if user.email and user.email.lower() == new.lower():
        raise BadEmail("This is your address already.")
    limits.take("mail", f"changing:{user_id}")
    claims.hold_email(new)
    token = email_links.issue(user_id, Purpose.CHANGE_EMAIL, new)
    audit.record(Action.EMAIL_CHANGE_ASKED, actor=user_id, subject=("user", user_id), personal={"email": new})
    if queries.email_in_use(new, by_others_than=user_id):
        notices.already_registered(new)
    else:
        _ask_to_confirm(user, new, token)


def drop_change(user_id: UUID) -> None:
    email_links.void(user_id, Purpose.CHANGE_EMAIL)


def confirm_change(token: str) -> None:
    link = email_links.take(Purpose.CHANGE_EMAIL, token)
    user = queries.lock_user(link.user_id)
    if user.state != "active":
        raise LinkGone
    before = user.email
    _put(user, link.email)
    email_links.void(user.id, Purpose.RESET)
    audit.record(
        Action.EMAIL_CHANGED,
        actor=user.id,
        subject=("user", user.id),
        personal={"before": before, "after": link.email},
    )
    if before:
        _tell_former(user, before)


def undo_change(token: str) -> Undone:
    """Whoever changed the address may know the password, and have added ways in of their own, or ways out
    for what is in the account.

    The last way in may be among these: the reset link opens another one.
    """
    link = email_links.take(Purpose.UNDO_EMAIL, token)
    user = queries.lock_user(link.user_id)
    if user.state == "deleted":
        raise LinkGone
    _put(user, link.email)
    user.password_hash = None
    since = queries.email_change_asked_at(user.id, confirmed_by=link.created_at) or link.created_at
    done = worth_a_look(user.id, since)
    removed = [
        *factor_changes.take_back(user.id, since),
        *deletion.call_off(user),
        *standing.take_back(user.id, since),
    ]
    email_links.void_since(user.id, link.created_at)
    sessions.end_all(user.id, because="e-mail change undone")
    sessions.forget_devices(user.id)
    audit.record(
        Action.EMAIL_CHANGE_UNDONE,
        actor=user.id,
        subject=("user", user.id),
        personal={"email": link.email},
    )
    _tell_owner(user, link.email, removed, done)
    may_enter = user.state == "active"
    reset = email_links.issue(user.id, Purpose.RESET, link.email) if may_enter else None
    return Undone(reset, removed, done)


def _put(user: User, email: str) -> None:
    claims.hold_email(email)
    if queries.email_in_use(email, by_others_than=user.id):
        raise AddressTaken
    user.email = email
    user.email_verified_at = clock.now()
    sessions.changed(user.id)


def _ask_to_confirm(user: User, new: str, token: str) -> None:
    mail.send(
        "email_change_confirm",
        to=new,
        user_id=user.id,
        name=user.display_name,
        link=email_links.address(Purpose.CHANGE_EMAIL, token),
        until=email_links.until(Purpose.CHANGE_EMAIL),
    )


def _tell_former(user: User, before: str) -> None:
    token = email_links.issue(user.id, Purpose.UNDO_EMAIL, before)
    mail.send(
        "email_change_notice",
        to=before,
        user_id=user.id,
        name=user.display_name,
        new_email=user.email,
        at=clock.now(),
        link=email_links.address(Purpose.UNDO_EMAIL, token),
        until=email_links.until(Purpose.UNDO_EMAIL),
    )


def _tell_owner(user: User, email: str, removed: list[str], done: list[str]) -> None:
    """The page that says so is shown once. Without the way in that it has, which lives for an hour."""
    mail.send(
        "account_taken_back",
        to=email,
        user_id=user.id,
        name=user.display_name,
        at=clock.now(),
        removed=[{"what": what} for what in removed],
        done=[{"what": what} for what in done],
        link=f"{settings().base_url}/reset",
    )
