"""What reaches somebody who is not looking: once, when they want it, and not what they saw already."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import true

from app.accounts.models import User
from app.extensions import db
from app.kit.clock import FixedClock
from app.notifications import channels, jobs
from app.notifications.channels import Notice, Transport
from app.notifications.kinds import Channel
from app.notifications.operations.telling import tell
from app.platform import work
from app.platform.models import Mail, WorkItem
from app.platform.transaction import transaction
from tests.factories.creators import a_creator
from tests.factories.people import Person, a_person, signed_in
from tests.factories.post import letters
from tests.notifications.happenings import (
    HOME,
    SETTINGS,
    choose,
    comments,
    deliver,
    deliveries_of,
    happens,
    likes,
    mails_to,
    states_of,
    turn,
)
from tests.page_client import PageClient

FIVE = timedelta(minutes=5)
SENT = ("mail", "sent", "")


@pytest.fixture(autouse=True)
def noon(fixed_clock: FixedClock) -> FixedClock:
    """Of a Wednesday."""
    fixed_clock.at = datetime(2031, 1, 8, 12, 0, tzinfo=UTC)
    return fixed_clock


@pytest.fixture
def mara(app: Flask, noon: FixedClock) -> Person:
    return a_creator(app, "mara")


@pytest.fixture
def ben(app: Flask) -> Person:
    return a_person(app, "ben")


@pytest.fixture
def reader(app: Flask, mara: Person) -> PageClient:
    return signed_in(app, mara)


@pytest.fixture
def pushed(app: Flask) -> Iterator[list[tuple[UUID, Notice]]]:
    """What a transport of pushes was handed."""
    handed: list[tuple[UUID, Notice]] = []

    def send(user_id: UUID, notice: Notice) -> int:
        handed.append((user_id, notice))
        return 1

    with carried_by(app, send):
        yield handed


@contextmanager
def carried_by(app: Flask, send: Callable[[UUID, Notice], int] | None) -> Iterator[None]:
    """Pushes are sent so for a while; or not at all."""
    known = app.extensions[channels.PLACE]
    before = dict(known)
    known.clear()
    if send:
        channels.register(app, Channel.PUSH, Transport(send, lambda _: true()))
    try:
        yield
    finally:
        known.clear()
        known.update(before)


def test_a_mail_waits_a_little_for_more_of_the_same(
    app: Flask, mara: Person, ben: Person, noon: FixedClock
) -> None:
    comments(app, ben, mara)
    assert mails_to(app, mara) == []
    noon.move(timedelta(minutes=4))
    comments(app, a_person(app, "zoe"), mara)
    noon.move(timedelta(minutes=1))
    assert mails_to(app, mara) == ["Zoe and Ben commented on “Fog”"]
    noon.move(timedelta(hours=1))
    assert len(mails_to(app, mara)) == 1
    assert states_of(app, mara) == [SENT]


def test_a_line_that_nobody_reads_is_not_mailed_again_soon(
    app: Flask, mara: Person, ben: Person, noon: FixedClock
) -> None:
    comments(app, ben, mara)
    noon.move(FIVE)
    deliver(app)
    comments(app, a_person(app, "zoe"), mara)
    noon.move(timedelta(hours=11))
    assert len(mails_to(app, mara)) == 1
    noon.move(timedelta(hours=2))
    assert mails_to(app, mara)[1:] == ["Zoe and Ben commented on “Fog”"]


def test_what_is_due_together_is_one_mail(app: Flask, mara: Person, ben: Person, noon: FixedClock) -> None:
    comments(app, ben, mara, "post:1", "“Fog”")
    comments(app, ben, mara, "post:2", "“Rain”")
    noon.move(FIVE)
    assert mails_to(app, mara) == ["2 things happened"]
    (letter,) = letters(app, mara.email, "notice")
    assert "Ben commented on “Fog”" in letter.text
    assert "Ben commented on “Rain”" in letter.text
    assert HOME in letter.paths
    assert SETTINGS in letter.paths
    assert len([path for path in letter.paths if path.startswith(f"{HOME}/")]) == 2


@pytest.mark.parametrize("how", ["read", "seen"])
def test_who_saw_it_first_gets_no_mail(
    app: Flask, mara: Person, ben: Person, reader: PageClient, noon: FixedClock, how: str
) -> None:
    comments(app, ben, mara)
    page = reader.get(HOME)
    if how == "read":
        reader.send(page.form(f"{HOME}/read"))
    noon.move(FIVE)
    assert mails_to(app, mara) == []
    assert states_of(app, mara) == [("mail", "skipped", "They saw it here first.")]


def test_who_switched_it_off_meanwhile_gets_no_mail(
    app: Flask, mara: Person, ben: Person, reader: PageClient, noon: FixedClock
) -> None:
    comments(app, ben, mara)
    turn(reader, off=["comments.mail"])
    noon.move(FIVE)
    assert mails_to(app, mara) == []
    assert states_of(app, mara) == [("mail", "skipped", "They switched it off.")]


def test_who_has_no_address_or_is_gone_gets_no_mail(
    app: Flask, mara: Person, ben: Person, noon: FixedClock
) -> None:
    gone = a_creator(app)
    comments(app, ben, mara)
    comments(app, ben, gone)
    with app.app_context(), transaction():
        db.session.get_one(User, mara.id).email = None
        db.session.get_one(User, gone.id).state = "suspended"
    noon.move(FIVE)
    deliver(app)
    assert states_of(app, mara) == [("mail", "skipped", "There is no address.")]
    assert states_of(app, gone) == [("mail", "skipped", "They are not here.")]


def test_in_quiet_hours_it_waits_until_they_are_over(
    app: Flask, mara: Person, ben: Person, reader: PageClient, noon: FixedClock
) -> None:
    """From 22:00 to 7:00 in Helsinki, which is 20:00 to 5:00 here."""
    choose(reader, zone="Europe/Helsinki", quiet_from="22", quiet_until="7")
    noon.move(timedelta(hours=7, minutes=56))
    comments(app, ben, mara)
    noon.move(FIVE)
    assert mails_to(app, mara) == []
    assert [one.due_at for one in deliveries_of(app, mara)] == [datetime(2031, 1, 9, 5, 0, tzinfo=UTC)]
    noon.at = datetime(2031, 1, 9, 5, 0, tzinfo=UTC)
    assert len(mails_to(app, mara)) == 1


@pytest.mark.parametrize(("rhythm", "day"), [("daily", 9), ("weekly", 13)])
def test_the_mail_of_the_day_or_the_week_has_all_of_it(
    app: Flask, mara: Person, ben: Person, noon: FixedClock, rhythm: str, day: int
) -> None:
    choose(signed_in(app, mara), mails=rhythm)
    comments(app, ben, mara, "post:1")
    noon.move(FIVE)
    deliver(app)
    comments(app, ben, mara, "post:2")
    noon.move(FIVE)
    assert mails_to(app, mara) == []
    noon.at = datetime(2031, 1, day, 7, 59, tzinfo=UTC)
    assert mails_to(app, mara) == []
    noon.move(timedelta(minutes=1))
    assert mails_to(app, mara) == ["2 things happened"]


def test_whoever_wants_mails_at_once_again_gets_what_waited(
    app: Flask, mara: Person, ben: Person, reader: PageClient, noon: FixedClock
) -> None:
    choose(reader, mails="weekly")
    comments(app, ben, mara)
    noon.move(FIVE)
    deliver(app)
    choose(reader, mails="at_once")
    assert len(mails_to(app, mara)) == 1


def test_one_click_ends_mails_of_its_kind_or_of_all_kinds_that_it_told_of(
    app: Flask, mara: Person, ben: Person, noon: FixedClock
) -> None:
    comments(app, ben, mara)
    noon.move(FIVE)
    deliver(app)
    stop = letters(app, mara.email, "notice")[-1].path("/unsubscribe/")
    assert app.test_client().post(stop, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    happens(app, "replied", ben, mara, "comment:1")
    happens(app, "mentioned", ben, mara, "comment:2")
    comments(app, ben, mara, "post:3")
    noon.move(FIVE)
    assert mails_to(app, mara)[1:] == ["2 things happened"]
    stop = letters(app, mara.email, "notice")[-1].path("/unsubscribe/")
    assert "Answers to you" in app.test_client().get(stop).get_data(as_text=True)
    app.test_client().post(stop, data={"List-Unsubscribe": "One-Click"})
    happens(app, "replied", ben, mara, "comment:4")
    noon.move(FIVE)
    assert len(mails_to(app, mara)) == 2


def test_a_push_goes_at_once_and_says_where_it_leads(
    app: Flask, mara: Person, ben: Person, pushed: list[tuple[UUID, Notice]], reader: PageClient
) -> None:
    assert "Push" in reader.get(SETTINGS).one(".choices thead").get_text()
    comments(app, ben, mara)
    likes(app, ben, mara)
    deliver(app)
    ((to, notice),) = pushed
    assert to == mara.id
    assert (notice.title, notice.body) == ("Comments on your posts", "Ben commented on “Fog”")
    assert reader.get(notice.href, follow=False).location == "/feed"
    assert notice.tag == "commented:post:1"


def test_the_safety_of_an_account_waits_for_no_morning(
    app: Flask, mara: Person, pushed: list[tuple[UUID, Notice]], reader: PageClient
) -> None:
    choose(reader, quiet_from="9", quiet_until="18", mails="weekly")
    with app.app_context(), transaction():
        tell("password_changed", to=mara.id, subject="x", href="/settings/security")
        tell("wrote", to=mara.id, subject="talk:1", href="/messages")
    deliver(app)
    assert [notice.body for _, notice in pushed] == ["Your password was changed"]


def test_a_channel_without_a_transport_is_neither_offered_nor_used(
    app: Flask, mara: Person, ben: Person, reader: PageClient
) -> None:
    with carried_by(app, None):
        assert "Push" not in reader.get(SETTINGS).one(".choices thead").get_text()
        comments(app, ben, mara)
    assert [one.channel for one in deliveries_of(app, mara)] == ["mail"]


def test_what_goes_wrong_for_one_person_stops_nobody_else(
    app: Flask, mara: Person, ben: Person, pushed: list[tuple[UUID, Notice]]
) -> None:
    def send(user_id: UUID, notice: Notice) -> int:
        if user_id == mara.id:
            raise ValueError("broken")
        pushed.append((user_id, notice))
        return 1

    with carried_by(app, send):
        other = a_creator(app)
        comments(app, ben, mara)
        comments(app, ben, other)
        deliver(app)
    assert [to for to, _ in pushed] == [other.id]
    failed = [one for one in states_of(app, mara) if one[1] == "failed"]
    assert failed == [("push", "failed", "It could not be put together.")]


def test_asked_for_twice_it_goes_out_once(app: Flask, mara: Person, ben: Person, noon: FixedClock) -> None:
    comments(app, ben, mara)
    noon.move(FIVE)
    with app.app_context():
        for _ in range(3):
            jobs.ask_for_what_is_due()
        assert db.session.query(WorkItem).filter_by(kind=jobs.DELIVER).count() == 1
        work.drain()
        with transaction():
            work.enqueue(jobs.DELIVER, {})
        work.drain()
        jobs.ask_for_what_is_due()
        assert db.session.query(Mail).filter_by(template="notice").count() == 1


def test_one_sees_what_was_sent_and_why_something_was_not(
    app: Flask, mara: Person, ben: Person, reader: PageClient, noon: FixedClock
) -> None:
    assert "Nothing was sent" in reader.get(f"{SETTINGS}/sent").text
    comments(app, ben, mara)
    noon.move(FIVE)
    deliver(app)
    happens(app, "replied", ben, mara, "comment:1")
    turn(reader, off=["replies.mail"])
    noon.move(FIVE)
    deliver(app)
    comments(app, ben, mara, "post:2", "“Rain”")
    with app.app_context(), transaction():
        db.session.add(Mail(user_id=mara.id, recipient="x", template="reset_password", state="failed"))
        db.session.add(Mail(user_id=ben.id, recipient="x", template="welcome", state="sent"))
    page = reader.get(f"{SETTINGS}/sent").soup
    names = [name.get_text() for name in page.select(".rows .name")]
    chips = [chip.get_text() for chip in page.select(".rows .chip")]
    assert sorted(zip(names, chips, strict=True)) == [
        ("Ben answered you under “Fog”", "Not sent"),
        ("Ben commented on “Fog”", "Sent"),
        ("Ben commented on “Rain”", "Waits"),
        ("Reset password", "Failed"),
    ]
    noon.move(timedelta(days=31))
    assert "Nothing was sent" in signed_in(app, mara).get(f"{SETTINGS}/sent").text


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"quiet_from": "22", "quiet_until": ""}, "quiet_until"),
        ({"quiet_from": "", "quiet_until": "7"}, "quiet_from"),
        ({"quiet_from": "7", "quiet_until": "7"}, "quiet_until"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"mails": "hourly"}, "mails"),
    ],
)
def test_hours_that_make_no_sense_are_refused_beside_the_field(
    reader: PageClient, wish: dict[str, str], field: str
) -> None:
    page = choose(reader, **wish)
    assert page.status == 422
    assert field in page.errors or "Not a valid choice" in page.text
