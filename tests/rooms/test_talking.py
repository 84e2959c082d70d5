"""What is said in a room: by whom, in which order, once, and at which pace."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask

from app.creators.models import Creator
from app.extensions import db
from app.kit import clock
from app.kit.clock import FixedClock
from app.platform.limits.quotas import ROOM_A_MINUTE
from app.platform.transaction import transaction
from app.rooms.queries import AT_ONCE, CHANGES_MOST
from tests.factories.creators import a_creator
from tests.factories.people import Person, a_person, signed_in
from tests.queries import counting
from tests.rooms.rooms import (
    HTMX,
    a_room,
    all_said,
    came_long_ago,
    id_of,
    say,
    says,
    subscribes,
    words_of,
)


def test_what_is_said_is_read_by_all_the_same(app: Flask, mara: Person, ben: Person, room: str) -> None:
    say(signed_in(app, mara), room, "Good evening")
    say(signed_in(app, ben), room, "Good evening!\nIs the oven on?")
    pages = [signed_in(app, person).get(room) for person in (mara, ben)]
    assert words_of(pages[0]) == ["Good evening", "Good evening!\nIs the oven on?"]
    assert len({str(page.one("ol[data-room]").find_all("li")) for page in pages}) == 1
    assert "Host" in pages[1].one("#m-1").get_text()
    assert "Host" not in pages[1].one("#m-2").get_text()


def test_words_are_sealed_where_they_lie(app: Flask, ben: Person, room: str) -> None:
    say(signed_in(app, ben), room, "The lantern is under the stairs")
    with app.app_context():
        stored = db.session.execute(db.text("select m::text from room_messages m")).scalar_one()
    assert "lantern" not in stored


def test_markup_stays_words_and_addresses_become_links(app: Flask, ben: Person, room: str) -> None:
    hostile = '<script>alert(1)</script><img src=x onerror=alert(1)> javascript:x https://example.com/"x'
    page = say(signed_in(app, ben), room, hostile)
    line = page.one("#m-1 p.said")
    assert line.get_text() == hostile
    assert not line.select("script, img")
    assert [(link["href"], "nofollow" in link["rel"]) for link in line.select("a")] == [
        ("https://example.com/", True)
    ]


@pytest.mark.parametrize("nothing", ["", "   ", "\u200b⁠"])
def test_nothing_is_not_said(app: Flask, ben: Person, room: str, nothing: str) -> None:
    refused = say(signed_in(app, ben), room, nothing)
    assert refused.status == 422 and refused.errors["body"]
    assert all_said(app) == []


def test_the_same_form_says_it_once(app: Flask, ben: Person, room: str) -> None:
    tabs = [signed_in(app, ben) for _ in range(4)]
    forms = [tab.get(room).form(room).fill(body="Once", idempotency_key="a-key") for tab in tabs]
    with ThreadPoolExecutor(4) as threads:
        sent = [threads.submit(tab.send, form) for tab, form in zip(tabs, forms, strict=True)]
        assert {one.result().status for one in sent} == {200}
    assert all_said(app) == [(1, "Once")]


def test_a_key_counts_also_when_the_house_has_forgotten_the_form(app: Flask, ben: Person, room: str) -> None:
    assert [says(app, ben, room, "Once", "a-key") for _ in range(2)] == [1, 1]
    assert says(app, ben, room, "Another", "another-key") == 2


def test_many_at_once_have_one_order_without_gaps(app: Flask, mara: Person, room: str) -> None:
    people = [a_person(app) for _ in range(4)]
    for person in people:
        subscribes(app, person, mara)
    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(says, app, people[n % 4], room, f"Line {n}") for n in range(24)]:
            done.result()
    assert [seq for seq, _ in all_said(app)] == list(range(1, 25))
    assert {words for _, words in all_said(app)} == {f"Line {n}" for n in range(24)}


def test_what_was_said_before_is_a_link_away(app: Flask, ben: Person, room: str) -> None:
    for number in range(AT_ONCE + 5):
        says(app, ben, room, f"Line {number}")
    fan = signed_in(app, ben)
    last = fan.get(room)
    assert words_of(last)[0] == "Line 5"
    earlier = fan.get(str(last.one("[data-earlier] a")["href"]))
    assert words_of(earlier) == [f"Line {n}" for n in range(5)]
    assert words_of(fan.get(str(earlier.one("[data-later] a")["href"])))[0] == "Line 5"
    assert "Line 20" in words_of(fan.get(f"{room}?around=21"))


def test_a_page_of_the_past_takes_nothing_that_is_said_after_it(app: Flask, ben: Person, room: str) -> None:
    for number in range(AT_ONCE + 5):
        says(app, ben, room, f"Line {number}")
    thread = signed_in(app, ben).get(f"{room}?before=6").one("ol[data-room]")
    assert "data-past" in thread.attrs
    assert thread["data-last"] == thread.select("li[data-seq]")[-1]["data-seq"] == "5"


def test_a_page_sends_the_same_statements_however_much_was_said(app: Flask, ben: Person, room: str) -> None:
    fan = signed_in(app, ben)
    says(app, ben, room, "One")
    fan.get(room)
    with counting(app) as few:
        fan.get(room)
    for number in range(AT_ONCE):
        says(app, ben, room, f"Line {number}")
    with counting(app) as many:
        fan.get(room)
    assert len(few) == len(many) <= 3


def test_a_page_catches_up_with_what_it_missed(app: Flask, mara: Person, ben: Person, room: str) -> None:
    for number in range(3):
        says(app, ben, room, f"Line {number}")
    host = signed_in(app, mara)
    host.send(host.get(f"{room}/2").form(f"{room}/2/remove"))
    missed = signed_in(app, ben).get(f"{room}/changes?since=1", **HTMX)
    assert words_of(missed) == ["Removed.", "Line 2"]
    assert missed.one("ol")["data-changes"] == "4"
    for number in range(CHANGES_MOST):
        says(app, ben, room, f"More {number}")
    assert signed_in(app, ben).get(f"{room}/changes?since=1", **HTMX).status == 205


def test_a_slow_room_takes_one_message_in_so_many_seconds(app: Flask, mara: Person, ben: Person) -> None:
    room, now = a_room(app, mara, slow_seconds=30), clock.now()
    with clock.using(FixedClock(now)):
        assert say(signed_in(app, ben), room, "One").status == 200
        refused = say(signed_in(app, ben), room, "Two")
        assert refused.status == 422
        assert refused.errors["body"] == "The room is slow: you can write again in 30 seconds."
        assert refused.one("textarea").get_text() == "Two", "what was typed is kept"
        for words in ("Three", "Four"):
            assert say(signed_in(app, mara), room, words).status == 200, "the host is not held up"
    with clock.using(FixedClock(now + timedelta(seconds=30))):
        assert say(signed_in(app, ben), room, "Two").status == 200


def test_a_slow_room_takes_one_of_two_that_come_at_once(app: Flask, mara: Person, ben: Person) -> None:
    room = a_room(app, mara, slow_seconds=300)

    def try_it(number: int) -> int:
        return say(signed_in(app, ben), room, f"Line {number}").status

    with ThreadPoolExecutor(3) as threads:
        assert sorted(threads.map(try_it, range(3))) == [200, 422, 422]
    assert len(all_said(app)) == 1


def test_words_that_the_host_does_not_want_are_not_said(
    app: Flask, mara: Person, ben: Person, room: str
) -> None:
    with app.app_context(), transaction():
        db.session.get_one(Creator, mara.id).blocked_words = ["rotten"]
    refused = say(signed_in(app, ben), room, "What a r0tten, ROTTEN egg")
    assert refused.status == 422 and "not wanted" in refused.errors["body"]
    assert say(signed_in(app, mara), room, "Nobody says rotten here").status == 200


def test_who_has_just_come_sends_nobody_away(app: Flask, mara: Person, room: str) -> None:
    new = a_person(app)
    subscribes(app, new, mara)
    assert "a day after" in say(signed_in(app, new), room, "Look at www.example.com").errors["body"]
    came_long_ago(app, new)
    assert say(signed_in(app, new), room, "Look at www.example.com").status == 200


def test_a_flood_is_told_to_wait(app: Flask, ben: Person, room: str) -> None:
    fan = signed_in(app, ben)
    form = fan.get(room).form(room)
    statuses = [
        fan.send(form.fill(body="Flood", idempotency_key=f"key-{number}"), follow=False).status
        for number in range(ROOM_A_MINUTE + 2)
    ]
    assert statuses == [303] * ROOM_A_MINUTE + [429] * 2


def test_two_rooms_know_nothing_of_each_other(app: Flask, mara: Person, ben: Person, room: str) -> None:
    oskar = a_creator(app, "oskar")
    other = a_room(app, oskar)
    says(app, mara, room, "Here")
    says(app, oskar, other, "There")
    assert words_of(signed_in(app, mara).get(room)) == ["Here"]
    assert signed_in(app, oskar).get(f"{other}/2").status == 404
    assert id_of(room) != id_of(other)


def test_whom_one_hides_one_does_not_read_there(app: Flask, mara: Person, ben: Person, room: str) -> None:
    zoe = a_person(app, "zoe")
    subscribes(app, zoe, mara)
    for person in (mara, zoe, mara):
        says(app, person, room, f"By {person.handle}")
    fan, host = signed_in(app, ben), signed_in(app, mara)
    host.send(host.get(f"{room}/2").form(f"{room}/2/pin"))
    fan.send(fan.get(f"{room}/2").form(f"/settings/hidden/{zoe.id}"))
    page = fan.get(room)
    assert words_of(page) == ["By mara", "By mara"]
    assert "By zoe" not in page.text
    assert page.one("ol[data-room]")["data-hides"] == str(zoe.id)
    assert words_of(fan.get(f"{room}/changes?since=0", **HTMX)) == ["By mara", "By mara"]


def test_what_is_said_lies_in_its_month(app: Flask, ben: Person, room: str) -> None:
    says(app, ben, room, "One")
    with app.app_context():
        part = db.session.scalar(db.text("select tableoid::regclass::text from room_messages"))
    assert part == f"room_messages_y{clock.now():%Y}m{clock.now():%m}"
