"""What stands for a creator's page where its link is shared."""

from uuid import UUID

from app.accounts.models import User
from app.creators.queries_page import find_page
from app.creators.shown import Shown
from app.extensions import db
from app.platform.errors import NotFound
from app.platform.share_cards import ShareCard, picture_key

KIND = "creator"


def card(creator: Shown) -> ShareCard:
    shown = not creator.adult
    return ShareCard(
        title=creator.display_name,
        line=creator.headline,
        name=creator.display_name,
        handle=creator.handle,
        hue=creator.avatar_hue,
        avatar=picture_key(creator.avatar, "square256", "square96") if shown else None,
        picture=picture_key(creator.cover, "w800", "w1600", "w320") if shown else None,
    )


def find_card(creator_id: UUID) -> ShareCard | None:
    person = db.session.get(User, creator_id)
    if person is None or person.state != "active":
        return None
    try:
        creator = find_page(person, None)
    except NotFound:
        return None
    return card(creator) if creator else None
