"""The people of demo mode: one for each role, known to everybody, and therefore never in live mode."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy import or_, select, text
from sqlalchemy.dialects.postgresql import insert

from app.accounts import queries
from app.accounts.models import TotpFactor, User
from app.accounts.operations import totp
from app.accounts.operations.joining import BIRTH_DATE
from app.accounts.passwords import hash_password
from app.extensions import db
from app.kit import clock
from app.platform.settings import settings, vault
from app.platform.storage import storage
from app.platform.transaction import transaction
from app.platform.viewer import Role

DEMO_PASSWORD = "let-the-light-in-2026"  # noqa: S105 - printed at every start of demo mode
DEMO_TOTP_SECRET = "FANLIGHTDEMOSECRETFANLIGHTDEMO2A"  # noqa: S105 - likewise
BIRTH_DATE_OF_ALL = date(1990, 6, 21)

group = AppGroup("demo", help="The people of demo mode.")


@dataclass(frozen=True, slots=True)
class DemoPerson:
    # Fixed, so that they are recognised whatever somebody made of their names and addresses.
    id: UUID
    handle: str
    display_name: str
    bio: str
    roles: tuple[Role, ...]
    avatar_hue: int

    @property
    def email(self) -> str:
        return f"{self.handle}@demo.test"

    @property
    def staff(self) -> bool:
        return bool({Role.MODERATOR, Role.ADMIN} & set(self.roles))


def _person(number: int, name: str, bio: str, *roles: Role) -> DemoPerson:
    handle = (roles[-1] if roles else Role.FAN).value
    return DemoPerson(
        UUID(int=0x0197_0000_0000_7000_8000_DE30_0000_0000 + number),
        handle,
        name,
        bio,
        (Role.FAN, *roles),
        number * 3 % 12,
    )


PEOPLE = (
    _person(1, "Fern Aldous", "Here for the evening light."),
    _person(2, "Cleo Marsh", "Paints windows, mostly from the inside.", Role.CREATOR),
    _person(3, "Mo Idris", "Keeps the house friendly.", Role.MODERATOR),
    _person(4, "Ada Quist", "Keeps the house.", Role.ADMIN),
)


class DemoRefused(click.ClickException):
    """Said in plain words, with exit code 1."""


def init_app(app: Flask) -> None:
    app.cli.add_command(group)


def demo_accounts_exist() -> bool:
    known = or_(
        User.id.in_([person.id for person in PEOPLE]), User.email.in_([person.email for person in PEOPLE])
    )
    return db.session.execute(select(User.id).where(known, User.state != "deleted")).first() is not None


@group.command("seed")
def seed_command() -> None:
    """Put the demo people in. What is there already stays as it is."""
    _demo_only()
    with transaction():
        made = seed()
    click.echo(f"Demo people made: {', '.join(made)}." if made else "The demo people are there.")


@group.command("reset")
def reset_command() -> None:
    """Empty every table, then put the demo people in."""
    _demo_only()
    with transaction():
        _empty_tables()
        seed()
    for key in list(storage().list()):
        storage().delete(key)
    click.echo("Everything is as on the first day.")


@group.command("check")
def check_command() -> None:
    """Fail when live mode would open to the demo people, whose passwords are known to all."""
    if not settings().demo and demo_accounts_exist():
        raise DemoRefused(
            "This database holds the demo accounts, whose password everybody knows. "
            "Start live mode on an empty database: set another DATA_DIR or DATABASE_URL."
        )


def seed() -> list[str]:
    """The handles of those that were missing, or had left."""
    missing = _missing()
    if not missing:
        return []
    # One hash for all: it is slow on purpose, and theirs is no secret.
    password_hash = hash_password(DEMO_PASSWORD)
    return [person.handle for person in missing if _put(person, password_hash)]


def _missing() -> list[DemoPerson]:
    known = select(User.id).where(User.id.in_([p.id for p in PEOPLE]), User.state != "deleted")
    here = set(db.session.scalars(known))
    return [person for person in PEOPLE if person.id not in here]


def _put(person: DemoPerson, password_hash: str) -> bool:
    """Whether it could be made: a visitor of the demo may have taken the name meanwhile."""
    if queries.handle_in_use(person.handle, by_others_than=person.id):
        return False
    if queries.email_in_use(person.email, by_others_than=person.id):
        return False
    values = _columns(person) | {"password_hash": password_hash}
    row = insert(User).values(id=person.id, **values)
    db.session.execute(row.on_conflict_do_update(index_elements=["id"], set_=values))
    if person.staff:
        _give_totp(person.id)
    return True


def _columns(person: DemoPerson) -> dict[str, Any]:
    at = clock.now()
    return {
        "handle": person.handle,
        "email": person.email,
        "email_verified_at": at,
        "display_name": person.display_name,
        "bio": person.bio,
        "password_changed_at": at,
        "sealed_birth_date": vault().seal(BIRTH_DATE_OF_ALL.isoformat(), BIRTH_DATE),
        "roles": [role.value for role in person.roles],
        "state": "active",
        "avatar_hue": person.avatar_hue,
        "created_at": at,
    }


def _give_totp(user_id: UUID) -> None:
    db.session.merge(
        TotpFactor(
            user_id=user_id,
            sealed_secret=vault().seal(DEMO_TOTP_SECRET, totp.PURPOSE),
            confirmed_at=clock.now(),
        )
    )


def _demo_only() -> None:
    if not settings().demo:
        raise DemoRefused("This is live mode: there are no demo people here. MODE=demo has them.")


def _empty_tables() -> None:
    names = [table.name for table in db.metadata.sorted_tables]
    db.session.execute(text(f"truncate {', '.join(names)} cascade"))
