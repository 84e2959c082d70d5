"""When a creator's tiers change places, posts stay with the tier that they were written for."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import case, update

from app.entitlements.rules import Audience
from app.extensions import db
from app.posts.models import Post


def rerank(creator_id: UUID, ranks: Mapping[int, int]) -> None:
    db.session.execute(
        update(Post)
        .where(
            Post.creator_id == creator_id,
            Post.audience == Audience.SUBSCRIBERS,
            Post.rank.in_(ranks),
        )
        .values(rank=case(dict(ranks), value=Post.rank), version=Post.version + 1)
        .execution_options(synchronize_session=False)
    )
