"""A person as lists show them: a picture, a name, and where the name leads."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement

from app.accounts.models import User
from app.creators import pictures
from app.creators.models import Creator


@dataclass(frozen=True, slots=True)
class Face:
    """For the `person_line` component."""

    id: UUID
    handle: str
    display_name: str
    avatar_hue: int
    avatar: dict[str, Any] | None
    # Neither suspended nor gone.
    here: bool

    @property
    def href(self) -> str | None:
        return f"/@{self.handle}" if self.here else None

    @property
    def avatar_url(self) -> str | None:
        return pictures.address(self.avatar, "square96")


def face_columns(user: type[User] = User, creator: type[Creator] = Creator) -> tuple[ColumnElement[Any], ...]:
    """In the order of a `Face`; whoever has no page has no picture: join it from outside."""
    return (
        user.id.label("person_id"),
        user.handle.expression,
        user.display_name.expression,
        user.avatar_hue.expression,
        creator.avatar.expression,
        (user.state == "active").label("here"),
    )


def read_face(row: Any) -> Face:
    return Face(row.person_id, row.handle, row.display_name, row.avatar_hue, row.avatar, row.here)
