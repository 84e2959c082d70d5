"""Where an author's files are used, and where they can be."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from app.extensions import db
from app.media.holders import Place
from app.posts.models import Post, PostMedia


def places(media_ids: Collection[UUID]) -> dict[UUID, Place]:
    """Each of these files with the post that shows it, or with the way into a new one."""
    found = db.session.execute(
        select(PostMedia.media_id, Post.id, Post.title, Post.state)
        .join(Post, Post.id == PostMedia.post_id)
        .where(PostMedia.media_id.in_(media_ids))
    )
    shown = {row.media_id: _post(row.id, row.title, row.state) for row in found}
    return {one: shown.get(one) or _new_post(one) for one in media_ids}


def _post(post_id: UUID, title: str, state: str) -> Place:
    words = title or ("A post without a title" if state == "published" else "A draft without a title")
    return Place(words, f"/posts/{post_id}" if state == "published" else f"/posts/{post_id}/edit", used=True)


def _new_post(media_id: UUID) -> Place:
    return Place("Use in a new post", f"/posts/new?media={media_id}")
