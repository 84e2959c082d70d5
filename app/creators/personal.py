"""What this feature holds of a person."""

from collections.abc import Iterator
from uuid import UUID

from flask import Flask
from sqlalchemy import select, update

from app.creators.models import Block, Creator, Follow, PrivateFeed, Tier
from app.extensions import db
from app.platform import personal_data
from app.platform.personal_data import Kept, Row
from app.platform.personal_rows import Rows

CREATOR = Rows(
    Creator,
    owner="id",
    shown=(
        "headline", "about", "links", "categories", "avatar", "cover", "currency", "comments_from",
        "blocked_words", "adult", "watermark", "state", "followers", "posts", "last_post_at", "room",
        "created_at",
    ),
    withheld=("about_html", "popularity", "words", "trigrams"),
)  # fmt: skip
TIERS = Rows(
    Tier,
    owner="creator_id",
    shown=(
        "id", "name", "about", "rank", "price", "price_year", "currency", "benefits", "seats", "trial_days",
        "welcome", "archived_at", "created_at",
    ),
)  # fmt: skip
FOLLOWS = Rows(Follow, shown=("creator_id", "created_at"))
FEEDS = Rows(
    PrivateFeed,
    shown=("id", "creator_id", "created_at", "used_at", "revoked_at"),
    withheld=("key_digest",),
)


def init_app(app: Flask) -> None:
    for rows, about in (
        (CREATOR, "Your page as a creator"),
        (TIERS, "The tiers of your page"),
        (FEEDS, "Private feeds you opened"),
    ):
        personal_data.table(app, rows.table.name, about, rows.export, rows.erase)
    personal_data.table(app, "follows", "Creators you follow", FOLLOWS.export, _erase_follows)
    because = "Whom a creator blocked is theirs to know; it goes with the account by itself."
    personal_data.table(app, "blocks", "People you blocked as a creator", _blocked, Kept(because))


def _erase_follows(user_id: UUID) -> None:
    """They no longer count."""
    followed = select(Follow.creator_id).where(Follow.user_id == user_id)
    fewer = update(Creator).where(Creator.id.in_(followed)).values(followers=Creator.followers - 1)
    db.session.execute(fewer.execution_options(synchronize_session=False))
    FOLLOWS.erase(user_id)


def _blocked(user_id: UUID) -> Iterator[Row]:
    found = select(Block.user_id, Block.created_at).where(Block.creator_id == user_id)
    for row in db.session.execute(found).mappings():
        yield dict(row)
