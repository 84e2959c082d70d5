"""Cards on file: added, preferred, removed, and what their banks do to them."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import pytest
from flask import Flask

from app.extensions import db
from app.payments.models import CARD, PaymentMethod
from app.payments.operations import methods
from app.payments.operations.methods import Card
from app.platform.transaction import transaction
from tests.doubles.cards import DECLINED, GOOD
from tests.factories.invoices import an_invoice
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import Page, PageClient
from tests.payments.cards import Till, card_forms

HOME = "/settings/payment-methods"
MASTERCARD = "5555555555554444"


def add(till: Till, page: PageClient, card: str = GOOD, start: str = HOME) -> Page:
    on = page.send(page.get(start).form(HOME), follow=False)
    address = page.get(on.location, follow=False).location
    back = urlsplit(till.double.pay(address, card).location)
    return page.get(f"{back.path}?{back.query}")


def method_ids(app: Flask, fan: Person) -> list[UUID]:
    with app.app_context():
        found = db.session.query(PaymentMethod.id).filter_by(user_id=fan.id, removed_at=None)
        return [one.id for one in found.order_by(PaymentMethod.id)]


def test_a_card_is_added_on_the_processor_s_page(app: Flask, till: Till, fan: Person) -> None:
    page = signed_in(app, fan)
    assert "No card on file" in page.get(HOME).text
    added = add(till, page)
    assert "Visa ending in 4242 Preferred" in added.text and "The card is on file" in added.text
    till.settle()
    assert len(method_ids(app, fan)) == 1


@pytest.mark.parametrize(
    ("wanted", "where"), [("/feed?show=media", "/feed?show=media"), ("//elsewhere.test/", HOME)]
)
def test_who_needs_a_card_for_something_goes_on_with_that(
    till: Till, app: Flask, fan: Person, wanted: str, where: str
) -> None:
    added = add(till, signed_in(app, fan), start=f"{HOME}?{urlencode({'next': wanted})}")
    assert added.response.request.full_path.rstrip("?") == where
    assert "The card is on file" in added.text


def test_a_card_is_on_file_also_when_nobody_comes_back(app: Flask, till: Till, fan: Person) -> None:
    page = signed_in(app, fan)
    on = page.send(page.get(HOME).form(HOME), follow=False)
    till.double.pay(page.get(on.location, follow=False).location)
    till.settle()
    assert "Visa ending in 4242" in page.get(HOME).text


def test_a_card_that_is_refused_is_not_kept(app: Flask, till: Till, fan: Person) -> None:
    page = signed_in(app, fan)
    on = page.send(page.get(HOME).form(HOME), follow=False)
    till.double.pay(page.get(on.location, follow=False).location, DECLINED)
    till.settle()
    assert "No card on file" in page.get(f"{HOME}/back").text


def test_somebody_else_s_page_brings_me_no_card(app: Flask, till: Till, fan: Person) -> None:
    page, stranger = signed_in(app, fan), signed_in(app, a_person(app))
    on = page.send(page.get(HOME).form(HOME), follow=False)
    visit = till.double.pay(page.get(on.location, follow=False).location)
    back = urlsplit(visit.location)
    assert "No card on file" in stranger.get(f"{back.path}?{back.query}").text
    assert len(method_ids(app, fan)) == 1


def test_the_preferred_card_comes_first(app: Flask, till: Till, fan: Person) -> None:
    page = signed_in(app, fan)
    add(till, page)
    add(till, page, MASTERCARD)
    till.settle()
    _, second = method_ids(app, fan)
    there = page.send(page.get(HOME).form(f"{HOME}/{second}/prefer"))
    assert "Mastercard ending in 4444 Preferred" in there.text
    invoice_id = an_invoice(app, fan, total=700)
    forms = card_forms(page.get(f"/invoices/{invoice_id}"), invoice_id)
    assert forms[0].fields["choice"] == str(second)


def test_a_card_that_is_removed_is_gone_here_and_there(app: Flask, till: Till, fan: Person) -> None:
    page = signed_in(app, fan)
    add(till, page)
    add(till, page, MASTERCARD)
    till.settle()
    first, second = method_ids(app, fan)
    there = page.send(page.get(HOME).form(f"{HOME}/{first}/remove"))
    assert "4242" not in there.text and "Mastercard ending in 4444 Preferred" in there.text
    till.settle()
    with app.app_context():
        gone = db.session.get_one(PaymentMethod, first).provider_id
    assert till.double.client().v1.payment_methods.retrieve(gone).customer is None
    assert page.get(HOME).has_form(f"{HOME}/{second}/remove")


def test_a_card_that_pays_for_something_is_removed_only_when_one_says_so(
    app: Flask, till: Till, fan: Person
) -> None:
    page = signed_in(app, fan)
    add(till, page)
    (only,) = method_ids(app, fan)
    methods.charged_by("test", lambda method_id: ["Gold of @mira"] if method_id == only else [])
    try:
        warned = page.send(page.get(HOME).form(f"{HOME}/{only}/remove"))
        assert warned.status == 422 and "Gold of @mira" in warned.text
        assert "The card is removed" in page.send(warned.form(f"{HOME}/{only}/remove")).text
    finally:
        methods.charged_by("test", lambda _: [])


def test_nobody_touches_the_card_of_somebody_else(app: Flask, till: Till, fan: Person) -> None:
    page, stranger = signed_in(app, fan), signed_in(app, a_person(app))
    add(till, page)
    (only,) = method_ids(app, fan)
    form = stranger.get(HOME).form(HOME)
    for act in ("prefer", "remove"):
        form.action = f"{HOME}/{only}/{act}"
        assert stranger.send(form).status == 404


def test_a_card_that_its_bank_took_back_is_not_offered(app: Flask, till: Till, fan: Person) -> None:
    page = signed_in(app, fan)
    add(till, page)
    (only,) = method_ids(app, fan)
    with app.app_context():
        known = db.session.get_one(PaymentMethod, only).provider_id
    till.double.client().v1.payment_methods.detach(known)
    till.settle()
    assert "No card on file" in page.get(HOME).text


@pytest.mark.parametrize(("year", "word"), [(2020, "Expired"), (2090, "Good until 01/2090")])
def test_a_card_says_how_long_it_is_good(app: Flask, till: Till, fan: Person, year: int, word: str) -> None:
    page = signed_in(app, fan)
    add(till, page)
    with app.app_context(), transaction():
        only = db.session.query(PaymentMethod).filter_by(user_id=fan.id).one()
        only.exp_month, only.exp_year = 1, year
    assert word in page.get(HOME).text
    invoice_id = an_invoice(app, fan, total=700)
    assert len(card_forms(page.get(f"/invoices/{invoice_id}"), invoice_id)) == (1 if year == 2020 else 2)


def test_the_same_card_kept_twice_is_listed_once(app: Flask, till: Till, fan: Person) -> None:
    page = signed_in(app, fan)
    add(till, page)
    (older,) = method_ids(app, fan)
    moved: list[tuple[UUID, UUID]] = []
    methods.charged_by("test", lambda _: [], lambda before, then: moved.append((before, then)))
    try:
        add(till, page, MASTERCARD)
        assert "The card is on file" in add(till, page).text
        till.settle()
    finally:
        methods.charged_by("test", lambda _: [])
    mastercard, newest = method_ids(app, fan)
    there = page.get(HOME).text
    assert there.count("4242") == 1 and "Visa ending in 4242 Preferred" in there
    assert moved == [(older, newest)] and mastercard != newest
    with app.app_context():
        gone, kept = (db.session.get_one(PaymentMethod, one).provider_id for one in (older, newest))
    known = till.double.client().v1.payment_methods
    assert known.retrieve(gone).customer is None and known.retrieve(kept).customer


def test_the_same_card_told_of_by_many_at_once_is_kept_once(app: Flask, fan: Person) -> None:
    """Each page that it was typed on has a method of its own."""

    def keep(number: int) -> None:
        card = Card(f"pm_{number % 4}", "visa", "4242", 12, 2090, "US", "one-and-the-same")
        with app.app_context(), transaction():
            methods.keep(fan.id, CARD, card)

    with app.app_context(), transaction():
        methods.remember_customer(fan.id, CARD, "cus_1")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(keep, range(16)))
    assert len(method_ids(app, fan)) == 1
    with app.app_context():
        assert db.session.query(PaymentMethod).filter_by(user_id=fan.id).count() == 4


def test_the_same_card_of_two_people_is_on_file_with_both(app: Flask, till: Till, fan: Person) -> None:
    other = a_person(app)
    for person in (fan, other):
        add(till, signed_in(app, person))
    till.settle()
    assert len(method_ids(app, fan)) == len(method_ids(app, other)) == 1


def test_a_house_without_a_processor_takes_no_cards(app: Flask, fan: Person) -> None:
    page = signed_in(app, fan)
    assert "Cards are not taken here" in page.get(HOME).text
    assert not page.get(HOME).has_form(HOME)
    assert page.get(f"{HOME}/new?wish=12345678").status == 404
    invoice_id = an_invoice(app, fan, total=700)
    here = page.get(f"/invoices/{invoice_id}")
    assert not card_forms(here, invoice_id)
    form = here.form(f"/invoices/{invoice_id}/cancel")
    form.action = f"/invoices/{invoice_id}/pay/card"
    assert page.send(form).status == 422
