"""How a creator's posts go, for the overview of their dashboard."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from app.creators.figures import Figure
from app.extensions import db
from app.kit import clock
from app.posts.models import Post

LATELY = timedelta(days=30)


def figures(creator_id: UUID) -> list[Figure]:
    recent = Post.published_at >= clock.now() - LATELY
    count, new, views, likes, comments = db.session.execute(
        select(
            func.count(),
            func.count().filter(recent),
            func.coalesce(func.sum(Post.views), 0),
            func.coalesce(func.sum(Post.likes), 0),
            func.coalesce(func.sum(Post.comments), 0),
        ).where(Post.creator_id == creator_id, Post.state == "published")
    ).one()
    said = f"{new} new in 30 days" if new else "None new in 30 days"
    return [
        Figure("Posts", count, said, up=new > 0),
        Figure("Views", int(views)),
        Figure("Likes", int(likes), f"and {comments:,} {'comment' if comments == 1 else 'comments'}"),
    ]
