"""A creator's page as one viewer meets it: plain data, made of one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from markupsafe import Markup

from app.creators import pictures
from app.creators.pictures import Described


@dataclass(frozen=True, slots=True)
class Shown:
    """For the `avatar` and `person_line` components too."""

    id: UUID
    handle: str
    display_name: str
    avatar_hue: int
    headline: str
    # Safe HTML.
    about_html: Markup
    links: Sequence[dict[str, str]]
    categories: Sequence[str]
    avatar: Described | None
    cover: Described | None
    currency: str
    adult: bool
    state: str
    followers: int
    posts: int
    last_post_at: datetime | None
    room: bool
    created_at: datetime
    # What the viewer adds.
    mine: bool
    followed: bool
    # The one who sees its cover, while nobody else does.
    alone: UUID | None

    @property
    def href(self) -> str:
        return f"/@{self.handle}"

    @property
    def avatar_url(self) -> str | None:
        return pictures.address(self.avatar, "square256", "square96")

    @property
    def cover_url(self) -> str | None:
        return pictures.address(self.cover, *pictures.COVERS, alone=self.alone)

    @property
    def cover_choices(self) -> str:
        return pictures.choices(self.cover, alone=self.alone)
