"""What a creator's page needs: one statement."""

from typing import Any
from uuid import UUID

from markupsafe import Markup
from sqlalchemy import ColumnElement, exists, false, select

from app.accounts.models import User
from app.creators.hiding import hidden_from
from app.creators.models import Creator, Follow
from app.creators.shown import Shown
from app.extensions import db
from app.platform.errors import NotFound

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


def find_page(person: User, viewer_id: UUID | None) -> Shown | None:
    """None for whoever has no page, or has closed it; NotFound where it is hidden from this viewer."""
    mine = viewer_id == person.id
    followed = exists().where(Follow.creator_id == Creator.id, Follow.user_id == viewer_id)
    row = db.session.execute(
        select(
            *COLUMNS,
            (followed if viewer_id and not mine else false()).label("followed"),
            (false() if mine else hidden_from(viewer_id, Creator.id.expression)).label("hidden"),
        ).where(Creator.id == person.id)
    ).first()
    if row is None:
        return None
    if row.hidden:
        raise NotFound
    if row.state != OPEN and not mine:
        return None
    values = {name: value for name, value in row._mapping.items() if name != "hidden"}
    about = Markup(values.pop("about_html"))  # noqa: S704 - sanitised when it was saved
    return Shown(
        id=person.id,
        handle=person.handle,
        display_name=person.display_name,
        avatar_hue=person.avatar_hue,
        about_html=about,
        mine=mine,
        **values,
    )
