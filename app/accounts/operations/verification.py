"""Showing that an e-mail address is one's own."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from app.accounts import queries
from app.accounts.errors import LinkGone
from app.accounts.letters import write_to
from app.accounts.models import EmailLink, User
from app.accounts.operations import asked_by_mail, email_links, second_factor, sign_in
from app.accounts.operations.email_links import Link, Purpose
from app.accounts.operations.sessions import Started
from app.extensions import db
from app.kit import clock, crypto
from app.platform import audit
from app.platform.audit import Action
from app.platform.settings import settings
from app.platform.web import Client

SEND_LINK_AGAIN = "accounts.send_link_again"
# So long an account waits for its address to be confirmed; then address and handle are free again.
WAITS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Verified:
    user_id: UUID
    # In the browser that joined, the link signs in as well.
    started: Started | None


def send_link(user: User, device: str = "") -> None:
    """`device`: the browser that joined. A link sent again keeps what the earlier one knew of it."""
    assert user.email is not None
    digest = crypto.digest(device) if device else _joining_device(user.id)
    ends = min(email_links.until(Purpose.VERIFY), user.created_at + WAITS)
    token = email_links.issue(user.id, Purpose.VERIFY, user.email, device_digest=digest, ends=ends)
    write_to(
        user,
        "verify_email",
        link=email_links.address(Purpose.VERIFY, token),
        until=ends,
    )


def ask_again(address: str) -> None:
    asked_by_mail.ask(SEND_LINK_AGAIN, address)


def send_again(email: str) -> None:
    found = queries.find_by_email(email)
    if found is None:
        return
    user = queries.lock_user(found.id)
    if user.state == "active" and not user.email_verified_at:
        send_link(user)


def verify(token: str, client: Client | None) -> Verified:
    """`client`: the browser that may be signed in by it; none where somebody is signed in already."""
    link = email_links.take(Purpose.VERIFY, token)
    user = queries.lock_user(link.user_id)
    if user.email != link.email:
        raise LinkGone
    mark_verified(user)
    return Verified(user.id, _sign_in(user, link, client))


def mark_verified(user: User) -> None:
    if user.email_verified_at or not user.email:
        return
    user.email_verified_at = clock.now()
    audit.record(Action.EMAIL_VERIFIED, actor=user.id, subject=("user", user.id))
    write_to(user, "welcome", link=settings().base_url)


def _sign_in(user: User, link: Link, client: Client | None) -> Started | None:
    if client is None or link.device_digest != crypto.digest(client.device):
        return None
    if user.state != "active" or second_factor.required(user):
        return None
    return sign_in.complete(user.id, method="password", second_factor=False, remember=False, client=client)


def _joining_device(user_id: UUID) -> bytes | None:
    return db.session.scalar(
        select(EmailLink.device_digest)
        .where(EmailLink.user_id == user_id, EmailLink.purpose == Purpose.VERIFY)
        .order_by(EmailLink.created_at.desc())
        .limit(1)
    )
