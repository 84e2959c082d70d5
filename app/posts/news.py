"""Open feeds hear at once that somebody published. They are told that, and read with their own eyes what."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, union

from app.creators.models import Creator, Follow
from app.entitlements.queries import hidden_from, scopes_held
from app.entitlements.rules import Kind
from app.extensions import db
from app.kit import clock
from app.platform import realtime
from app.platform.viewer import Viewer

# What a feed asks to hear, and what it then hears: one topic a creator, so that publishing says one word
# however many follow.
FEED, CREATOR = "feed", "new"
CREATORS = 50
BELONGING = (Kind.SUBSCRIPTION, Kind.GIFT)


def published(creator_id: UUID) -> None:
    """Goes out once that is committed."""
    realtime.push_topic(_topic(creator_id), "published")


def heard_by(person: Viewer) -> Sequence[str]:
    """Of those whom they follow, the ones that published last; a feed asks now and then about the others."""
    followed = select(Follow.creator_id).where(Follow.user_id == person.id)
    theirs = union(followed, scopes_held(person.id, BELONGING, clock.now())).subquery()
    found = (
        select(Creator.id)
        .join(theirs, theirs.c[0] == Creator.id)
        .where(Creator.state == "open", ~hidden_from(person.id, Creator.id.expression))
        .order_by(Creator.last_post_at.desc().nulls_last(), Creator.id)
        .limit(CREATORS)
    )
    return [_topic(creator_id) for creator_id in db.session.scalars(found)]


def _topic(creator_id: UUID) -> str:
    return f"{CREATOR}:{creator_id.hex}"
