"""What a creator's page needs: one statement."""

from functools import lru_cache
from typing import Any
from uuid import UUID

from markupsafe import Markup
from sqlalchemy import ColumnElement, DateTime, Uuid, exists, select

from app.accounts.models import User
from app.creators.hiding import hidden_from, let_in
from app.creators.models import Creator, Follow
from app.creators.shown import Shown
from app.kit import clock
from app.platform.errors import NotFound
from app.platform.prepared import Prepared, parameter

OPEN = "open"
COLUMNS: tuple[ColumnElement[Any], ...] = (
    Creator.headline.expression,
    Creator.about_html.expression,
    Creator.links.expression,
    Creator.categories.expression,
    Creator.avatar.expression,
    Creator.cover.expression,
    Creator.currency.expression,
    Creator.adult.expression,
    Creator.state.expression,
    Creator.followers.expression,
    Creator.posts.expression,
    Creator.last_post_at.expression,
    Creator.room.expression,
    Creator.created_at.expression,
)


def find_page(person: User, viewer_id: UUID | None, *, deciding: bool = False) -> Shown | None:
    """None for whoever has no page, or has closed it; NotFound where it is hidden from this viewer.

    `deciding`: whoever decides about a report looks at it, wherever its owner went.
    """
    mine = viewer_id == person.id
    row = _found().first(viewer_id, person.id, clock.now())
    if row is None:
        return None
    if row.hidden and not mine:
        raise NotFound
    out = row.state == OPEN and person.state == "active"
    if not (out or mine or (deciding and row.let_in)):
        return None
    values = {name: value for name, value in row._asdict().items() if name not in {"hidden", "let_in"}}
    about = Markup(values.pop("about_html"))  # noqa: S704 - sanitised when it was saved
    return Shown(
        id=person.id,
        handle=person.handle,
        display_name=person.display_name,
        avatar_hue=person.avatar_hue,
        about_html=about,
        mine=mine,
        alone=None if out else viewer_id,
        **values,
    )


@lru_cache
def _found() -> Prepared:
    """Who looks, at whom, and when. Nobody's id is NULL, who follows nobody."""
    me, about, now = parameter(1, Uuid()), parameter(2, Uuid()), parameter(3, DateTime(timezone=True))
    followed = exists().where(Follow.creator_id == Creator.id, Follow.user_id == me)
    hidden = hidden_from(me, Creator.id.expression, now)
    inside = let_in(me, Creator.id.expression, now)
    found = select(
        *COLUMNS, followed.label("followed"), hidden.label("hidden"), inside.label("let_in")
    ).where(Creator.id == about)
    return Prepared(found, parameters=3)
