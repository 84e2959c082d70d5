"""Comments that wait until the creator has looked at them: one statement, however many wait."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ScalarSelect, Select, and_, func, or_, select, tuple_

from app.creators.models import Creator
from app.entitlements.queries import held_by_anybody, hidden_from
from app.entitlements.rules import Kind
from app.extensions import db
from app.posts.models import Comment, Post
from app.posts.places import Place
from app.posts.queries_page import CommentShown, read_comment, spoken

PAGE_SIZE = 25


@dataclass(frozen=True, slots=True)
class Waiting:
    comment: CommentShown
    post_title: str


def waiting(creator_id: UUID, after: Place | None = None) -> tuple[Sequence[Waiting], Place | None]:
    """Who has waited longest first, and where the next page begins."""
    place = (Comment.created_at, Comment.id)
    wanted = (
        spoken(creator_id, hosting=True)
        .add_columns(Post.title)
        .join(Post, Post.id == Comment.post_id)
        .where(Comment.state == "held", Post.id.in_(_readable(creator_id)))
        .order_by(*place)
        .limit(PAGE_SIZE + 1)
    )
    if after is not None:
        wanted = wanted.where(tuple_(*place) > (after.at, after.id))
    rows = db.session.execute(wanted).all()
    found = [Waiting(read_comment(row, creator_id, True), row.title) for row in rows[:PAGE_SIZE]]
    last = found[-1].comment if len(rows) > PAGE_SIZE else None
    return found, Place(last.created_at, last.id) if last else None


def how_many_wait(creator_id: UUID) -> ScalarSelect[int]:
    """As a column of another statement."""
    said = spoken(creator_id, hosting=True).where(
        Comment.state == "held", Comment.post_id.in_(_readable(creator_id))
    )
    counted: ScalarSelect[int] = said.with_only_columns(func.count()).correlate(None).scalar_subquery()
    return counted


def _readable(creator_id: UUID) -> Select[UUID]:
    """Nobody reads comments elsewhere, so that there is nothing to decide. Buyers read on."""
    out = and_(Post.state == "published", Creator.state == "open")
    sold = and_(Post.state != "removed", held_by_anybody(Post.id.expression, Kind.PURCHASE, Kind.GIFT))
    return (
        select(Post.id)
        .join(Creator, Creator.id == Post.creator_id)
        .where(Post.creator_id == creator_id, or_(out, sold), ~hidden_from(None, Post.id.expression))
        .correlate(None)
    )
