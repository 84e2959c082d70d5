"""Posts on the page of the search: by the words that everybody may know of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Flask, render_template
from markupsafe import Markup
from sqlalchemy import Double, Select, and_, case, cast, func, or_, select, tuple_

from app.accounts.models import User
from app.creators import searching
from app.creators.hiding import row_by_row
from app.creators.models import Creator
from app.creators.searching import Place, Question, Section
from app.entitlements.queries import hidden_from
from app.entitlements.rules import Audience
from app.extensions import db
from app.kit.money import readable
from app.kit.text import shortened, whole_tags
from app.platform.web import is_htmx
from app.posts.models import Post
from app.posts.places import EPOCH, MICROSECOND
from app.posts.queries_feed import OUT

MOST = 20
# How many of those that match are ranked.
CANDIDATES = 2_000
BEGINS, SHORT = 1_200, 180
FOUND = (
    Post.id,
    Post.title,
    Post.audience,
    Post.price,
    Post.currency,
    or_(Post.adult, Creator.adult).label("adult"),
    Post.published_at,
    User.display_name,
    User.handle,
)
FOR_WHOM = {Audience.FOLLOWERS: "Followers", Audience.SUBSCRIBERS: "Subscribers"}


@dataclass(frozen=True, slots=True)
class Result:
    """Nothing of a locked one but its title and its teaser, whoever asks."""

    id: UUID
    title: str
    words: str
    display_name: str
    handle: str
    published_at: datetime
    marked: str | None
    adult: bool

    @property
    def href(self) -> str:
        return f"/posts/{self.id}"


def init_app(app: Flask) -> None:
    searching.register(app, Section("posts", 20, _posts))


def find_posts(question: Question) -> tuple[list[Result], Place | None]:
    """One page, and where the next begins. One statement, which reads a bounded number of posts."""
    if not question.tsquery:
        return [], None
    best = _best(question).subquery()
    everybodys = and_(Post.audience == "public", ~Post.adult, ~Creator.adult)
    known = case((everybodys, func.left(Post.body_html, BEGINS)), else_=Post.teaser)
    found = (
        select(*FOUND, known.label("known"), best.c.score)
        .join(best, best.c.id == Post.id)
        .join(User, User.id == Post.creator_id)
        .join(Creator, Creator.id == Post.creator_id)
        .order_by(best.c.score.desc(), Post.published_at.desc(), Post.id.desc())
    )
    rows = db.session.execute(found).all()
    last = rows[MOST - 1] if len(rows) > MOST else None
    after = Place(last.score, float((last.published_at - EPOCH) // MICROSECOND), last.id) if last else None
    return [_result(row) for row in rows[:MOST]], after


def _best(question: Question) -> Select[Any]:
    """Only of these is the text looked at. What this one may not know of takes the place of none."""
    asked, person = func.to_tsquery("simple", question.tsquery), question.viewer_id
    matching = (
        select(Post.id, Post.creator_id, Post.published_at, Post.words)
        .join(Creator, and_(Creator.id == Post.creator_id, Creator.state == "open"))
        .join(User, and_(User.id == Post.creator_id, User.state == "active"))
        .where(Post.words.op("@@")(asked), OUT)
        .where(row_by_row(~hidden_from(person, Post.creator_id.expression)))
        .where(row_by_row(~hidden_from(person, Post.id.expression)))
        .limit(CANDIDATES)
        .subquery()
    )
    post = matching.c
    score = cast(func.ts_rank(post.words, asked), Double)
    order = (score, post.published_at, post.id)
    best = select(post.id, score.label("score")).order_by(*(by.desc() for by in order)).limit(MOST + 1)
    if at := question.after:
        best = best.where(tuple_(*order) < tuple_(at.score, EPOCH + at.then * MICROSECOND, at.id))
    return best


def _posts(question: Question) -> Markup | None:
    results, after = find_posts(question)
    if not results:
        return None
    more = question.onwards("posts", after) if after else None
    name = "posts/_search_posts_page.html" if is_htmx() else "posts/_search_posts.html"
    return Markup(render_template(name, results=results, more=more))  # noqa: S704 - escaped there


def _result(row: Any) -> Result:
    words = " ".join(Markup(whole_tags(row.known)).striptags().split())  # noqa: S704 - shown as plain text
    audience = Audience(row.audience)
    price = readable(row.price, row.currency) if audience is Audience.PAID else None
    return Result(
        row.id,
        row.title,
        shortened(words, SHORT),
        row.display_name,
        row.handle,
        row.published_at,
        FOR_WHOM.get(audience, price),
        row.adult,
    )
