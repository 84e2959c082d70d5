"""Comments that wait for their creator: told on the dashboard, decided in a list."""

import pytest
from flask import Flask
from sqlalchemy import update

from app.accounts.models import User
from app.creators.models import Creator
from app.entitlements.operations import grants
from app.entitlements.rules import Closed, Kind
from app.extensions import db
from app.kit import clock
from app.platform.transaction import transaction
from app.posts.models import Comment, Post
from app.posts.queries_waiting import PAGE_SIZE
from tests.factories.creators import a_creator
from tests.factories.people import Person, a_person, signed_in
from tests.factories.posts import a_post, some_comments
from tests.page_client import PageClient
from tests.queries import counting

LIST = "/dashboard/posts/comments"


@pytest.fixture
def mara(app: Flask) -> Person:
    return a_creator(app, "mara")


@pytest.fixture
def host(app: Flask, mara: Person) -> PageClient:
    return signed_in(app, mara)


def said(page: PageClient, path: str = LIST) -> list[str]:
    return [one.get_text() for one in page.get(path).soup.select("li.comment .said")]


def figures(page: PageClient) -> str:
    return page.get("/dashboard").one(".stats").get_text(" ")


def test_the_dashboard_says_how_many_wait_and_leads_to_them(
    app: Flask, mara: Person, host: PageClient
) -> None:
    post = a_post(app, mara.id, title="Night trains")
    some_comments(app, post, mara.id, ["Lovely"])
    assert "wait" not in figures(host)
    some_comments(app, post, a_person(app, "ben").id, ["One", "Two", "Three"], state="held")
    dashboard = host.get("/dashboard")
    assert "Comments that wait 3" in dashboard.one(f'a.stat[href="{LIST}"]').get_text(" ")
    assert said(host) == ["One", "Two", "Three"]
    assert "Night trains" in host.get(LIST).text
    assert "Comments3" in host.get("/dashboard/posts").one(".tabs").get_text()


def test_nothing_waits(host: PageClient) -> None:
    assert "No comment waits" in host.get(LIST).text


@pytest.mark.parametrize("what", ["show", "delete"])
def test_each_is_shown_or_deleted_from_the_list(
    app: Flask, mara: Person, host: PageClient, what: str
) -> None:
    post = a_post(app, mara.id)
    first, second = some_comments(app, post, a_person(app, "ben").id, ["First", "Second"], state="held")
    answer = host.send(host.get(LIST).form(f"/comments/{first}/{what}"), follow=False)
    assert answer.location == LIST
    assert said(host) == ["Second"]
    with app.app_context():
        assert db.session.get_one(Comment, first).state == {"show": "shown", "delete": "deleted"}[what]
        assert db.session.get_one(Comment, second).state == "held"
        assert db.session.get_one(Post, post).comments == (what == "show")


def test_who_is_blocked_from_the_list_is_asked_about_first(
    app: Flask, mara: Person, host: PageClient
) -> None:
    ben = a_person(app, "ben")
    post = a_post(app, mara.id)
    comment = some_comments(app, post, ben.id, ["Rude"], state="held")[0]
    asks = str(host.get(LIST).one(f'a[href^="/comments/{comment}/block"]')["href"])
    answer = host.send(host.get(asks).form(f"/comments/{comment}/block"), follow=False)
    assert answer.location == LIST
    assert said(host) == []
    assert signed_in(app, ben).get(f"/posts/{post}").status == 404


def test_the_question_leads_nowhere_else(app: Flask, mara: Person, host: PageClient) -> None:
    comment = some_comments(app, a_post(app, mara.id), a_person(app, "ben").id, ["Rude"], state="held")[0]
    asked = host.get(f"/comments/{comment}/block?next=https://elsewhere.test/")
    assert "elsewhere" not in asked.html


def test_only_ones_own_are_listed_and_only_where_they_are_read(
    app: Flask, mara: Person, host: PageClient
) -> None:
    ben, other = a_person(app, "ben"), a_creator(app, "other")
    some_comments(app, a_post(app, other.id), ben.id, ["On another page"], state="held")
    some_comments(app, a_post(app, mara.id, state="unpublished"), ben.id, ["Taken back"], state="held")
    down = a_post(app, mara.id)
    some_comments(app, down, ben.id, ["Under what was taken down"], state="held")
    with app.app_context(), transaction():
        grants.deny(down, Closed.TAKEDOWN, cause="report")
    gone = a_person(app, "gone")
    some_comments(app, a_post(app, mara.id), gone.id, ["By somebody suspended"], state="held")
    some_comments(app, a_post(app, mara.id), ben.id, ["Hidden"], state="hidden")
    with app.app_context(), transaction():
        db.session.execute(update(User).where(User.id == gone.id).values(state="suspended"))
    assert said(host) == []
    assert "wait" not in figures(host)


def test_a_closed_page_has_nothing_to_decide(app: Flask, mara: Person, host: PageClient) -> None:
    some_comments(app, a_post(app, mara.id), a_person(app, "ben").id, ["Waits"], state="held")
    with app.app_context(), transaction():
        db.session.execute(update(Creator).where(Creator.id == mara.id).values(state="closed"))
    assert said(host) == []
    assert "Comments that wait" not in figures(host)


def test_what_buyers_say_waits_also_where_nobody_else_reads_it(
    app: Flask, mara: Person, host: PageClient
) -> None:
    ben = a_person(app, "ben")
    post = a_post(app, mara.id, state="unpublished", published_at=clock.now())
    said_there = some_comments(app, post, ben.id, ["Where did it go?"], state="held")[0]
    with app.app_context(), transaction():
        grants.grant(ben.id, post, Kind.PURCHASE, cause="invoice-line:1")
        db.session.execute(update(Creator).where(Creator.id == mara.id).values(state="closed"))
    assert said(host) == ["Where did it go?"]
    assert "Comments that wait 1" in figures(host).replace("  ", " ")
    answer = host.send(host.get(LIST).form(f"/comments/{said_there}/show"))
    assert "The comment is shown now." in answer.text
    assert said(host) == []


def test_many_are_read_page_by_page_in_as_many_statements_as_few(
    app: Flask, mara: Person, host: PageClient
) -> None:
    post, ben = a_post(app, mara.id), a_person(app, "ben")
    some_comments(app, post, ben.id, ["Nr 0"], state="held")
    host.get(LIST)
    few = statements(app, host)
    words = [f"Nr {number}" for number in range(1, 2 * PAGE_SIZE)]
    some_comments(app, post, ben.id, words, state="held")
    first = host.get(LIST)
    onwards = str(first.one('a[rel="next"]')["href"])
    assert said(host) + said(host, onwards) == ["Nr 0", *words]
    assert statements(app, host) == few
    second = host.get(onwards)
    assert not second.soup.select('a[rel="next"]')
    form = next(one for one in second.soup.select("form") if str(one["action"]).endswith("/show"))
    assert form.select_one(f'[name="next"][value="{onwards}"]'), "one comes back to where one was"


def statements(app: Flask, page: PageClient) -> int:
    with counting(app) as sent:
        assert page.get(LIST).status == 200
    return len(sent)


def test_only_a_creator_has_the_list(app: Flask, page: PageClient) -> None:
    assert signed_in(app).get(LIST, follow=False).status in {303, 403}
    assert page.get(LIST, follow=False).status == 303
