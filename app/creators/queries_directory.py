"""Lists of creators' pages, one statement each: the directory's, a page at a time, and the most popular."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, literal_column, select, tuple_

from app.accounts.models import User
from app.creators import pictures
from app.creators.hiding import hidden_from
from app.creators.models import Creator
from app.creators.pictures import Described
from app.extensions import db
from app.kit.ids import parse_id

PAGE = 24
LONGEST_PLACE = 64
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Sort(StrEnum):
    POPULAR = "popular"
    ACTIVE = "active"
    NEW = "new"


COLUMNS: dict[Sort, ColumnElement[Any]] = {
    Sort.POPULAR: Creator.popularity.expression,
    Sort.ACTIVE: Creator.last_post_at.expression,
    Sort.NEW: Creator.created_at.expression,
}
# As it stands in the conditions of the indexes.
OPEN = Creator.state == literal_column("'open'")


@dataclass(frozen=True, slots=True)
class Entry:
    """A creator in a list. For the `avatar` component too."""

    id: UUID
    handle: str
    display_name: str
    avatar_hue: int
    headline: str
    categories: Sequence[str]
    avatar: Described | None
    cover: Described | None
    followers: int
    adult: bool

    @property
    def href(self) -> str:
        return f"/@{self.handle}"

    @property
    def avatar_url(self) -> str | None:
        return pictures.address(self.avatar, "square96", "square256")

    @property
    def cover_url(self) -> str | None:
        return None if self.adult else pictures.address(self.cover, "w800", "w320", "w1600")


ENTRY: tuple[ColumnElement[Any], ...] = (
    Creator.id.expression,
    User.handle.expression,
    User.display_name.expression,
    User.avatar_hue.expression,
    Creator.headline.expression,
    Creator.categories.expression,
    Creator.avatar.expression,
    Creator.cover.expression,
    Creator.followers.expression,
    Creator.adult.expression,
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of the list ended, as it stands in addresses."""

    value: float | datetime
    id: UUID

    def __str__(self) -> str:
        if isinstance(self.value, datetime):
            return f"{(self.value - EPOCH) // MICROSECOND}_{self.id.hex}"
        return f"{self.value!r}_{self.id.hex}"

    @classmethod
    def read(cls, text: str | None, sort: Sort) -> Self | None:
        """None for what is no place: such an address begins at the top."""
        if not text or len(text) > LONGEST_PLACE or not text.isascii():
            return None
        value, _, creator_id = text.partition("_")
        known = parse_id(creator_id)
        try:
            at = float(value) if sort is Sort.POPULAR else EPOCH + int(value) * MICROSECOND
        except (ValueError, OverflowError):
            return None
        return cls(at, known) if known else None


@dataclass(frozen=True, slots=True)
class Page:
    entries: list[Entry]
    # Where the next page begins.
    after: Place | None


def directory(person: UUID | None, sort: Sort, category: str | None, before: Place | None) -> Page:
    by = COLUMNS[sort]
    found = select(*ENTRY, by.label("by")).where(OPEN)
    if category:
        found = found.where(Creator.categories.contains([category]))
    if sort is Sort.ACTIVE:
        found = found.where(by.is_not(None))
    if before:
        found = found.where(tuple_(by, Creator.id) < tuple_(before.value, before.id))
    rows = db.session.execute(
        shown_to(person, found).order_by(by.desc(), Creator.id.desc()).limit(PAGE + 1)
    ).all()
    entries = [entry(row) for row in rows[:PAGE]]
    more = len(rows) > PAGE
    return Page(entries, Place(rows[PAGE - 1].by, entries[-1].id) if more else None)


def popular(person: UUID | None, many: int) -> list[Entry]:
    """For people who did not ask for anything in particular."""
    found = shown_to(person, select(*ENTRY).where(OPEN, ~Creator.adult))
    ordered = found.order_by(Creator.popularity.desc(), Creator.id.desc()).limit(many)
    return [entry(row) for row in db.session.execute(ordered)]


def shown_to(person: UUID | None, found: Select[Any]) -> Select[Any]:
    """Without those whose person is away, and those who are hidden from this one."""
    visible = found.join(User, and_(User.id == Creator.id, User.state == "active"))
    return visible.where(~hidden_from(person, Creator.id.expression))


def entry(row: Row[Any]) -> Entry:
    return Entry(*row[: len(ENTRY)])
