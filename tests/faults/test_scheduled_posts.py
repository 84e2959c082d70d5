"""A scheduled post goes out once, to the minute: with two schedulers, and when one dies while it is at it."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from app.config import Settings
from app.creators.models import Creator
from app.extensions import db
from app.kit import clock
from app.platform.models import AuditRecord
from app.posts.models import Post
from tests.factories.creators import a_creator
from tests.factories.posts import some_posts
from tests.faults import processes
from tests.support import eventually

# A busy machine may take its time to start a process.
START_SECONDS = 60
MINUTE = timedelta(minutes=1)
WAITING = text("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and state = 'active'")


class Schedulers:
    def __init__(self, settings: Settings) -> None:
        self._env = processes.environment(settings)
        self._open = ExitStack()

    def start(self) -> processes.Started:
        return self._open.enter_context(processes.start("workers.scheduler", self._env))

    def close(self) -> None:
        self._open.close()


@pytest.fixture
def schedulers(context: Flask, settings: Settings) -> Iterator[Schedulers]:
    started = Schedulers(settings)
    yield started
    started.close()


def went_out() -> list[str]:
    """Each post as often as it went out."""
    found = select(AuditRecord.subject_id).where(AuditRecord.action == "post.published")
    return list(db.session.scalars(found))


def counted(creator_id: UUID) -> int | None:
    return db.session.scalar(select(Creator.posts).where(Creator.id == creator_id))


def all_out() -> bool:
    waiting = select(func.count()).where(Post.state == "scheduled")
    return db.session.scalar(waiting) == 0


@pytest.mark.fault_long
def test_two_schedulers_publish_each_post_once_and_in_its_minute(
    context: Flask, schedulers: Schedulers
) -> None:
    creator_id = a_creator(context).id
    for _ in range(2):
        schedulers.start()
    due = clock.now() + timedelta(seconds=3)
    posts = some_posts(context, creator_id, 30, state="scheduled", publish_at=due)
    eventually(all_out, within=START_SECONDS)
    assert sorted(went_out()) == sorted(map(str, posts))
    assert counted(creator_id) == len(posts)
    for at in db.session.scalars(select(Post.published_at)):
        assert at is not None
        assert due <= at < due + MINUTE


def test_a_scheduler_killed_while_it_publishes_leaves_it_to_the_next(
    context: Flask, schedulers: Schedulers
) -> None:
    creator_id = a_creator(context).id
    posts = some_posts(context, creator_id, 3, state="scheduled", publish_at=clock.now())
    with db.engine.connect() as holder:
        # It comes as far as the count of the page's posts, and no further.
        holder.execute(select(Creator).where(Creator.id == creator_id).with_for_update())
        first = schedulers.start()
        eventually(lambda: db.session.scalar(WAITING), within=START_SECONDS)
        first.kill()
        first.wait()
        schedulers.start()
        holder.rollback()
    eventually(all_out, within=START_SECONDS)
    assert sorted(went_out()) == sorted(map(str, posts))
    assert counted(creator_id) == len(posts)
