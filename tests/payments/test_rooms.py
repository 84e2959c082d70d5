"""Ways to pay are opened and closed; cases are looked at."""

from uuid import UUID

import pytest
from flask import Flask

from app.payments import queries
from app.payments.operations import cases
from app.platform.transaction import transaction
from tests.factories.creators import a_creator
from tests.factories.invoices import an_invoice
from tests.factories.people import a_person, signed_in
from tests.page_client import PageClient
from tests.payments.cards import Till, card_forms

HOUSE, MINE, CASES = "/admin/payments/rails", "/dashboard/ways-to-pay", "/admin/payments/cases"


@pytest.fixture
def admin(app: Flask) -> PageClient:
    return signed_in(app, a_person(app, roles=("admin",)), second_factor=True)


def switch(page: PageClient, home: str, rail: str = "card") -> str:
    return page.send(page.get(home).form(f"{home}/{rail}")).text


def takes_cards(app: Flask, seller_id: UUID | None) -> bool:
    with app.app_context():
        return queries.is_open("card", seller_id)


def test_a_creator_closes_a_way_for_what_they_sell(app: Flask, till: Till) -> None:
    creator, other, fan = a_creator(app), a_creator(app), a_person(app)
    page, payer = signed_in(app, creator), signed_in(app, fan)
    mine, theirs = an_invoice(app, fan, creator), an_invoice(app, fan, other)
    begun = card_forms(payer.get(f"/invoices/{mine}"), mine)[0]
    assert "Card is closed from now on" in switch(page, MINE)
    assert not card_forms(payer.get(f"/invoices/{mine}"), mine)
    assert card_forms(payer.get(f"/invoices/{theirs}"), theirs)
    assert payer.send(begun).status == 422
    assert "Card is open from now on" in switch(page, MINE)
    assert card_forms(payer.get(f"/invoices/{mine}"), mine)


def test_what_the_house_closes_is_closed_for_all(app: Flask, admin: PageClient) -> None:
    creator = a_creator(app)
    switch(admin, HOUSE)
    assert not takes_cards(app, creator.id) and not takes_cards(app, None)
    assert "Closed in the whole house" in signed_in(app, creator).get(MINE).text
    switch(admin, HOUSE)
    assert takes_cards(app, creator.id)


def test_closing_twice_is_closing_once(app: Flask) -> None:
    creator = a_creator(app)
    page = signed_in(app, creator)
    form = page.get(MINE).form(f"{MINE}/card")
    page.send(form)
    page.send(form, idempotency_key="another-key")
    assert not takes_cards(app, creator.id)
    switch(page, MINE)
    assert takes_cards(app, creator.id)


def test_credit_cannot_be_closed(app: Flask) -> None:
    page = signed_in(app, a_creator(app))
    here = page.get(MINE)
    assert not here.has_form(f"{MINE}/credit")
    form = here.form(f"{MINE}/card")
    form.action = f"{MINE}/credit"
    assert page.send(form).status == 404


def test_a_case_is_read_and_closed_with_a_note(app: Flask, admin: PageClient) -> None:
    assert "No open cases" in admin.get(CASES).text
    assert "No closed cases" in admin.get(f"{CASES}?state=closed").text
    with app.app_context(), transaction():
        assert cases.open_case("card", "no_entry", "txn_1", amount=77, currency="USD", source=None)
        assert not cases.open_case("card", "no_entry", "txn_1")
    listed = admin.get(CASES)
    assert "A movement that is not in the books" in listed.text
    case = admin.get(str(listed.one(f'a.name[href^="{CASES}/"]')["href"]))
    assert "txn_1" in case.text and "$0.77" in case.text
    form = case.form(f"{CASES}/.*/close")
    assert "note" in admin.send(form).errors
    assert "The case is closed" in admin.send(form, note="A transfer of ours, booked by hand.").text
    assert "No open cases" in admin.get(CASES).text
    closed = admin.get(f"{CASES}?state=closed")
    there = admin.get(str(closed.one(f'a.name[href^="{CASES}/"]')["href"]))
    assert "A transfer of ours" in there.text and not there.has_form(f"{CASES}/.*/close")
