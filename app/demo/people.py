"""Who lives in demo mode: one person for each role, known to everybody, and a houseful of others."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert

from app.accounts import queries
from app.accounts.models import AVATAR_HUES, TotpFactor, User
from app.accounts.operations import totp
from app.accounts.operations.joining import BIRTH_DATE
from app.accounts.passwords import hash_password
from app.demo import texts
from app.extensions import db
from app.kit import clock
from app.platform.settings import vault
from app.platform.viewer import Role

DEMO_PASSWORD = "let-the-light-in-2026"  # noqa: S105 - printed at every start of demo mode
DEMO_TOTP_SECRET = "FANLIGHTDEMOSECRETFANLIGHTDEMO2A"  # noqa: S105 - likewise
BIRTH_DATE_OF_ALL = date(1990, 6, 21)
# The first came this long ago.
OLDEST_DAYS = 300
FIRST_FAN, FIRST_CREATOR = 100, 200
# What they read, by turns: all of them what everybody says here.
READ = (["en"], ["de", "en"], ["en"], ["es", "en"], ["en", "fr"])


@dataclass(frozen=True, slots=True)
class DemoPerson:
    # Fixed, so that they are recognised whatever somebody made of their names and addresses.
    number: int
    handle: str
    display_name: str
    bio: str
    roles: tuple[Role, ...]
    avatar_hue: int
    days_here: float

    @property
    def id(self) -> UUID:
        return UUID(int=0x0197_0000_0000_7000_8000_DE30_0000_0000 + self.number)

    @property
    def email(self) -> str:
        return f"{self.handle}@demo.test"

    @property
    def staff(self) -> bool:
        return bool({Role.MODERATOR, Role.ADMIN} & set(self.roles))

    @property
    def creates(self) -> bool:
        return Role.CREATOR in self.roles


def _person(number: int, name: str, bio: str, *roles: Role) -> DemoPerson:
    handle = (roles[-1] if roles else Role.FAN).value
    return DemoPerson(number, handle, name, bio, (Role.FAN, *roles), number * 3 % AVATAR_HUES, OLDEST_DAYS)


# One for each role; README tells how they sign in.
PEOPLE = (
    _person(1, "Fern Aldous", "Here for the evening light."),
    _person(2, "Cleo Marsh", "Paints windows, mostly from the inside.", Role.CREATOR),
    _person(3, "Mo Idris", "Keeps the house friendly.", Role.MODERATOR),
    _person(4, "Ada Quist", "Keeps the house.", Role.ADMIN),
)
FAN, CREATOR = PEOPLE[0], PEOPLE[1]


@cache
def everybody() -> tuple[DemoPerson, ...]:
    return (*PEOPLE, *_others())


@cache
def creators() -> dict[str, DemoPerson]:
    return {person.handle: person for person in everybody() if person.creates}


def _others() -> Iterator[DemoPerson]:
    known = {person.handle for person in PEOPLE}
    dice = Random("people")  # noqa: S311 - the same people each time
    for number, fan in enumerate(texts.fans()):
        if fan.handle not in known:
            yield _other(FIRST_FAN + number, (fan.handle, fan.name, fan.bio), dice)
    for number, page in enumerate(texts.pages()):
        if page.handle not in known:
            words = (page.handle, page.name, page.headline)
            yield _other(FIRST_CREATOR + number, words, dice, Role.CREATOR)


def _other(number: int, words: tuple[str, str, str], dice: Random, *roles: Role) -> DemoPerson:
    # Creators were there before those who follow them.
    days = OLDEST_DAYS - 5 - dice.uniform(0, 90) if roles else dice.uniform(2, 200)
    return DemoPerson(number, *words, (Role.FAN, *roles), dice.randrange(AVATAR_HUES), days)


def known_to_all() -> bool:
    """Whether somebody is here whose password everybody knows."""
    known = or_(
        User.id.in_([person.id for person in everybody()]),
        User.email.in_([person.email for person in everybody()]),
    )
    return db.session.execute(select(User.id).where(known, User.state != "deleted")).first() is not None


def put_in() -> list[DemoPerson]:
    """Those that were missing. Of the four that are known to everybody, one that left comes back."""
    ours = User.id.in_([person.id for person in everybody()])
    here = {row.id: row.state for row in db.session.execute(select(User.id, User.state).where(ours))}
    missing = [person for person in PEOPLE if here.get(person.id) in {None, "deleted"}]
    others = [person for person in everybody()[len(PEOPLE) :] if person.id not in here]
    if not missing and not others:
        return []
    # One hash for all: it is slow on purpose, and theirs is no secret.
    password_hash = hash_password(DEMO_PASSWORD)
    return [person for person in missing if _put(person, password_hash)] + _put_all(others, password_hash)


def _put(person: DemoPerson, password_hash: str) -> bool:
    """Whether it could be made: a visitor of the demo may have taken the name meanwhile."""
    if queries.handle_in_use(person.handle, by_others_than=person.id):
        return False
    if queries.email_in_use(person.email, by_others_than=person.id):
        return False
    values = _columns(person, password_hash, clock.now())
    row = insert(User).values(id=person.id, **values)
    db.session.execute(row.on_conflict_do_update(index_elements=["id"], set_=values))
    if person.staff:
        _give_totp(person.id)
    return True


def _put_all(people: Collection[DemoPerson], password_hash: str) -> list[DemoPerson]:
    """At once; who finds their name taken stays away."""
    if not people:
        return []
    at = clock.now()
    rows = [{"id": person.id, **_columns(person, password_hash, at)} for person in people]
    statement = insert(User).values(rows).on_conflict_do_nothing().returning(User.id)
    came = set(db.session.scalars(statement))
    return [person for person in people if person.id in came]


def _columns(person: DemoPerson, password_hash: str, now: datetime) -> dict[str, Any]:
    since = now - timedelta(days=person.days_here)
    return {
        "handle": person.handle,
        "email": person.email,
        "email_verified_at": since,
        "display_name": person.display_name,
        "bio": person.bio,
        "password_hash": password_hash,
        "password_changed_at": since,
        "sealed_birth_date": vault().seal(BIRTH_DATE_OF_ALL.isoformat(), BIRTH_DATE),
        "roles": [role.value for role in person.roles],
        "state": "active",
        "avatar_hue": person.avatar_hue,
        "languages": READ[person.number % len(READ)],
        "created_at": since,
    }


def _give_totp(user_id: UUID) -> None:
    db.session.merge(
        TotpFactor(
            user_id=user_id,
            sealed_secret=vault().seal(DEMO_TOTP_SECRET, totp.PURPOSE),
            confirmed_at=clock.now(),
        )
    )
