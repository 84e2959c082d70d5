"""Followers, and those whom a creator does not want here."""

import pytest
from flask import Flask

from app.accounts.models import User
from app.extensions import db
from app.kit.ids import new_id
from app.platform.transaction import transaction
from tests.creators.desk import a_desk
from tests.factories.creators import a_creator, blocks, follows, some_followers
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import Page
from tests.queries import counting

PEOPLE, BLOCKED = "/dashboard/people", "/dashboard/people/blocked"
GUARD = 1


def handles(page: Page) -> list[str]:
    return [str(one["href"]).removeprefix("/@") for one in page.soup.select("main .rows a.name")]


def rename(app: Flask, person: Person, name: str) -> None:
    with app.app_context(), transaction():
        db.session.get_one(User, person.id).display_name = name


def test_followers_stand_there_the_newest_first_page_by_page(app: Flask) -> None:
    desk = a_desk(app)
    fans = some_followers(app, desk.person, 35)
    first = desk.page.get(PEOPLE)
    second = desk.page.get(str(first.one("a[rel=next]")["href"]))
    assert handles(first) + handles(second) == [fan.handle for fan in reversed(fans)]
    assert second.soup.select("a[rel=next]") == []


@pytest.mark.parametrize("words", ["lea", "@LEA", "ليا", "under_", "%"])
def test_people_are_found_by_handle_and_name(app: Flask, words: str) -> None:
    desk, lea, other = a_desk(app), a_person(app, "lea_under"), a_person(app, "zoe")
    rename(app, lea, "ليا under_ 100%")
    for fan in (lea, other):
        follows(app, fan, desk.person)
    assert handles(desk.page.get(f"{PEOPLE}?q={words}")) == ["lea_under"]


AN_ID = "01a1ff1d-aeb1-7177-81bb-ee69d9e8ac30"


@pytest.mark.parametrize("place", ["x", "1_2", f"nan_{AN_ID}", f"{'9' * 400}_{AN_ID}", "👀"])
def test_a_place_that_is_none_begins_at_the_top(app: Flask, place: str) -> None:
    desk = a_desk(app)
    some_followers(app, desk.person, 1)
    assert len(handles(desk.page.get(f"{PEOPLE}?after={place}"))) == 1


def test_somebody_is_blocked_and_let_in_again(app: Flask) -> None:
    desk, fan = a_desk(app, "mara"), a_person(app, "lea")
    follows(app, fan, desk.person)
    asked = desk.page.get(str(desk.page.get(PEOPLE).one("a[href*='/block?']")["href"]))
    assert "They are not told" in asked.text
    desk.page.send(asked.form(f"{PEOPLE}/{fan.id}/block"))
    assert handles(desk.page.get(PEOPLE)) == []
    assert handles(desk.page.get(BLOCKED)) == ["lea"]
    visitor = signed_in(app, fan)
    assert visitor.get("/@mara").status == 404
    desk.press(BLOCKED, f"{PEOPLE}/{fan.id}/unblock")
    assert visitor.get("/@mara").has_form("/@mara/follow")


def test_somebody_is_blocked_by_handle(app: Flask) -> None:
    desk, fan = a_desk(app), a_person(app, "lea")
    desk.press(BLOCKED, f"{PEOPLE}/block", handle=f" @{fan.handle.upper()} ")
    assert handles(desk.page.get(BLOCKED)) == ["lea"]


@pytest.mark.parametrize("handle", ["", "nobody_here", "x" * 40, "👀"])
def test_a_handle_that_nobody_has_is_said_beside_the_field(app: Flask, handle: str) -> None:
    answer = a_desk(app).press(BLOCKED, f"{PEOPLE}/block", handle=handle)
    assert (answer.status, list(answer.errors)) == (422, ["handle"])


def test_nobody_blocks_themselves_or_nobody(app: Flask) -> None:
    desk = a_desk(app, "mara")
    assert desk.press(BLOCKED, f"{PEOPLE}/block", handle="mara").status == 422
    fields = desk.page.get(BLOCKED).form(f"{PEOPLE}/block").fields
    for user_id, status in ((desk.person.id, 422), (new_id(), 404), (a_person(app, verified=False).id, 404)):
        path = f"{PEOPLE}/{user_id}/block"
        assert desk.page.post(path, fields | {"idempotency_key": str(user_id)}).status == status
    assert handles(desk.page.get(BLOCKED)) == []


def test_everybody_blocks_for_themselves(app: Flask) -> None:
    desk, fan = a_desk(app, "mara"), a_person(app)
    other = a_creator(app)
    blocks(app, other, fan)
    signed = signed_in(app, desk.person)
    fields = signed.get(BLOCKED).form(f"{PEOPLE}/block").fields
    signed.post(f"{PEOPLE}/{fan.id}/unblock", fields)
    assert signed_in(app, fan).get(f"/@{other.handle}").status == 404


def test_who_has_left_is_not_listed(app: Flask) -> None:
    desk, fan = a_desk(app), a_person(app)
    follows(app, fan, desk.person)
    with app.app_context(), transaction():
        db.session.get_one(User, fan.id).state = "suspended"
    assert handles(desk.page.get(PEOPLE)) == []


def test_the_list_sends_as_many_statements_however_many_follow(app: Flask) -> None:
    sent = []
    for count in (5, 50):
        desk = a_desk(app)
        some_followers(app, desk.person, count)
        desk.page.get(PEOPLE)
        with counting(app) as statements:
            desk.page.get(PEOPLE)
        sent.append(len(statements))
    assert sent[0] == sent[1] <= 6 + GUARD
