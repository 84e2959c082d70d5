"""A post is deleted: gone for everybody at once, and from the tables a month later."""

from uuid import UUID

from sqlalchemy import delete

from app.extensions import db
from app.kit import clock
from app.media.operations import holding
from app.platform import audit
from app.platform.audit import Action
from app.posts import queries
from app.posts.models import PostMedia
from app.posts.operations import drafts, publishing


def remove(creator_id: UUID, post_id: UUID) -> None:
    post = drafts.mine(creator_id, post_id)
    was_out = post.state == "published"
    media = queries.media_of(post_id)
    post.state, post.publish_at, post.pinned_at = "removed", None, None
    post.version += 1
    # Should a report have taken them down, they come back when it is dismissed.
    post.working = {drafts.HELD: [str(one) for one in media]}
    # What is removed is kept for a month from here on.
    post.saved_at = clock.now()
    if was_out:
        publishing.came_in(post)
    db.session.execute(delete(PostMedia).where(PostMedia.post_id == post_id))
    holding.release(media)
    audit.record(Action.POST_REMOVED, actor=creator_id, subject=("post", post_id))
