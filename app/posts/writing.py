"""What writing needs to be known elsewhere: news of media, the desk's door, what goes after a month."""

from datetime import datetime
from uuid import UUID

from flask import Flask

from app.accounts import standing
from app.creators import figures as desk_figures
from app.creators import ties
from app.media import holders
from app.platform import audit
from app.platform.audit import Action
from app.platform.navigation import Door, add_door
from app.platform.viewer import Role
from app.posts import figures, jobs, queries, showing
from app.posts.forms.editor import fields_of
from app.posts.operations import publishing, reranking


def init_app(app: Flask) -> None:
    holders.on_change(jobs.media_changed)
    holders.tell_places(showing.places)
    standing.on_taken_back(_take_back)
    ties.on_reranked(reranking.rerank)
    desk_figures.register(app, figures.figures)
    jobs.register_cleanup()
    add_door(app, "dashboard", Door("Posts", "post", "/dashboard/posts", 20, Role.CREATOR))


def _take_back(user_id: UUID, since: datetime) -> list[str]:
    """What was scheduled goes out by itself no more: nobody knows whose words it has."""
    waiting = queries.lock_scheduled(user_id)
    by_then = audit.done_since(since, Action.POST_SCHEDULED, actor=user_id)
    planted = [post for post in waiting if str(post.id) in by_then]
    for post in planted:
        fields = fields_of(post, queries.poll_of(post.id), queries.tiers_of(user_id, post))
        publishing.take_back(user_id, post.id, fields)
    return [f"The scheduled post {post.title}".rstrip() + "; it is a draft again" for post in planted]
