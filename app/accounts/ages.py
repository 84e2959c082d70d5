"""How old somebody is, and whether that is old enough for this house."""

from datetime import date
from uuid import UUID

from sqlalchemy import select

from app.accounts.errors import BadBirthDate, TooYoung
from app.accounts.models import User
from app.extensions import db
from app.kit import clock
from app.platform.settings import settings, vault

OLDEST, GROWN_UP = 125, 18
# What the date is sealed for.
BIRTH_DATE = "birth_date"


def check(birth_date: date) -> None:
    age = age_on(clock.now().date(), birth_date)
    if not 0 <= age <= OLDEST or birth_date > clock.now().date():
        raise BadBirthDate
    if age < settings().min_age:
        raise TooYoung(settings().min_age)


def age_of(user_id: UUID) -> int | None:
    """None for whoever never told."""
    sealed = db.session.scalar(select(User.sealed_birth_date).where(User.id == user_id))
    if sealed is None:
        return None
    return age_on(clock.now().date(), date.fromisoformat(vault().open(sealed, BIRTH_DATE)))


def is_minor(user_id: UUID) -> bool:
    """By what they told us; whoever told nothing is not."""
    age = age_of(user_id)
    return age is not None and age < GROWN_UP


def age_on(day: date, birth_date: date) -> int:
    """Whoever was born on 29 February has their birthday on 1 March in other years."""
    before_birthday = (day.month, day.day) < (birth_date.month, birth_date.day)
    return day.year - birth_date.year - before_birthday
