"""How a creator's posts go, for the overview of their dashboard."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from app.creators.figures import Figure
from app.extensions import db
from app.kit import clock
from app.posts.models import Post
from app.posts.queries_waiting import how_many_wait

LATELY = timedelta(days=30)
WAITING = "/dashboard/posts/comments"


def figures(creator_id: UUID) -> list[Figure]:
    recent = Post.published_at >= clock.now() - LATELY
    count, new, views, likes, comments, waiting = db.session.execute(
        select(
            func.count(),
            func.count().filter(recent),
            func.coalesce(func.sum(Post.views), 0),
            func.coalesce(func.sum(Post.likes), 0),
            func.coalesce(func.sum(Post.comments), 0),
            how_many_wait(creator_id),
        ).where(Post.creator_id == creator_id, Post.state == "published")
    ).one()
    said = f"{new} new in 30 days" if new else "None new in 30 days"
    shown = [
        Figure("Posts", count, said, up=new > 0),
        Figure("Views", int(views)),
        Figure("Likes", int(likes), f"and {comments:,} {'comment' if comments == 1 else 'comments'}"),
    ]
    if waiting:
        shown.append(Figure("Comments that wait", waiting, "Look at them", href=WAITING))
    return shown
