"""How the house of demo mode fills: people at once, pages piece by piece, also after a worker was killed."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import create_app
from app.config import Settings
from app.creators.models import Creator, Follow
from app.demo import drawing_room, jobs, plans, rows
from app.demo.made_ids import Edition
from app.entitlements.models import Grant
from app.extensions import db
from app.kit import clock
from app.media.models import Media
from app.platform import work
from app.platform.models import WorkItem
from app.platform.transaction import transaction
from tests.demo.conftest import SMALL, posts_of, seed

pytestmark = pytest.mark.timeout(300)


def test_who_wants_the_people_only_gets_no_posts(app: Flask, settings: Settings) -> None:
    bare = create_app(settings.model_copy(update={"demo_posts": False}))
    assert "follow" not in seed(bare)
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Creator)) == 56
        asked = select(func.count()).where(WorkItem.kind == jobs.FILL)
        assert db.session.scalar(asked) == 0


def test_people_pages_and_ties_are_there_at_once(begun: Flask) -> None:
    with begun.app_context():
        pages = list(db.session.scalars(select(Creator)))
        assert len(pages) == 56
        assert all(page.headline and page.about_html and page.categories and page.trigrams for page in pages)
        followed = select(Follow.creator_id, func.count().label("times")).group_by(Follow.creator_id)
        follows = {row.creator_id: row.times for row in db.session.execute(followed)}
        assert {page.id: page.followers for page in pages} == follows
        granted = select(func.count()).where(Grant.kind == "follow")
        assert db.session.scalar(granted) == sum(follows.values())
        asked = select(func.count()).where(WorkItem.kind == jobs.FILL)
        assert db.session.scalar(asked) == 12


@pytest.mark.fault_long
def test_it_goes_on_after_it_was_killed_in_the_middle(begun: Flask) -> None:
    with begun.app_context():
        edition = Edition(clock.now())
        page = plans.plan(SMALL, edition)
        with transaction():
            rows.put_media(page, drawing_room.lay(page.media[:3]))
        payload = {"pages": [SMALL], "at": edition.at.isoformat()}
        with transaction():
            piece = work.enqueue(jobs.FILL, payload)
        assert piece
        work.run(piece)
        assert len(posts_of(SMALL)) == 6
        made = db.session.scalar(select(func.count()).where(Media.user_id == page.creator_id))
        assert made == len(page.media)
