"""Tips within a conversation, and a first word that costs something."""

from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from app.chat.models import Member, Message
from app.entitlements.operations import grants
from app.entitlements.rules import Kind
from app.extensions import db
from app.invoices.models import Invoice
from app.platform.transaction import transaction
from app.tips.models import Tip
from tests.chat.talking import begin, say, words_of
from tests.factories.creators import a_creator, a_tier, blocks
from tests.factories.invoices import give_credit, money_in, refund, shop, the_invoice, too_late
from tests.factories.people import Person, a_person, signed_in, suspends
from tests.page_client import Page, PageClient


@pytest.fixture
def mara(app: Flask) -> Person:
    shop(app)
    return a_creator(app, "mara")


@pytest.fixture
def ben(app: Flask) -> Person:
    person = a_person(app, "ben")
    give_credit(app, person, 10_000)
    return person


@pytest.fixture
def creator(app: Flask, mara: Person) -> PageClient:
    return signed_in(app, mara)


@pytest.fixture
def fan(app: Flask, ben: Person) -> PageClient:
    return signed_in(app, ben)


@pytest.fixture
def talk(fan: PageClient, mara: Person) -> str:
    return begin(fan, "mara")


def tip(fan: PageClient, where: str, note: str = "For the tram") -> Page:
    return fan.send(fan.get(where).form(where), amount="5", note=note)


def invoice_of(app: Flask) -> UUID:
    with app.app_context():
        return db.session.query(Invoice).one().id


def test_a_tip_is_said_in_the_conversation_and_counts_as_new(
    fan: PageClient, creator: PageClient, talk: str
) -> None:
    creator.get(talk)
    thanks = tip(fan, f"{talk}/tip")
    assert "for mara" in thanks.text.lower()
    assert "For the tram" in creator.get("/messages").text
    shown = creator.get(talk)
    assert "A tip of $5.00" in shown.text
    assert words_of(shown)[-1] == "For the tram"
    assert not creator.get("/messages").soup.select(".talk-new")


def test_a_tip_on_a_message_answers_it(fan: PageClient, creator: PageClient, talk: str) -> None:
    say(creator, talk, "The new print is drying")
    tip(fan, f"{talk}/2/tip", note="")
    last = creator.get(talk).soup.select("li[data-seq]")[-1]
    assert last.select_one(".quote").get_text() == "The new print is drying"  # type: ignore[union-attr]
    assert "A tip of $5.00" in last.get_text()


def test_an_unpaid_tip_is_not_said(app: Flask, creator: PageClient, mara: Person) -> None:
    poor = signed_in(app, a_person(app, "zoe"))
    talk = begin(poor, "mara")
    tip(poor, f"{talk}/tip")
    assert "A tip of" not in creator.get(talk).text


def test_a_tip_that_came_back_says_so_and_cannot_be_taken_back_by_hand(
    app: Flask, fan: PageClient, creator: PageClient, talk: str
) -> None:
    tip(fan, f"{talk}/tip")
    assert not fan.get(f"{talk}/2").has_form(f"{talk}/2/unsend")
    form = fan.get(f"{talk}/1").form(f"{talk}/1/unsend")
    form.action = f"{talk}/2/unsend"
    assert fan.send(form).status == 422
    refund(app, invoice_of(app), 500)
    assert "returned" in creator.get(talk).text
    with app.app_context():
        assert db.session.query(Message).count() == 2
        tipped = db.session.query(Tip).one()
        assert tipped.paid_at and tipped.returned_at and tipped.returned_at > tipped.paid_at


def test_a_tip_leaves_what_its_giver_began_to_write_there(fan: PageClient, talk: str) -> None:
    token = fan.get(talk).form(talk).fields["csrf_token"]
    fan.post(f"{talk}/draft", {"csrf_token": token, "body": "Half a thought"})
    tip(fan, f"{talk}/tip")
    assert fan.get(talk).form(talk).fields["body"] == "Half a thought"
    say(fan, talk, "A whole one")
    assert fan.get(talk).form(talk).fields["body"] == ""


def test_fans_and_those_apart_are_given_nothing(
    app: Flask, fan: PageClient, creator: PageClient, talk: str, mara: Person, ben: Person
) -> None:
    assert creator.get(f"{talk}/tip").status == 404
    assert fan.get(f"{talk}/1/tip").status == 404  # one's own words
    assert signed_in(app).get(f"{talk}/tip").status == 404
    blocks(app, mara, ben)
    assert fan.get(f"{talk}/tip").status == 404


def asks(creator: PageClient, **values: Any) -> Page:
    where = "/settings/messages"
    return creator.send(creator.get(where).form(where), **values)


def test_a_first_word_is_paid_once_and_then_one_may_write(
    app: Flask, fan: PageClient, creator: PageClient
) -> None:
    asks(creator, messages_from="paid", first_price="3")
    page = fan.get("/messages/to/mara")
    assert "costs $3.00" in page.text
    assert not page.has_form("/messages/to/mara")
    invoice = fan.send(page.form("/messages/to/mara/pay"))
    assert invoice.response.request.path == fan.send(page.form("/messages/to/mara/pay")).response.request.path
    assert "You can write now" in fan.send(invoice.form(".*/pay/credit")).text
    talk = fan.get("/messages/to/mara", follow=False).location.partition("#")[0]
    say(fan, talk, "Is the blue one left?")
    assert "Is the blue one left?" in creator.get(talk).text
    refund(app, invoice_of(app), 300)
    assert not fan.get(talk).has_form(talk)


def test_a_first_word_that_was_paid_meanwhile_is_not_paid_again_by_money_that_comes_late(
    app: Flask, fan: PageClient, creator: PageClient
) -> None:
    asks(creator, messages_from="paid", first_price="3")
    fan.send(fan.get("/messages/to/mara").form("/messages/to/mara/pay"))
    late = too_late(app, invoice_of(app))
    again = fan.send(fan.get("/messages/to/mara").form("/messages/to/mara/pay"))
    fan.send(again.form(".*/pay/credit"))
    money_in(app, late, 300)
    assert the_invoice(app, late).leftover == 300


def test_nobody_pays_for_a_first_word_to_whom_the_house_sent_away(
    app: Flask, fan: PageClient, creator: PageClient, mara: Person
) -> None:
    asks(creator, messages_from="paid", first_price="3")
    bill = fan.send(fan.get("/messages/to/mara").form("/messages/to/mara/pay"))
    suspends(app, mara)
    assert "takes no messages at the moment" in fan.send(bill.form(".*/pay/credit")).text
    money_in(app, invoice_of(app), 300)
    assert the_invoice(app, invoice_of(app)).leftover == 300


def test_who_may_write_anyway_pays_nothing(app: Flask, fan: PageClient, creator: PageClient) -> None:
    asks(creator, messages_from="paid", first_price="3")
    form = fan.get("/messages/to/mara").form("/messages/to/mara/pay")
    asks(creator, messages_from="everyone")
    assert fan.send(form, follow=False).location == "/messages/to/mara"
    asks(creator, messages_from="nobody")
    form = form.fill(idempotency_key=str(UUID(int=7)))
    assert fan.send(form).status == 403
    with app.app_context():
        assert db.session.query(Invoice).count() == 0
        assert db.session.query(Member).count() == 0


@pytest.mark.parametrize("price", ["", "nothing", "0.20", "99999"])
def test_a_price_for_the_first_word_has_to_be_one(creator: PageClient, price: str) -> None:
    page = asks(creator, messages_from="paid", first_price=price)
    assert page.status == 422
    assert page.errors["first_price"]


def test_messages_are_taken_from_a_tier_on(
    app: Flask, mara: Person, ben: Person, fan: PageClient, creator: PageClient
) -> None:
    a_tier(app, mara, name="Bronze", rank=1)
    a_tier(app, mara, name="Gold", rank=2)
    asks(creator, messages_from="subscribers", from_rank="2")
    for rank, may in ((1, False), (2, True)):
        with app.app_context(), transaction():
            extent = grants.Extent(rank)
            grants.grant(ben.id, mara.id, Kind.SUBSCRIPTION, cause="test", extent=extent)
        page = fan.get("/messages/to/mara")
        assert page.has_form("/messages/to/mara") is may
        assert ("from Gold on" in page.text) is not may
