"""Who counts as popular, after the scheduler reckoned it."""

from datetime import timedelta

from flask import Flask

from app.creators.models import Creator
from app.extensions import db
from app.kit import clock
from app.platform import schedule
from app.platform.transaction import transaction
from app.posts import reporting
from tests.factories.creators import a_creator, some_followers
from tests.factories.people import Person
from tests.factories.posts import a_post, some_posts
from tests.page_client import PageClient
from tests.queries import counting

NAMES = ".creator h2"


def reckon(app: Flask) -> None:
    job = next(job for job in schedule.jobs() if job.name == "creators.popularity")
    with app.app_context():
        assert schedule.run(job)


def popularity(app: Flask, creator: Person) -> float:
    with app.app_context():
        return float(db.session.get_one(Creator, creator.id).popularity)


def test_followers_and_lively_pages_come_first(app: Flask, page: PageClient) -> None:
    quiet, followed, lively = a_creator(app, "quiet"), a_creator(app, "followed"), a_creator(app, "lively")
    some_followers(app, followed, 3)
    some_posts(app, lively.id, 4, likes=30)
    reckon(app)
    shown = [name.get_text(strip=True) for name in page.get("/creators").soup.select(NAMES)]
    assert shown == ["Lively", "Followed", "Quiet"]
    assert popularity(app, quiet) == 0


def test_what_was_liked_fades(app: Flask) -> None:
    now = clock.now()
    fresh, older, old = a_creator(app), a_creator(app), a_creator(app)
    a_post(app, fresh.id, likes=50, published_at=now)
    a_post(app, older.id, likes=50, published_at=now - timedelta(days=7))
    a_post(app, old.id, likes=5_000, published_at=now - timedelta(days=31))
    reckon(app)
    assert popularity(app, fresh) > popularity(app, older) > popularity(app, old) == 0


def test_a_flood_of_posts_does_not_outweigh_a_good_one(app: Flask) -> None:
    many, good = a_creator(app), a_creator(app)
    some_posts(app, many.id, 12)
    some_posts(app, good.id, 3, likes=400)
    reckon(app)
    assert popularity(app, good) > popularity(app, many)


def test_what_was_taken_down_makes_nobody_popular_until_it_is_put_back(app: Flask) -> None:
    creator = a_creator(app)
    post = a_post(app, creator.id, likes=50)
    with app.app_context(), transaction():
        reporting.take_post_down(post)
    reckon(app)
    assert popularity(app, creator) == 0
    with app.app_context(), transaction():
        reporting.put_post_back(post)
    reckon(app)
    assert popularity(app, creator) > 0


def test_it_takes_one_statement_and_leaves_alone_what_is_so_already(app: Flask) -> None:
    for _ in range(5):
        some_posts(app, a_creator(app).id, 2)
    with counting(app) as sent:
        reckon(app)
    assert len([statement for statement in sent if "creators" in statement]) == 1
    with app.app_context():
        before = db.session.execute(db.text("select xmin::text, id from creators order by id")).all()
    reckon(app)
    with app.app_context():
        assert db.session.execute(db.text("select xmin::text, id from creators order by id")).all() == before
