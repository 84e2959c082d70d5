"""Files in messages, and what opens for a price: who sees what, and what becomes of it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text, update

from app.accounts.ages import BIRTH_DATE
from app.accounts.models import User
from app.chat import queries, queries_talk
from app.chat.errors import Bought
from app.chat.models import Message, Parcel
from app.chat.operations import parcels, writing
from app.chat.operations.parcels import Load
from app.creators.models import Creator
from app.creators.operations import following
from app.entitlements.operations import grants
from app.entitlements.rules import Kind
from app.extensions import db
from app.invoices.models import Invoice
from app.kit.ids import new_id
from app.ledger import verifying
from app.media import addresses, doors
from app.media.models import Media
from app.media.operations import making
from app.platform.idempotency import new_key
from app.platform.settings import vault
from app.platform.transaction import transaction
from app.platform.work import runner
from tests.chat.talking import HTMX, begin
from tests.factories.creators import a_creator, blocks
from tests.factories.invoices import give_credit, money_in, paid, refund, shop, the_invoice, too_late
from tests.factories.media import a_picture
from tests.factories.people import Person, a_person, signed_in, suspends
from tests.page_client import Page, PageClient
from tests.queries import counting
from tests.support import eventually

SECRET = "The key is under the third stone"
Ends = Callable[[Flask, Person, Person], None]


@pytest.fixture
def mara(app: Flask) -> Person:
    shop(app)
    return a_creator(app, "mara")


@pytest.fixture
def ben(app: Flask) -> Person:
    return a_person(app, "ben")


@pytest.fixture
def creator(app: Flask, mara: Person) -> PageClient:
    return signed_in(app, mara)


@pytest.fixture
def fan(app: Flask, ben: Person) -> PageClient:
    return signed_in(app, ben)


@pytest.fixture
def talk(fan: PageClient, mara: Person) -> str:
    return begin(fan, "mara")


def send(writer: PageClient, talk: str, **values: Any) -> Page:
    return writer.send(writer.get(talk).form(talk), **values)


def a_file(app: Flask, owner: Person, **columns: Any) -> str:
    return str(a_picture(app, owner, purpose="message", attached=False, **columns)["id"])


def pictures(page: Page) -> list[str]:
    return [str(one["href"]) for one in page.soup.select("[data-gallery] a")]


def last(app: Flask) -> tuple[Message, Parcel | None]:
    with app.app_context():
        message = db.session.query(Message).order_by(Message.seq.desc()).first()
        assert message is not None
        return message, db.session.get(Parcel, message.parcel_id) if message.parcel_id else None


def invoice_of(page: Page) -> UUID:
    return UUID(page.response.request.path.rsplit("/", 1)[-1])


def fetch(viewer: PageClient, address: str) -> int:
    doors.clear()
    return viewer.http.get(address).status_code


def test_a_fan_sends_a_picture_without_a_word_and_both_see_it(
    app: Flask, fan: PageClient, creator: PageClient, talk: str, ben: Person
) -> None:
    seen = send(fan, talk, body="", media=[a_file(app, ben)])
    for reader, page in ((fan, seen), (creator, creator.get(talk))):
        assert [fetch(reader, one) for one in pictures(page)] == [200]
    assert "A picture" in creator.get("/messages").text


def test_without_scripts_files_that_were_sent_stand_beside_the_message(
    app: Flask, fan: PageClient, talk: str, ben: Person
) -> None:
    file = a_file(app, ben)
    page = fan.get(f"{talk}?media={file}&media=x")
    assert page.status == 200
    assert [one["value"] for one in page.soup.select("[name=media][checked]")] == [file]
    assert len(pictures(fan.send(page.form(talk), body="Look", media=[file]))) == 1


def test_others_get_the_file_by_no_address(
    app: Flask, fan: PageClient, creator: PageClient, talk: str, ben: Person
) -> None:
    address = pictures(send(fan, talk, media=[a_file(app, ben)]))[0]
    zoe = a_creator(app, "zoe")
    assert fetch(signed_in(app, zoe), address) == 404
    assert app.test_client().get(address).status_code == 404
    # Nor one made for themselves: nobody sent it to them.
    _, parcel = last(app)
    assert parcel is not None
    with app.app_context():
        assert doors.decision(zoe.id, ("parcel", parcel.id), UUID(parcel.media[0]["id"])) is None
        assert doors.decision(None, ("parcel", parcel.id), UUID(parcel.media[0]["id"])) is None


@pytest.mark.parametrize("whose", ["others", "post", "sent", "gone", "many", "nothing"])
def test_only_own_files_made_for_messages_are_sent_and_once(
    app: Flask, fan: PageClient, talk: str, ben: Person, mara: Person, whose: str
) -> None:
    own = a_file(app, ben)
    send(fan, talk, media=[own])
    tried = {
        "others": [a_file(app, mara)],
        "post": [str(a_picture(app, ben)["id"])],
        "sent": [own],
        "gone": [str(new_id())],
        "many": [a_file(app, ben) for _ in range(11)],
        "nothing": ["x", ""],
    }[whose]
    before = last(app)[0].seq
    page = send(fan, talk, body="", media=tried)
    assert page.status == 422
    assert last(app)[0].seq == before


def test_a_file_that_is_not_ready_yet_shows_once_it_is(
    app: Flask, fan: PageClient, creator: PageClient, talk: str, ben: Person
) -> None:
    slow, bad = a_file(app, ben, ready=False), a_file(app, ben, ready=False)
    page = send(fan, talk, media=[slow, bad])
    assert page.text.count("is being made ready") == 2
    before = last(app)[0].change
    with app.app_context():
        like = db.session.get_one(Media, UUID(a_file(app, ben)))
        made = {"w": 8, "h": 6, "color": "#123456", "names": like.renditions}
    with app.app_context(), transaction():
        making.finish(UUID(slow), made)
        making.refuse(UUID(bad), "broken")
    with app.app_context():
        runner.drain()
    shown = creator.get(talk)
    assert len(pictures(shown)) == 1
    assert "A file did not arrive" in shown.text
    # And open pages are told that something changed.
    assert last(app)[0].change == before + 2
    assert len(pictures(creator.get(f"{talk}/changes?since={before}", headers=HTMX))) == 1


def test_a_file_that_becomes_ready_and_its_message_taken_back_do_not_wait_in_a_circle(
    app: Flask, fan: PageClient, talk: str, ben: Person
) -> None:
    media_id = a_file(app, ben, ready=False)
    send(fan, talk, media=[media_id])
    message, _ = last(app)

    def refresh() -> None:
        with app.app_context(), transaction():
            parcels.refresh(UUID(media_id))

    with ThreadPoolExecutor(1) as pool:
        with app.app_context(), transaction():
            queries_talk.find_talk(message.conversation_id, ben.id, lock=True)
            refreshed = pool.submit(refresh)
            eventually(lambda: somebody_waits(app))
            writing.unsend(ben.id, message.conversation_id, message.seq)
        refreshed.result()
    assert last(app)[0].unsent_at


def somebody_waits(app: Flask) -> bool:
    with app.extensions["sqlalchemy"].engine.connect() as apart:
        return bool(apart.scalar(text("select true from pg_locks where not granted limit 1")))


def test_what_is_taken_back_takes_its_files_with_it(
    app: Flask, fan: PageClient, creator: PageClient, talk: str, ben: Person
) -> None:
    address = pictures(send(fan, talk, media=[a_file(app, ben)]))[0]
    theirs = pictures(creator.get(talk))[0]
    seq = last(app)[0].seq
    fan.send(fan.get(f"{talk}/{seq}").form(f"{talk}/{seq}/unsend"))
    assert fetch(creator, theirs) == 404
    assert fetch(fan, address) == 404
    with app.app_context():
        assert db.session.query(Parcel).count() == 0
        assert {one.state for one in db.session.query(Media)} == {"removed"}


def locked(app: Flask, creator: PageClient, mara: Person, talk: str, **values: Any) -> Page:
    given = {"body": "Something for you", "locked": SECRET, "price": "4.99", "media": [a_file(app, mara)]}
    return send(creator, talk, **{**given, **values})


def opening(fan: PageClient, talk: str) -> Page:
    return fan.send(fan.get(talk).form(f"{talk}/2/open"))


def test_a_fan_pays_and_opens_it_and_the_creator_sees_it_sold(
    app: Flask, fan: PageClient, creator: PageClient, talk: str, ben: Person, mara: Person
) -> None:
    mine = locked(app, creator, mara, talk)
    assert SECRET in mine.text
    assert "not opened yet" in mine.text
    closed = fan.get(talk)
    assert "Something for you" in closed.text
    assert "Open for $4.99" in closed.text
    assert SECRET not in closed.text
    assert not pictures(closed)
    give_credit(app, ben, 1000)
    paid = fan.send(opening(fan, talk).form(".*/pay/credit"))
    assert "It is yours now" in paid.text
    shown = fan.get(talk)
    assert SECRET in shown.text
    assert [fetch(fan, one) for one in pictures(shown)] == [200]
    assert "opened" in creator.get(talk).one(".parcel-price").get_text()
    with app.app_context():
        assert verifying.verify().good


def test_refunded_it_closes_again_and_at_the_door_too(
    app: Flask, fan: PageClient, creator: PageClient, talk: str, ben: Person, mara: Person
) -> None:
    locked(app, creator, mara, talk)
    give_credit(app, ben, 1000)
    invoice = opening(fan, talk)
    fan.send(invoice.form(".*/pay/credit"))
    address = pictures(fan.get(talk))[0]
    refund(app, invoice_of(invoice), 499)
    assert SECRET not in fan.get(talk).text
    assert fetch(fan, address) == 402


def test_the_address_of_a_closed_file_opens_nothing(
    app: Flask, fan: PageClient, creator: PageClient, talk: str, ben: Person, mara: Person
) -> None:
    mine = pictures(locked(app, creator, mara, talk))[0]
    assert fetch(creator, mine) == 200
    assert fetch(fan, mine) == 404
    _, parcel = last(app)
    assert parcel is not None
    with app.app_context():
        theirs = addresses.address(parcel.media[0], "w320", holder=("parcel", parcel.id), viewer_id=ben.id)
    assert fetch(fan, theirs) == 402


def test_two_clicks_make_one_invoice_and_what_is_open_none(
    app: Flask, fan: PageClient, creator: PageClient, talk: str, ben: Person, mara: Person
) -> None:
    locked(app, creator, mara, talk)
    give_credit(app, ben, 1000)
    first, second = opening(fan, talk), opening(fan, talk)
    assert first.response.request.path == second.response.request.path
    form = fan.get(talk).form(f"{talk}/2/open")
    fan.send(first.form(".*/pay/credit"))
    assert "/invoices/" not in fan.send(form, follow=False).location


def test_money_that_comes_too_late_for_what_was_opened_meanwhile_is_left_over(
    app: Flask, fan: PageClient, creator: PageClient, talk: str, ben: Person, mara: Person
) -> None:
    locked(app, creator, mara, talk)
    late = too_late(app, invoice_of(opening(fan, talk)))
    assert paid(app, invoice_of(opening(fan, talk))) != late
    money_in(app, late, 499)
    invoice = the_invoice(app, late)
    assert (invoice.state, invoice.leftover) == ("expired", 499)
    assert SECRET in fan.get(talk).text


def test_bought_it_is_not_taken_back(
    app: Flask, fan: PageClient, creator: PageClient, talk: str, ben: Person, mara: Person
) -> None:
    locked(app, creator, mara, talk)
    give_credit(app, ben, 1000)
    fan.send(opening(fan, talk).form(".*/pay/credit"))
    page = creator.send(creator.get(f"{talk}/2").form(f"{talk}/2/unsend"))
    assert "Somebody paid for this" in page.text
    assert SECRET in fan.get(talk).text


def test_blocked_people_keep_nothing_of_it(
    app: Flask, fan: PageClient, creator: PageClient, talk: str, ben: Person, mara: Person
) -> None:
    send(creator, talk, media=[a_file(app, mara)])
    address = pictures(fan.get(talk))[0]
    blocks(app, mara, ben)
    assert fetch(fan, address) == 404


def suspended(app: Flask, creator: Person, fan: Person) -> None:
    suspends(app, creator)


@pytest.mark.parametrize("ended", [blocks, suspended])
def test_nothing_is_paid_for_what_stays_shut(
    app: Flask, fan: PageClient, talk: str, ben: Person, mara: Person, ended: Ends
) -> None:
    locked(app, signed_in(app, mara), mara, talk)
    give_credit(app, ben, 1000)
    bill = opening(fan, talk)
    ended(app, mara, ben)
    refused = fan.send(bill.form(".*/pay/credit"))
    assert "not offered any more" in refused.text
    assert the_invoice(app, invoice_of(bill)).paid_at is None
    page = fan.get(talk)
    assert not page.has_form(f"{talk}/2/open")
    assert fan.post(f"{talk}/2/open", page.form(f"{talk}/mute").fields).status == 404


def test_what_was_bought_of_somebody_who_is_suspended_stays_open(
    app: Flask, fan: PageClient, creator: PageClient, talk: str, mara: Person
) -> None:
    locked(app, creator, mara, talk)
    paid(app, invoice_of(opening(fan, talk)))
    suspends(app, mara)
    assert SECRET in fan.get(talk).text


def test_what_is_not_there_costs_nothing(
    app: Flask, fan: PageClient, creator: PageClient, talk: str, ben: Person, mara: Person
) -> None:
    """Not while it is being made ready, and not when it cannot be used."""
    media_id = a_file(app, mara, ready=False, state="received")
    locked(app, creator, mara, talk, media=[media_id], locked="")
    waits = fan.get(talk)
    assert "is being made ready" in waits.text
    assert not waits.has_form(f"{talk}/2/open")
    with app.app_context(), transaction():
        making.refuse(UUID(media_id), "codec")
    with app.app_context():
        runner.drain()
    page = fan.get(talk)
    assert "A file did not arrive" in page.text
    assert not page.has_form(f"{talk}/2/open")
    led = fan.post(f"{talk}/2/open", page.form(f"{talk}/mute").fields)
    assert "/invoices/" not in led.response.request.path
    with app.app_context():
        assert db.session.query(Invoice).count() == 0


def test_what_was_billed_and_is_not_there_is_not_paid_for(
    app: Flask, fan: PageClient, creator: PageClient, talk: str, ben: Person, mara: Person
) -> None:
    """As an invoice of a release before is."""
    locked(app, creator, mara, talk)
    give_credit(app, ben, 1000)
    bill = opening(fan, talk)
    _, parcel = last(app)
    assert parcel is not None
    with app.app_context(), transaction():
        kept = db.session.get_one(Parcel, parcel.id)
        kept.media = [one | {"names": {}, "failed": True} for one in kept.media]
    refused = fan.send(bill.form(".*/pay/credit"))
    assert "A file of this message is not there" in refused.text
    assert the_invoice(app, invoice_of(bill)).paid_at is None


@pytest.mark.parametrize("state", ["waiting", "receiving"])
def test_a_file_that_has_not_arrived_is_not_sent(
    app: Flask, fan: PageClient, talk: str, ben: Person, state: str
) -> None:
    page = send(fan, talk, media=[a_file(app, ben, ready=False, state=state, received=400)])
    assert page.status == 422
    assert "has not arrived yet" in page.text
    assert last(app)[1] is None


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"price": "lots"}, "price"),
        ({"price": "0.10"}, "price"),
        ({"price": "5", "locked": "", "media": []}, "price"),
        ({"price": "", "locked": SECRET}, "locked"),
    ],
)
def test_a_price_that_makes_no_sense_is_told_beside_it(
    app: Flask, creator: PageClient, mara: Person, talk: str, values: dict[str, Any], field: str
) -> None:
    page = locked(app, creator, mara, talk, **values)
    assert page.status == 422
    assert page.errors[field]
    assert page.form(talk).fields["body"] == "Something for you"


def test_what_was_refused_still_answers_what_it_answered(creator: PageClient, talk: str) -> None:
    page = creator.send(creator.get(f"{talk}?answer=1").form(talk), body="Yes", price="lots")
    assert page.status == 422
    assert page.form(talk).fields["answers"] == "1"


def test_fans_take_no_price(app: Flask, fan: PageClient, talk: str, ben: Person) -> None:
    page = send(fan, talk, body="Pay me", price="5", locked=SECRET)
    assert page.status == 422
    assert last(app)[1] is None


def test_minors_do_not_open_what_is_for_adults(
    app: Flask, fan: PageClient, creator: PageClient, talk: str, ben: Person, mara: Person
) -> None:
    locked(app, creator, mara, talk)
    with app.app_context(), transaction():
        born = vault().seal("2015-01-01", BIRTH_DATE)
        db.session.execute(update(User).where(User.id == ben.id).values(sealed_birth_date=born))
        db.session.execute(update(Creator).where(Creator.id == mara.id).values(adult=True))
    assert opening(fan, talk).status == 403


def test_a_page_of_parcels_costs_no_more_than_one(
    app: Flask, fan: PageClient, creator: PageClient, talk: str, mara: Person
) -> None:
    locked(app, creator, mara, talk)
    fan.get(talk)
    with counting(app) as one:
        fan.get(talk)
    for _ in range(3):
        locked(app, creator, mara, talk)
    fan.get(talk)
    with counting(app) as many:
        fan.get(talk)
    assert len(many) == len(one) == 2


STEPS = ("pay", "refund", "block", "unblock", "unsend")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(STEPS), max_size=6))
def test_it_is_open_to_whoever_paid_and_got_it_and_to_nobody_else(
    app: Flask, mara: Person, steps: list[str]
) -> None:
    """Whatever happened before: what stands in the page and what the door says are the same."""
    ben, file = a_person(app), UUID(a_file(app, mara))
    with app.app_context():
        with transaction():
            talk_id = writing.conversation_of(ben.id, mara.id)
            following.follow(ben.id, mara.id)
            said = writing.send(mara.id, talk_id, "", new_key(), load=Load([file], 500, "USD", SECRET))
        assert said.parcel is not None
        parcel_id = said.parcel.id
        paid, blocked, sent = False, False, True
        for step in steps:
            with transaction():
                match step:
                    case "pay" if not paid:
                        grants.grant(ben.id, parcel_id, Kind.PURCHASE, cause=f"line:{parcel_id}")
                    case "refund":
                        grants.revoke(ben.id, cause=f"line:{parcel_id}")
                    case "block" if not blocked:
                        following.block(mara.id, ben.id)
                    case "unblock":
                        following.unblock(mara.id, ben.id)
                    case "unsend" if sent:
                        with suppress(Bought):
                            writing.unsend(mara.id, talk_id, said.seq)
                            sent = False
            paid = step == "pay" or (paid and step != "refund")
            blocked = step == "block" or (blocked and step != "unblock")
            doors.clear()
            seen = queries.find_said(queries_talk.find_talk(talk_id, ben.id), said.seq).parcel
            told = doors.decision(ben.id, ("parcel", parcel_id), file)
            expected = sent and paid and not blocked
            assert bool(seen and seen.open and seen.words == SECRET) == expected
            assert bool(told and told.open) == expected


def test_a_price_in_a_table_is_never_an_open_word(
    app: Flask, creator: PageClient, mara: Person, talk: str
) -> None:
    locked(app, creator, mara, talk)
    _, parcel = last(app)
    assert parcel is not None
    assert parcel.sealed_words is not None
    assert SECRET not in parcel.sealed_words
