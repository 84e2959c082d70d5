"""The host and their moderators: removing, pinning, muting; and what the house does after a report."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.kit import clock
from app.kit.clock import FixedClock
from app.platform.models import AuditRecord
from app.rooms.models import RoomMessage
from tests.factories.creators import a_tier
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import PageClient
from tests.rooms.rooms import HTMX, a_room, came_long_ago, cancels, say, says, subscribes, words_of

DESK, SECRET = "/dashboard/room", "The lantern is under the stairs"


@pytest.fixture
def host(app: Flask, mara: Person) -> PageClient:
    return signed_in(app, mara)


@pytest.fixture
def fan(app: Flask, ben: Person) -> PageClient:
    return signed_in(app, ben)


@pytest.fixture
def vera(app: Flask, mara: Person, host: PageClient, room: str) -> Person:
    """A moderator."""
    vera = a_person(app, "vera")
    came_long_ago(app, vera)
    subscribes(app, vera, mara)
    named = host.send(host.get(DESK).form(f"{DESK}/moderators"), handle="@Vera")
    assert "They keep order with you now" in named.text
    return vera


def mute(client: PageClient, room: str, seq: int, how_long: str) -> None:
    done = client.send(client.get(f"{room}/{seq}").form(f"{room}/{seq}/mute"), how_long=how_long)
    assert done.status == 200, done.text


def test_a_creator_opens_a_room_and_changes_it(app: Flask, host: PageClient) -> None:
    opened = host.send(host.get(DESK).form(DESK), name="The kitchen", audience="followers")
    assert "Your room is there" in opened.text
    assert "The kitchen" in host.get("/@mara/live").text
    slow = host.send(host.get(DESK).form(DESK), slow_seconds="30")
    assert slow.status == 200 and "Slow: one message in 30 seconds" in host.get("/@mara/live").text
    assert host.send(host.get(DESK).form(DESK), name=" ").errors["name"]


def test_moderators_are_of_those_who_may_come_in(app: Flask, host: PageClient, room: str) -> None:
    a_person(app, "oskar")
    for handle in ("oskar", "nobody_at_all", "mara"):
        refused = host.send(host.get(DESK).form(f"{DESK}/moderators"), handle=handle)
        assert refused.status == 422 and "may come into your room" in refused.errors["handle"]


def test_a_moderator_keeps_order_as_long_as_the_room_is_open_to_them(
    app: Flask, mara: Person, ben: Person, vera: Person, room: str
) -> None:
    says(app, ben, room, "Buy my pots")
    keeper = signed_in(app, vera)
    keeper.send(keeper.get(f"{room}/1").form(f"{room}/1/remove"))
    assert words_of(signed_in(app, ben).get(room)) == ["Removed."]
    says(app, ben, room, "Buy my pans")
    cancels(app, vera, mara)
    assert keeper.get(f"{room}/2").status == 404


def test_a_moderator_who_was_let_go_keeps_order_no_longer(
    app: Flask, ben: Person, vera: Person, host: PageClient, room: str
) -> None:
    says(app, ben, room, "Hello")
    host.send(host.get(DESK).form(f"{DESK}/moderators/{vera.id}/dismiss"))
    assert not signed_in(app, vera).get(f"{room}/1").has_form(f"{room}/1/remove")


def test_nobody_else_keeps_order(app: Flask, ben: Person, vera: Person, host: PageClient, room: str) -> None:
    """By addresses that pages do not show them."""
    for client in (host, signed_in(app, vera)):
        say(client, room, "Welcome")
    fan = signed_in(app, ben)
    form = fan.get(room).form(room)
    for number, path in enumerate(("1/remove", "2/remove", "1/pin", "2/mute", "unpin")):
        form.action = f"{room}/{path}"
        form.fill(idempotency_key=f"key-{number}", how_long="10m")
        assert fan.send(form).status == 404, path
    keeper = signed_in(app, vera)
    keeper_form = keeper.get(room).form(room)
    for number, path in enumerate(("1/remove", "1/mute", "2/mute")):
        keeper_form.action = f"{room}/{path}"
        keeper_form.fill(idempotency_key=f"key-{number}", how_long="for_good")
        assert keeper.send(keeper_form).status == 404, path
    assert words_of(fan.get(room)) == ["Welcome", "Welcome"]


def test_one_removes_what_one_said_oneself(app: Flask, fan: PageClient, room: str) -> None:
    say(fan, room, "Not what I meant")
    fan.send(fan.get(f"{room}/1").form(f"{room}/1/remove"))
    assert words_of(fan.get(room)) == ["Removed."]
    assert fan.get(f"{room}/1").status == 404
    with app.app_context():
        assert db.session.scalars(select(RoomMessage.sealed_body)).all() == [None]


def test_one_message_stays_on_top(app: Flask, host: PageClient, fan: PageClient, room: str) -> None:
    for words in ("The oven is at 180", "And at 200"):
        say(host, room, words)
    host.send(host.get(f"{room}/1").form(f"{room}/1/pin"))
    assert "The oven is at 180" in fan.get(room).one(".pinned").get_text()
    host.send(host.get(f"{room}/2").form(f"{room}/2/pin"))
    assert "And at 200" in fan.get(room).one(".pinned").get_text()
    host.send(host.get(f"{room}/2").form(f"{room}/2/remove"))
    assert not fan.get(room).soup.select(".pinned")
    host.send(host.get(f"{room}/1").form(f"{room}/1/pin"))
    host.send(host.get(room).form(f"{room}/unpin"))
    assert not fan.get(room).soup.select(".pinned")


def test_muted_for_a_while_one_reads_along(app: Flask, host: PageClient, ben: Person, room: str) -> None:
    now = clock.now()
    with clock.using(FixedClock(now)):
        says(app, ben, room, "One")
        mute(host, room, 1, "10m")
        refused = say(signed_in(app, ben), room, "Two")
        assert refused.status == 422
        assert refused.errors["body"] == "You are muted here. You can write again in 10 minutes."
        reading = signed_in(app, ben).get(room)
        assert words_of(reading) == ["One"]
        assert reading.one("#say-muted").text == refused.errors["body"]
    with clock.using(FixedClock(now + timedelta(minutes=10))):
        assert say(signed_in(app, ben), room, "Two").status == 200


def test_done_over_the_room_it_stays_and_done_on_a_page_of_its_own_it_leads_back(
    app: Flask, host: PageClient, ben: Person, room: str
) -> None:
    says(app, ben, room, "One")
    about = f"{room}/1"
    form = host.get(about).form(f"{about}/pin")
    over: Any = HTMX | {"HX-Current-URL": f"http://localhost{room}#end"}
    assert host.post(form.action, form.fields, **over).status == 204
    form = host.get(about).form(f"{about}/pin")
    alone: Any = HTMX | {"HX-Current-URL": f"http://localhost{about}"}
    done = host.post(form.action, form.fields, **alone)
    assert done.response.headers["HX-Redirect"] == f"{room}#end"


def test_muted_for_good_the_room_is_closed_to_them(
    app: Flask, host: PageClient, ben: Person, vera: Person, room: str
) -> None:
    says(app, ben, room, "One")
    mute(signed_in(app, vera), room, 1, "for_good")
    fan = signed_in(app, ben)
    assert fan.get(room).status == 404
    assert fan.get("/@mara").status == 200, "and nothing else"
    host.send(host.get(DESK).form(f"{DESK}/people/{ben.id}/unmute"))
    assert say(fan, room, "Two").status == 200


def test_what_was_done_is_on_record(app: Flask, host: PageClient, ben: Person, room: str) -> None:
    says(app, ben, room, "One")
    host.send(host.get(f"{room}/1").form(f"{room}/1/pin"))
    mute(host, room, 1, "1h")
    host.send(host.get(f"{room}/1").form(f"{room}/1/remove"))
    with app.app_context():
        rows = select(AuditRecord.action).where(AuditRecord.action.like("room.%")).order_by(AuditRecord.id)
        done = list(db.session.scalars(rows))
    wanted = "settings_changed said pinned muted message_removed"
    assert done == [f"room.{action}" for action in wanted.split()]


def test_a_report_brings_a_sealed_copy_and_nothing_beside_it(
    app: Flask, host: PageClient, ben: Person, vera: Person, room: str
) -> None:
    says(app, ben, room, "You will regret this")
    says(app, ben, room, SECRET)
    with app.app_context():
        first = db.session.scalars(select(RoomMessage.id).where(RoomMessage.seq == 1)).one()
    path = f"/report/room_message/{first}"
    assert signed_in(app).get(path).status == 404, "nobody reports what they cannot read"
    assert signed_in(app, ben).get(path).status == 404, "nor what they said themselves"
    reader = signed_in(app, vera)
    reader.send(reader.get(path).form(path), reason="abuse")
    staff = signed_in(app, a_person(app, "mod", roles=("fan", "moderator")), second_factor=True)
    case = str(staff.get("/admin/reports").one("main a[href^='/admin/reports/']")["href"])
    assert "You will regret this" in staff.get(case).text and SECRET not in staff.get(case).text
    assert SECRET not in staff.get(room).text
    # Also when the page has closed meanwhile, and its host does not want to see who said it.
    host.send(host.get(f"{room}/1").form(f"/settings/hidden/{ben.id}"))
    host.send(host.get("/dashboard/page").form("/dashboard/page/close"))
    staff.send(staff.get(case).form(f"{case}/uphold"))
    with app.app_context():
        assert db.session.get_one(RoomMessage, first).sealed_body is None
    host.send(host.get("/settings/hidden").form(f"/settings/hidden/{ben.id}/show"))
    assert words_of(host.get(room)) == ["Removed.", SECRET]


def test_when_tiers_change_places_the_room_stays_with_its_own(app: Flask, mara: Person) -> None:
    silver = a_tier(app, mara, "Silver")
    a_tier(app, mara, "Gold")
    room = a_room(app, mara, rank=1)
    host = signed_in(app, mara)
    host.send(host.get("/dashboard/tiers").form(f"/dashboard/tiers/{silver}/up"))
    assert "From Silver on" in signed_in(app).get(room).text
