"""What posts do by the clock and in the background."""

from uuid import UUID

from sqlalchemy import and_

from app.media.shown import Described
from app.moderation.queries import undecided
from app.platform import cleanup, schedule, work
from app.platform.transaction import transaction
from app.platform.work import Payload
from app.posts.models import Post
from app.posts.operations import editing, publishing, spreading
from app.posts.reporting import POST

REMOVED_FOR_DAYS = 30
DUE = "posts.publish_due"
REFRESH = "posts.refresh_media"


@schedule.every(5, DUE)
def publish_due() -> None:
    if publishing.publish_due() == publishing.AT_ONCE:
        # There may be more, and other jobs have their turn before.
        with transaction():
            schedule.hurry(DUE)


@work.handler(REFRESH)
def refresh_media(payload: Payload) -> None:
    editing.refresh_media(UUID(payload["media_id"]))


@work.handler(spreading.SPREAD)
def spread(payload: Payload) -> None:
    spreading.spread(UUID(payload["post_id"]), UUID(payload["after"]))


def media_changed(described: Described) -> None:
    """Not here and now: whoever changes media holds its lock, and posts are locked before their media."""
    work.enqueue(REFRESH, {"media_id": described["id"]})


def register_cleanup() -> None:
    # With it would go what moderators have to see: while somebody has to decide about a post, it stays.
    done_with = and_(Post.state == "removed", Post.id.not_in(undecided(POST)))
    cleanup.keep(Post.saved_at, days=REMOVED_FOR_DAYS, only=done_with)
