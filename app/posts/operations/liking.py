"""Liking a post and keeping it for later. Each says what is wanted: twice is as good as once."""

from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert

from app.extensions import db
from app.kit import clock
from app.platform import audit
from app.platform.audit import Action
from app.posts import telling
from app.posts.models import Bookmark, Like, Post
from app.posts.queries_page import OpenPost, find_post, open_post


def like(user_id: UUID, post_id: UUID, wanted: bool) -> OpenPost:
    """The post as it is then. To take a like back, the post need not be open any more."""
    post = (open_post if wanted else find_post)(post_id, user_id)
    if _turn(Like, user_id, post_id, wanted):
        db.session.execute(
            update(Post)
            .where(Post.id == post_id)
            .values(likes=Post.likes + (1 if wanted else -1))
            .execution_options(synchronize_session=False)
        )
        action = Action.LIKED if wanted else Action.UNLIKED
        audit.record(action, actor=user_id, subject=("post", post_id))
        if wanted:
            telling.liked(post.card.creator.id, user_id, post_id, post.card.title)
    return find_post(post_id, user_id)


def keep(user_id: UUID, post_id: UUID, wanted: bool) -> OpenPost:
    """Also what is locked may be kept, to be opened later."""
    find_post(post_id, user_id)
    if _turn(Bookmark, user_id, post_id, wanted):
        action = Action.BOOKMARKED if wanted else Action.UNBOOKMARKED
        audit.record(action, actor=user_id, subject=("post", post_id))
    return find_post(post_id, user_id)


def _turn(table: type[Like] | type[Bookmark], user_id: UUID, post_id: UUID, wanted: bool) -> bool:
    """Whether it was otherwise before."""
    if wanted:
        row = insert(table).values(user_id=user_id, post_id=post_id, created_at=clock.now())
        return bool(db.session.execute(row.on_conflict_do_nothing()).rowcount)  # type: ignore[attr-defined]
    gone = delete(table).where(table.user_id == user_id, table.post_id == post_id)
    found = db.session.execute(gone.execution_options(synchronize_session=False))
    return bool(found.rowcount)  # type: ignore[attr-defined]
