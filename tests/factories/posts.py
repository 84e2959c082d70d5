"""Posts, straight into the tables: fast, and in any shape."""

import itertools
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import update

from app.creators.models import Creator
from app.extensions import db
from app.kit import clock
from app.kit.ids import new_id
from app.media.shown import Described
from app.platform.transaction import transaction
from app.posts.models import Comment, Poll, PollOption, Post

_numbers = itertools.count(1)


def a_post(app: Flask, creator_id: UUID, **values: Any) -> UUID:
    """Published and public unless `values` say otherwise; the creator's page is made when there is none."""
    return some_posts(app, creator_id, 1, **values)[0]


def some_posts(app: Flask, creator_id: UUID, count: int, **values: Any) -> list[UUID]:
    """The oldest first, a moment apart."""
    with app.app_context(), transaction():
        _open_page(creator_id)
        posts = [_post(creator_id, values) for _ in range(count)]
        db.session.add_all(posts)
        db.session.flush()
        published = sum(post.state == "published" for post in posts)
        db.session.execute(
            update(Creator).where(Creator.id == creator_id).values(posts=Creator.posts + published)
        )
        return [post.id for post in posts]


def some_comments(
    app: Flask, post_id: UUID, user_id: UUID, bodies: Sequence[str], *, state: str = "shown"
) -> list[UUID]:
    """The oldest first, counted on the post as the product does."""
    with app.app_context(), transaction():
        comments = [
            Comment(
                id=new_id(), post_id=post_id, user_id=user_id, body=body, state=state, created_at=clock.now()
            )
            for body in bodies
        ]
        db.session.add_all(comments)
        if state == "shown":
            more = {"comments": Post.comments + len(comments)}
            db.session.execute(update(Post).where(Post.id == post_id).values(more))
        return [comment.id for comment in comments]


def a_poll(
    app: Flask,
    post_id: UUID,
    options: Sequence[str] = ("Sea", "Hills"),
    *,
    several: bool = False,
    closes_at: datetime | None = None,
) -> list[UUID]:
    """The options' ids."""
    with app.app_context(), transaction():
        db.session.add(Poll(post_id=post_id, question="Where to next?", several=several, closes_at=closes_at))
        db.session.flush()
        rows = [
            PollOption(id=new_id(), post_id=post_id, position=position, label=label)
            for position, label in enumerate(options)
        ]
        db.session.add_all(rows)
        return [row.id for row in rows]


def pretended(kind: str = "image", *, public: bool = False, alt: str = "A boat") -> Described:
    """A picture, video or audio as media describes it, with nothing behind its addresses."""
    media_id, secret = new_id(), "a-secret-of-tests"
    files = {
        "image": {"w320": (320, 240), "w800": (800, 600), "w1600": (1600, 1200), "teaser": (32, 24)},
        "video": {"poster": (800, 450), "teaser": (32, 18), "mp4": (1280, 720)},
        "audio": {"audio": (0, 0)},
    }[kind]
    return {
        "id": str(media_id),
        "kind": kind,
        "w": 1600,
        "h": 1200,
        "ms": None if kind == "image" else 65_000,
        "color": "#b4532a",
        "alt": alt,
        "public": public,
        "secret": secret,
        "names": {
            name: {"key": f"media/{media_id}/{name}.bin", "w": width, "h": height, "type": "", "bytes": 1_000}
            for name, (width, height) in files.items()
        },
    }


def _post(creator_id: UUID, values: dict[str, Any]) -> Post:
    number = next(_numbers)
    given = {"title": f"Post {number}", "body": "Words.", "body_html": "<p>Words.</p>", **values}
    if given.setdefault("state", "published") == "published":
        given.setdefault("published_at", clock.now())
    return Post(id=new_id(), creator_id=creator_id, **given)


def _open_page(creator_id: UUID) -> None:
    if db.session.get(Creator, creator_id) is None:
        db.session.add(Creator(id=creator_id))
        db.session.flush()
