"""Where an author's files are used, and where they can be."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.entitlements.queries import held_by_anybody
from app.entitlements.rules import Kind
from app.extensions import db
from app.media.holders import Place
from app.posts.models import Post, PostMedia


def places(media_ids: Collection[UUID]) -> dict[UUID, Place]:
    """Each of these files with the post that shows it, or with the way into a new one."""
    # Who bought it sees it also after its author took it back.
    sold = held_by_anybody(Post.id.expression, Kind.PURCHASE, Kind.GIFT).label("sold")
    found = db.session.execute(
        select(PostMedia.media_id, Post.id, Post.title, Post.state, Post.media, sold)
        .join(Post, Post.id == PostMedia.post_id)
        .where(PostMedia.media_id.in_(media_ids))
    )
    used = {row.media_id: _post(row) for row in found}
    return {one: used.get(one) or _new_post(one) for one in media_ids}


def _post(row: Any) -> Place:
    out = row.state == "published"
    words = row.title or ("A post without a title" if out else "A draft without a title")
    shown = (out or row.sold) and any(one["id"] == str(row.media_id) for one in row.media)
    return Place(words, f"/posts/{row.id}" if out else f"/posts/{row.id}/edit", used=True, shown=shown)


def _new_post(media_id: UUID) -> Place:
    return Place("Use in a new post", f"/posts/new?media={media_id}")
