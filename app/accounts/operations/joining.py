"""Becoming somebody here. Whether an address was known before is told to its owner only."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.accounts import addresses, ages, password_rules, queries
from app.accounts.errors import RegistrationClosed
from app.accounts.models import AVATAR_HUES, User
from app.accounts.operations import claims, handles, notices, verification
from app.accounts.passwords import hash_password
from app.extensions import db
from app.kit import chance, clock
from app.kit.ids import new_id
from app.platform import audit, flags, limits
from app.platform.audit import Action
from app.platform.settings import vault
from app.platform.web import Client

OPEN_REGISTRATION = "open_registration"
BIRTH_DATE = ages.BIRTH_DATE


@dataclass(frozen=True, slots=True)
class Newcomer:
    email: str
    handle: str
    display_name: str
    password: str
    birth_date: date


def join(newcomer: Newcomer, client: Client) -> None:
    """Takes the same steps for a known address up to its last, slow ones included.

    The handle is gone in both cases, for as long as an account waits for its address to be confirmed.
    """
    if not flags.flag(OPEN_REGISTRATION):
        raise RegistrationClosed
    ages.check(newcomer.birth_date)
    email = addresses.normalise(newcomer.email)
    password_rules.check_new(newcomer.password, known=(newcomer.handle, email))
    password_hash = hash_password(newcomer.password)
    handles.claim(newcomer.handle)
    claims.hold_email(email)
    limits.take("mail", f"joining:{email.lower()}")
    if queries.email_in_use(email):
        with suppress(_TakenBack), db.session.begin_nested():
            _create(newcomer, None, password_hash, client)
            raise _TakenBack
        handles.withhold(newcomer.handle, clock.now() + verification.WAITS)
        notices.already_registered(email)
    else:
        verification.send_link(_create(newcomer, email, password_hash, client), client.device)


class _TakenBack(Exception):
    """The writes of a new account are made and undone for a known address, so that it takes as long."""


def _create(newcomer: Newcomer, email: str | None, password_hash: str, client: Client) -> User:
    user = User(
        id=new_id(),
        email=email,
        handle=newcomer.handle,
        display_name=newcomer.display_name,
        password_hash=password_hash,
        password_changed_at=clock.now(),
        sealed_birth_date=vault().seal(newcomer.birth_date.isoformat(), BIRTH_DATE),
        avatar_hue=a_hue(),
        **guessed(client.languages),
    )
    db.session.add(user)
    db.session.flush()
    audit.record(
        Action.JOINED,
        actor=user.id,
        subject=("user", user.id),
        personal={"handle": user.handle, "address": client.address},
        method="password",
    )
    db.session.flush()
    return user


def guessed(languages: Sequence[str]) -> dict[str, Any]:
    """What a newcomer's browser says that they read, until they say it themselves."""
    return {"languages": list(languages) or None, "languages_guessed": bool(languages)}


def a_hue() -> int:
    return chance.token_bytes(1)[0] % AVATAR_HUES
