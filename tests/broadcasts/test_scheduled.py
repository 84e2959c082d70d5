"""What is scheduled goes out at its time, or as soon after as its creator is there to tell it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask

from app.accounts.models import User
from app.broadcasts import jobs
from app.broadcasts.operations import sending
from app.creators.operations import pages
from app.entitlements.operations import grants
from app.entitlements.rules import Closed
from app.extensions import db
from app.kit import clock
from app.kit.clock import FixedClock
from app.platform.transaction import transaction
from tests.accounts.stored import somebody_waits
from tests.accounts.taking_over import ask, confirm, listed, take_back, undo_link
from tests.broadcasts.telling import HOME, all_told, heard, sent, the_broadcast
from tests.factories.creators import follows
from tests.factories.people import Person, a_person
from tests.page_client import PageClient
from tests.support import eventually


def go_on(app: Flask) -> None:
    with app.app_context():
        jobs.begin_due()
    all_told(app)


def close(mara: Person) -> None:
    pages.close(mara.id)


def suspend(mara: Person) -> None:
    db.session.get_one(User, mara.id).state = "suspended"


def take_down(mara: Person) -> None:
    grants.deny(mara.id, Closed.TAKEDOWN, cause="report")


def bring_back(mara: Person) -> None:
    db.session.get_one(User, mara.id).state = "active"
    pages.reopen(mara.id)
    grants.lift(mara.id, cause="report")


@pytest.mark.parametrize("goes", [close, suspend, take_down])
def test_what_is_scheduled_waits_for_its_creator_to_be_back(
    app: Flask, mara: Person, host: PageClient, fixed_clock: FixedClock, goes: Callable[[Person], None]
) -> None:
    ben = a_person(app, "ben")
    follows(app, ben, mara)
    at = clock.now() + timedelta(hours=2)
    address = sent(host, send_at=f"{at:%Y-%m-%dT%H:%M}", utc_offset="0")
    with app.app_context(), transaction():
        goes(mara)
    fixed_clock.move(timedelta(hours=2, minutes=1))
    go_on(app)
    assert the_broadcast(app, address).state == "scheduled"
    with app.app_context(), transaction():
        bring_back(mara)
    go_on(app)
    one = the_broadcast(app, address)
    assert (one.state, one.told) == ("done", 1)
    assert heard(app, ben) == ["News from the darkroom"]


def nothing(_mara: Person) -> None:
    """It is the scheduler that stands still."""


@pytest.mark.parametrize(
    ("goes", "why"),
    [
        (close, "It waits for your page to be open"),
        (take_down, "It waits for your page, which was taken down"),
        (nothing, "It has not gone out yet"),
    ],
)
def test_what_waits_past_its_time_says_since_when_and_for_what(
    app: Flask,
    mara: Person,
    host: PageClient,
    fixed_clock: FixedClock,
    goes: Callable[[Person], None],
    why: str,
) -> None:
    at = clock.now() + timedelta(hours=2)
    address = sent(host, send_at=f"{at:%Y-%m-%dT%H:%M}", utc_offset="0")
    with app.app_context(), transaction():
        goes(mara)
    for page in (host.get(HOME).one("main").get_text(), host.get(address).one("main").get_text()):
        assert "Scheduled" in page
        assert why not in page
    fixed_clock.move(timedelta(hours=2, minutes=2))
    if goes is not nothing:
        go_on(app)
    for page in (host.get(HOME).one("main").get_text(), host.get(address).one("main").get_text()):
        assert "Waits since" in page
        assert why in page
        assert ("for your page to be open" in page) is (goes is close)
        assert "Goes out on" not in page
        assert "Scheduled" not in page


def test_an_account_is_taken_back_also_while_what_a_thief_scheduled_changes(
    app: Flask, mara: Person, host: PageClient
) -> None:
    """Another window has it just then; so has the scheduler, where its time has come."""
    ask(host)
    confirm(app, host)
    address = sent(host, "Send me coins", send_at=f"{clock.now() + timedelta(hours=3):%Y-%m-%dT%H:%M}")
    link, planted = undo_link(app, mara), the_broadcast(app, address).id
    with ThreadPoolExecutor(1) as pool:
        with app.app_context(), transaction():
            sending.take_back(mara.id, planted)
            db.session.flush()
            back = pool.submit(take_back, app, mara, link)
            eventually(somebody_waits)
        assert (back.result().status, listed(back.result())) == (200, [])
