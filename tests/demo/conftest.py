"""A house that many tests look at and none changes; and what they ask of it."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.creators.models import Follow
from app.demo import jobs
from app.demo.people import creators
from app.entitlements.models import Grant
from app.extensions import db
from app.kit import clock
from app.media.models import Media
from app.moderation.models import Report
from app.platform import work
from app.platform.models import WorkItem
from app.platform.transaction import transaction
from app.posts.models import Bookmark, Comment, Like, PollVote, Post, PostMedia
from tests.conftest import emptied

# Pictures, a poll and gated posts; and one with tunes, to which the demo's fan subscribes.
SMALL, SOUNDING = "tuesday_cat", "kofi_keys"
# With marked pictures, which the fan subscribes to as well; and one where somebody was rude.
MARKING, RUDE = "loom_and_code", "stopmotion_sid"


@pytest.fixture(scope="module")
def house(whole_app: Flask) -> Flask:
    """With a few of its pages full. To make it takes seconds, so that a file of tests looks at the same."""
    app = emptied(whole_app)
    seed(app)
    fill(app, SMALL, SOUNDING, MARKING, RUDE)
    return app


@pytest.fixture(scope="module")
def begun(whole_app: Flask) -> Flask:
    """With people, pages, ties and talk, and without what is drawn. To put them in takes seconds as well."""
    app = emptied(whole_app)
    assert "Pictures and posts follow" in seed(app)
    return app


def seed(app: Flask) -> str:
    result = app.test_cli_runner().invoke(args=["demo", "seed"])
    assert result.exit_code == 0, result.output
    return result.output


def fill(app: Flask, *handles: str) -> None:
    with app.app_context():
        with transaction():
            piece = work.enqueue(jobs.FILL, {"pages": list(handles), "at": clock.now().isoformat()})
        assert piece
        work.run(piece)
        assert db.session.get_one(WorkItem, piece, populate_existing=True).state == "done"


def sell(app: Flask, handle: str) -> None:
    """That piece alone: the others would fill the whole house."""
    with app.app_context(), transaction():
        jobs.sell({"page": handle, "at": clock.now().isoformat()})


def counts(app: Flask) -> dict[str, int]:
    tables = (Post, PostMedia, Media, Like, Bookmark, Comment, PollVote, Grant, Follow, Report)
    with app.app_context():
        return {
            table.__tablename__: db.session.scalar(select(func.count()).select_from(table)) or 0
            for table in tables
        }


def posts_of(handle: str) -> list[Post]:
    return list(db.session.scalars(select(Post).where(Post.creator_id == creators()[handle].id)))
