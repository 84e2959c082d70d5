"""What was told to many is taken back from all of them, but for those who paid for what it carries."""

from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import or_, select

from app.broadcasts.operations import delivering, taking_back
from app.chat.models import Conversation, Message, Parcel, Reaction
from app.chat.operations import writing
from app.extensions import db
from app.kit.clock import FixedClock
from app.media.models import Media
from app.platform import online, realtime, work
from app.platform.audit import Action
from app.platform.idempotency import new_key
from app.platform.models import AuditRecord
from app.platform.transaction import transaction
from tests.broadcasts.telling import HOME, all_told, confirmed, heard, sent, the_broadcast, written
from tests.broadcasts.test_carrying import opened_by
from tests.chat.talking import HTMX, begin, words_of
from tests.factories.creators import a_creator, follows, some_followers
from tests.factories.invoices import paid, refund
from tests.factories.media import a_picture
from tests.factories.people import Person, a_person, signed_in
from tests.factories.subscriptions import invoice_at
from tests.page_client import Page, PageClient
from tests.queries import counting


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "TOLD_AT_ONCE", 2)
    monkeypatch.setattr(taking_back, "AT_ONCE", 2)


def taken_back(page: PageClient, address: str) -> Page:
    return page.send(page.get(address).form(f"{address}/unsend"))


def reported_by(app: Flask, fan: Person) -> None:
    """It stays for whoever decides, and is gone for all others."""
    with app.app_context():
        theirs = select(Message.id).join(Conversation, Conversation.id == Message.conversation_id)
        pair = or_(Conversation.low_id == fan.id, Conversation.high_id == fan.id)
        path = f"/report/message/{db.session.scalars(theirs.where(pair)).one()}"
    page = signed_in(app, fan)
    page.send(page.get(path).form(path), reason="abuse")


def in_talk(app: Flask, fan: Person) -> Page:
    return signed_in(app, fan).get("/messages/to/mara")


def test_it_is_gone_from_all_and_that_it_was_there_is_not(
    app: Flask, mara: Person, host: PageClient, fans: list[Person]
) -> None:
    ben = signed_in(app, fans[0])
    talk = begin(ben, "mara", "Hello")
    address = sent(host, "The wrong door code")
    all_told(app)
    ben.send(ben.get(f"{talk}/2").form(f"{talk}/2/react"), sign="👏")
    assert "Being taken back" in taken_back(host, address).text
    all_told(app)
    shown = host.get(address)
    assert "Taken back from 2" in shown.text and not shown.has_form(f"{address}/unsend")
    assert "taken back from 2 of 2" in host.get(HOME).text
    for fan in fans:
        assert "door code" not in in_talk(app, fan).html
        assert "Taken back" in signed_in(app, fan).get("/messages").text
    # A page that missed it catches up by the numbers of the conversation.
    assert words_of(ben.get(talk)) == ["Hello", "Taken back."]
    assert "m-2" in ben.get(f"{talk}/changes?since=3", **HTMX).html
    with app.app_context():
        assert db.session.query(Reaction).count() == 0
        one = db.session.scalars(select(Conversation).where(Conversation.last_seq == 2)).one()
        assert one.last_change == 4
        done = db.session.query(AuditRecord).filter_by(action=Action.BROADCAST_TAKEN_BACK)
        assert [record.data.get("taken") for record in done.order_by(AuditRecord.id)] == [None, 2]


def test_whoever_has_a_page_open_hears_of_it(
    app: Flask, mara: Person, host: PageClient, fans: list[Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, told = sent(host), list[tuple[UUID, str, dict[str, object]]]()
    all_told(app)
    monkeypatch.setattr(online, "here", lambda people: {fans[0].id} & set(people))
    monkeypatch.setattr(realtime, "push_user", lambda *event: told.append(event))
    taken_back(host, address)
    all_told(app)
    with app.app_context():
        talk = db.session.scalars(select(Message.conversation_id).where(Message.unsent_at.is_not(None)))
        assert [(to, kind) for to, kind, _ in told] == [(fans[0].id, "message")]
        assert told[0][2]["change"] == 2 and UUID(str(told[0][2]["conversation"])) in set(talk)


@pytest.mark.usefixtures("small_parts")
def test_on_its_way_it_is_stopped_and_taken_back_in_parts(app: Flask, mara: Person, host: PageClient) -> None:
    some_followers(app, mara, 7)
    address = sent(host)
    with app.app_context():
        for _ in range(3):  # the list, and the first four people
            work.drain(("bulk",), at_most=1)
    taken_back(host, address)
    with app.app_context():
        work.drain(("bulk",), at_most=2)  # what would tell the next ones, and the first two who were told
    assert "2 of 4" in host.get(address).text
    # Begun anew where it broke off, by however many workers.
    with app.app_context(), pytest.raises(KeyboardInterrupt), transaction():
        taking_back.take_part(UUID(address.rpartition("/")[2]))
        db.session.flush()
        raise KeyboardInterrupt
    all_told(app)
    with app.app_context(), transaction():
        taking_back.take_part(UUID(address.rpartition("/")[2]))
    one = the_broadcast(app, address)
    assert (one.state, one.told, one.taken, one.kept) == ("stopped", 4, 4, 0)
    with app.app_context():
        said = db.session.scalars(select(Message)).all()
        assert len(said) == 4 and all(one.unsent_at and one.sealed_body is None for one in said)
        assert {one.change for one in said} == {2}


def test_who_paid_keeps_it_and_nobody_else(
    app: Flask, mara: Person, host: PageClient, fans: list[Person]
) -> None:
    ben, zoe = fans
    kit = a_person(app, "kit")
    follows(app, kit, mara)
    picture = a_picture(app, mara, purpose="message", attached=False)
    address = written(host, "Look", media=picture["id"], price="4.50", locked="Behind the door")
    confirmed(host, address)
    all_told(app)
    opened_by(app, ben)
    refund(app, opened_by(app, kit), 450)
    pays = signed_in(app, zoe)
    late = invoice_at(pays.send(pays.get("/messages/to/mara").form("/messages/.*/open"), follow=False))
    reported_by(app, zoe)
    taken_back(host, address)
    all_told(app)
    shown = host.get(address)
    assert "Taken back from 2 Kept by 1" in shown.text and "keep it" in shown.text
    assert heard(app, ben) == ["Look", "Behind the door"]
    assert heard(app, zoe) == heard(app, kit) == ["Taken back."]
    # Who began to pay before, and pays now, is not charged for what is gone.
    paid(app, late)
    assert "Behind the door" not in in_talk(app, zoe).text
    with app.app_context():
        assert [one.state for one in db.session.scalars(select(Media))] != ["removed"]
        assert db.session.scalar(select(Parcel)) is not None
        carried = db.session.scalars(select(Message.unsent_at).where(Message.parcel_id.is_not(None))).all()
        assert sorted(map(bool, carried)) == [False, True]


def test_what_nobody_paid_for_goes_with_its_files(
    app: Flask, mara: Person, host: PageClient, fans: list[Person]
) -> None:
    picture = a_picture(app, mara, purpose="message", attached=False)
    address = sent(host, "Look", media=picture["id"], price="4.50")
    all_told(app)
    taken_back(host, address)
    all_told(app)
    assert "Taken back from 2" in host.get(address).text
    with app.app_context():
        assert db.session.scalar(select(Parcel)) is None
        assert db.session.scalars(select(Media.state)).all() == ["removed"]


def test_it_can_be_taken_back_for_a_day_and_by_its_creator_alone(
    app: Flask, mara: Person, host: PageClient, fans: list[Person], fixed_clock: FixedClock
) -> None:
    draft = written(host)
    assert not host.get(draft).has_form(f"{draft}/unsend")
    address = sent(host)
    all_told(app)
    form = host.get(address).form(f"{address}/unsend")
    rival = signed_in(app, a_creator(app, "rival"))
    assert rival.post(f"{address}/unsend", {**form.fields, "csrf_token": "x"}).status in (400, 403, 404)
    fixed_clock.move(writing.UNSEND_WITHIN + timedelta(minutes=1))
    assert not host.get(address).has_form(f"{address}/unsend")
    assert "for a day" in host.send(form).text
    assert the_broadcast(app, address).taken_back_at is None


def test_a_second_click_takes_it_back_once_and_it_stays_until_that_is_done(
    app: Flask, mara: Person, host: PageClient, fans: list[Person]
) -> None:
    address = sent(host)
    all_told(app)
    before = host.get(address)
    delete = before.form(f"{address}/delete")
    taken_back(host, address)
    host.send(before.form(f"{address}/unsend"), idempotency_key=new_key())
    assert "being taken back" in host.send(delete).text
    all_told(app)
    assert the_broadcast(app, address).taken == 2
    assert host.send(before.form(f"{address}/delete"), idempotency_key=new_key()).status == 200
    with app.app_context():
        assert db.session.query(AuditRecord).filter_by(action=Action.BROADCAST_TAKEN_BACK).count() == 2


def test_what_stood_in_the_way_is_said_and_it_goes_on_from_there(
    app: Flask, mara: Person, host: PageClient, fans: list[Person]
) -> None:
    address = sent(host)
    all_told(app)
    taken_back(host, address)
    with app.app_context(), transaction():
        taking_back.give_up(UUID(address.rpartition("/")[2]))
    shown = host.get(address)
    assert shown.has_form(f"{address}/unsend")
    taken_back(host, address)
    all_told(app)
    assert the_broadcast(app, address).taken == 2


def test_a_part_takes_the_same_statements_however_many_they_are(
    app: Flask, mara: Person, host: PageClient
) -> None:
    def statements() -> int:
        address = sent(host)
        all_told(app)
        taken_back(host, address)
        with app.app_context(), counting(app) as asked, transaction():
            taking_back.take_part(UUID(address.rpartition("/")[2]))
        all_told(app)
        return len(asked)

    some_followers(app, mara, 2)
    few = statements()
    some_followers(app, mara, 10)
    assert statements() == few <= 12
