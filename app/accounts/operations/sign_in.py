"""Coming in with a password, and what every way of coming in has in common."""

from dataclasses import dataclass
from uuid import UUID

from app.accounts import addresses, queries
from app.accounts.errors import Suspended, WrongCredentials, WrongPassword
from app.accounts.letters import write_to
from app.accounts.models import User
from app.accounts.operations import second_factor, sessions
from app.accounts.operations.sessions import Started
from app.accounts.passwords import hash_password, needs_rehash, verify_password
from app.kit import clock, devices
from app.platform import audit, limits
from app.platform.audit import STRANGER, Action
from app.platform.settings import settings
from app.platform.web import Client


@dataclass(frozen=True, slots=True)
class SignedIn:
    started: Started


@dataclass(frozen=True, slots=True)
class CodeNeeded:
    """The password was right; `challenge` is what the second step goes on from."""

    challenge: str


def with_password(
    identifier: str, password: str, *, remember: bool, client: Client, then: str = ""
) -> SignedIn | CodeNeeded:
    """`then`: where the person wants to go, kept across a second step."""
    typed = addresses.normalise_identifier(identifier)
    user = queries.find_by_identifier(typed)
    account = str(user.id) if user else f"nobody:{typed.lower()}"
    stored = user.password_hash if user else None
    if not _proves(account, stored, password, client) or user is None:
        _record_failure(user, client)
        raise WrongCredentials
    person = _still_the_same(user.id, stored)
    _rehash(person, password)
    if second_factor.required(person):
        return CodeNeeded(second_factor.begin(person.id, "password", remember, client, then))
    return SignedIn(
        complete(person.id, method="password", second_factor=False, remember=remember, client=client)
    )


def complete(user_id: UUID, *, method: str, second_factor: bool, remember: bool, client: Client) -> Started:
    """The last step of every way in: the session, and a word to the owner about a new device."""
    user = queries.lock_user(user_id)
    _may_enter(user)
    started = sessions.start(
        user, method=method, second_factor=second_factor, remember=remember, client=client
    )
    if started.new_device and user.email:
        _tell_of_new_device(user, client)
    return started


def prove_password(user_id: UUID, password: str, client: Client, *, field: str) -> None:
    user = queries.find_user(user_id)
    stored = user.password_hash if user else None
    if not _proves(str(user_id), stored, password, client):
        _record_failure(user, client)
        raise WrongPassword(field)


def _proves(account: str, stored: str | None, password: str, client: Client) -> bool:
    """Counts what fails, by account and address; too many are refused before anything is computed."""
    limits.check_sign_in(account, client.address)
    if not verify_password(stored, password):
        limits.failed_sign_in(account, client.address)
        return False
    limits.clear_sign_in(account, client.address)
    return True


def _still_the_same(user_id: UUID, stored: str | None) -> User:
    """Checking took a while: a password that was changed meanwhile is no longer a way in."""
    person = queries.lock_user(user_id)
    if person.password_hash != stored:
        raise WrongCredentials
    _may_enter(person)
    return person


def _may_enter(user: User) -> None:
    if user.state == "suspended":
        raise Suspended
    if user.state != "active":
        raise WrongCredentials


def _rehash(user: User, password: str) -> None:
    if user.password_hash and needs_rehash(user.password_hash):
        user.password_hash = hash_password(password)


def _record_failure(user: User | None, client: Client) -> None:
    # What was typed stays out: people type passwords into the wrong field.
    audit.record(
        Action.SIGN_IN_FAILED,
        actor=None,
        subject=("user", user.id if user else STRANGER),
        personal={"address": client.address, "user_agent": client.user_agent},
    )


def _tell_of_new_device(user: User, client: Client) -> None:
    write_to(
        user,
        "new_device",
        device=devices.describe(client.user_agent),
        address=client.address,
        at=clock.now(),
        link=f"{settings().base_url}/settings/sessions",
    )
