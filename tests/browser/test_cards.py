"""Paying by card in a real browser: to the processor's page and back, in every shape of ours."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.payments.models import CARD
from app.payments.operations import cases, methods
from app.payments.operations.methods import Card
from app.platform.transaction import transaction
from tests.browser.pages import fits_in_every_shape
from tests.browser.tabs import OpenTab, sign_in
from tests.doubles.cards import DECLINED, GOOD, CardsDouble
from tests.factories.creators import a_creator
from tests.factories.invoices import an_invoice, the_invoice
from tests.factories.people import Person, a_person
from tests.payments.cards import Till, a_plain_invoice, payments_of, taking_cards


@pytest.fixture
def till(app: Flask, processor: CardsDouble, tmp_path: Path) -> Iterator[Till]:
    with taking_cards(app, processor):
        yield Till(app, processor, tmp_path)


@pytest.fixture
def fan(app: Flask) -> Person:
    return a_person(app, "mira")


def choose(tab: Page, card: str) -> None:
    tab.locator(f"input[name=method][value='{card}']").check()
    tab.get_by_role("button", name="Pay").first.click()


@pytest.mark.parametrize("shape", [{}, {"width": 390, "js": False, "theme": "dark"}])
def test_a_fan_pays_by_card(
    app: Flask, open_tab: OpenTab, till: Till, fan: Person, shape: dict[str, object]
) -> None:
    invoice_id = a_plain_invoice(app, fan, 1_250)
    tab = open_tab(**shape)
    sign_in(tab, app, fan)
    tab.goto(f"/invoices/{invoice_id}")
    tab.get_by_text("Keep this card").click()
    tab.get_by_role("button", name="Pay by Card").click()
    expect(tab.get_by_text("12.50").first).to_be_visible()
    choose(tab, DECLINED)
    expect(tab.get_by_text("declined").first).to_be_visible()
    choose(tab, GOOD)
    expect(tab.get_by_text("Thank you.")).to_be_visible()
    till.settle()
    assert (the_invoice(app, invoice_id).state, len(payments_of(app, invoice_id))) == ("paid", 1)
    second = a_plain_invoice(app, fan, 900)
    tab.goto(f"/invoices/{second}")
    tab.get_by_role("button", name="Pay by Visa ending in 4242").click()
    expect(tab.get_by_text("Thank you.")).to_be_visible()
    till.settle()


def test_who_goes_back_and_pays_in_another_tab_pays_once(
    app: Flask, open_tab: OpenTab, till: Till, fan: Person
) -> None:
    invoice_id = a_plain_invoice(app, fan, 1_250)
    tab = open_tab()
    sign_in(tab, app, fan)
    tab.goto(f"/invoices/{invoice_id}")
    tab.get_by_role("button", name="Pay by Card").click()
    expect(tab.get_by_text("12.50").first).to_be_visible()
    hosted = tab.url
    tab.goto(f"/invoices/{invoice_id}")
    fits_in_every_shape(tab)
    other = tab.context.new_page()
    other.goto(hosted)
    choose(other, GOOD)
    expect(other.get_by_text("Thank you.")).to_be_visible()
    expect(tab.get_by_text("Thank you.")).to_be_visible()
    till.settle()
    assert len(payments_of(app, invoice_id)) == 1


def test_every_page_about_cards_fits_and_is_accessible(
    app: Flask, open_tab: OpenTab, till: Till, fan: Person
) -> None:
    tab = open_tab()
    sign_in(tab, app, fan)
    tab.goto("/settings/payment-methods")
    fits_in_every_shape(tab)
    with app.app_context(), transaction():
        methods.keep(fan.id, CARD, Card("pm_1", "visa", "4242", 12, 2040, "US"))
        methods.keep(fan.id, CARD, Card("pm_2", "american_express", "0005", 1, 2020, "US"))
    tab.goto("/settings/payment-methods")
    fits_in_every_shape(tab)
    tab.goto(f"/invoices/{an_invoice(app, fan, total=1_250)}")
    fits_in_every_shape(tab)
    tab.goto(f"/invoices/{an_invoice(app, fan, total=40)}")
    fits_in_every_shape(tab)


def test_every_room_about_cards_fits_and_is_accessible(
    app: Flask, open_tab: OpenTab, till: Till, fan: Person
) -> None:
    desk, office = open_tab(), open_tab()
    sign_in(desk, app, a_creator(app, "ada"))
    desk.goto("/dashboard/ways-to-pay")
    fits_in_every_shape(desk)
    sign_in(office, app, a_person(app, "boss", roles=("fan", "admin")), second_factor=True)
    for room in ("rails", "cases", "cases?state=closed", "disputes", "disputes?state=closed"):
        office.goto(f"/admin/payments/{room}")
        fits_in_every_shape(office)
    with app.app_context(), transaction():
        cases.open_case(
            CARD, "no_entry", "txn_" + "x" * 40, amount=77, currency="USD", source="ch_" + "x" * 40
        )
    payer = open_tab()
    sign_in(payer, app, fan)
    invoice_id = a_plain_invoice(app, fan, 1_250)
    payer.goto(f"/invoices/{invoice_id}")
    payer.get_by_role("button", name="Pay by Card").click()
    choose(payer, GOOD)
    expect(payer.get_by_text("Thank you.")).to_be_visible()
    till.double.control(f"dispute/{payments_of(app, invoice_id)[0].external_id}")
    till.settle()
    for room in ("cases", "disputes"):
        office.goto(f"/admin/payments/{room}")
        fits_in_every_shape(office)
        office.locator("td a.name").first.click()
        fits_in_every_shape(office)
