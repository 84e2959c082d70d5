"""Paying and looking back in a browser, in every shape."""

from datetime import timedelta

from flask import Flask
from playwright.sync_api import expect

from app.invoices.operations import attempts, making
from app.invoices.operations.making import Item, Order
from app.kit import clock
from app.kit.clock import FixedClock
from app.platform.transaction import transaction
from tests.browser.pages import fits_in_every_shape
from tests.browser.tabs import OpenTab, sign_in
from tests.factories.creators import a_creator
from tests.factories.invoices import (
    an_invoice,
    bought,
    dispute,
    give_credit,
    money_in,
    paid,
    refund,
    the_invoice,
    tried,
)
from tests.factories.people import a_person

LONG = "A thing with a name that is as long as names of things become when nobody stops people from typing"


def test_every_page_of_a_payer_fits_and_is_accessible(app: Flask, open_tab: OpenTab) -> None:
    fan, creator = a_person(app, "mira"), a_creator(app, "ada")
    tab = open_tab()
    sign_in(tab, app, fan)
    for path in ("/transactions", "/purchases", "/settings/billing", "/transactions?state=paid"):
        tab.goto(path)
        fits_in_every_shape(tab)
    give_credit(app, fan, 123_456)
    invoices = [an_invoice(app, fan, creator, total=1_250, label=LONG) for _ in range(4)]
    failed = tried(app, invoices[1])
    with app.app_context(), transaction():
        attempts.fail(failed, "card_declined", "Your bank said no. Try another card, or ask the bank.")
    money_in(app, invoices[2], 300)
    tried(app, invoices[3])
    over, back, open_dispute = (bought(app, fan, creator, total=1_250) for _ in range(3))
    money_in(app, over, 300)
    refund(app, back, 1_250)
    dispute(app, open_dispute)
    with clock.using(FixedClock(clock.now() - timedelta(days=40))):
        old = an_invoice(app, fan, creator)
    for invoice_id in (*invoices, over, back, open_dispute, old):
        tab.goto(f"/invoices/{invoice_id}")
        fits_in_every_shape(tab)
    for path in ("/transactions", "/purchases"):
        tab.goto(path)
        fits_in_every_shape(tab)


def test_every_page_of_sellers_and_admins_fits_and_is_accessible(app: Flask, open_tab: OpenTab) -> None:
    fan, creator = a_person(app, "mira"), a_creator(app, "ada")
    invoice_id = an_invoice(app, fan, creator, total=1_250, label=LONG)
    money_in(app, invoice_id, 1_250, external_id="ch_" + "x" * 40, attempt_id=tried(app, invoice_id))
    refund(app, invoice_id, 250, note="As they asked")
    disputed = bought(app, fan, creator, total=1_250)
    dispute(app, disputed)
    desk = open_tab()
    sign_in(desk, app, creator)
    for one in (invoice_id, disputed):
        desk.goto(f"/dashboard/sales/{one}")
        fits_in_every_shape(desk)
    office = open_tab()
    sign_in(office, app, a_person(app, "boss", roles=("fan", "admin")), second_factor=True)
    for path in ("payments", "payments?q=nothing", f"payments/{invoice_id}", f"payments/{disputed}", "fees"):
        office.goto(f"/admin/{path}")
        fits_in_every_shape(office)


def test_whoever_waits_sees_the_money_arrive(app: Flask, open_tab: OpenTab) -> None:
    fan = a_person(app, "mira")
    invoice_id = an_invoice(app, fan, total=1_250)
    tried(app, invoice_id)
    tab = open_tab()
    sign_in(tab, app, fan)
    tab.goto(f"/invoices/{invoice_id}")
    expect(tab.get_by_text("Waiting for test")).to_be_visible()
    paid(app, invoice_id)
    expect(tab.get_by_text("Thank you.")).to_be_visible()
    expect(tab.get_by_text("Waiting for test")).to_be_hidden()


def test_credit_pays_without_javascript(app: Flask, open_tab: OpenTab) -> None:
    fan = a_person(app, "mira")
    with app.app_context(), transaction():
        order = Order(fan.id, None, "pass", "USD", (Item("A word of thanks", 1_250),))
        invoice_id = making.make(order).id
    give_credit(app, fan, 1_300)
    tab = open_tab(width=390, js=False)
    sign_in(tab, app, fan)
    tab.goto(f"/invoices/{invoice_id}")
    tab.get_by_role("button", name="Pay by Credit").click()
    expect(tab.get_by_text("Thank you.")).to_be_visible()
    assert the_invoice(app, invoice_id).state == "paid"
