"""The pages of a payer: the invoice, what was paid, what is owned, where they live."""

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from pypdf import PdfReader

from app.extensions import db
from app.invoices import queries
from app.invoices.models import Refund
from app.invoices.operations import attempts, disputing, making
from app.invoices.operations.making import Item, Order
from app.kit import clock
from app.kit.ids import new_id
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account
from app.platform.transaction import transaction
from tests.factories.creators import a_creator
from tests.factories.invoices import (
    Shop,
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
from tests.factories.people import Person, a_person, signed_in
from tests.invoices.conftest import balance, later, lives_in
from tests.page_client import Page, PageClient
from tests.queries import counting


@pytest.fixture
def fan(app: Flask) -> Person:
    return a_person(app, "mira")


@pytest.fixture
def creator(app: Flask) -> Person:
    return a_creator(app, "ada", display_name="Ada Lovelace")


@pytest.fixture
def home(app: Flask, fan: Person) -> PageClient:
    return signed_in(app, fan)


def read(paper: Page) -> str:
    """What stands on a paper."""
    pages = PdfReader(io.BytesIO(paper.response.data)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_it_says_what_it_is_for_and_what_it_costs(
    app: Flask, home: PageClient, fan: Person, creator: Person
) -> None:
    invoice_id = an_invoice(app, fan, creator, total=1_250, label="Gold, a month")
    seen = home.get(f"/invoices/{invoice_id}")
    assert seen.status == 200
    assert "Gold, a month" in seen.text and "Ada Lovelace" in seen.text
    assert "$12.50" in seen.text and "To be paid" in seen.text


def test_nobody_else_sees_it(app: Flask, fan: Person, creator: Person) -> None:
    invoice_id = an_invoice(app, fan, creator)
    for other in (creator, a_person(app)):
        for path in ("", "/state", "/receipt.pdf"):
            assert signed_in(app, other).get(f"/invoices/{invoice_id}{path}").status == 404


@pytest.mark.parametrize("what", ["cancel", "give-back", "credit", "pay/credit"])
def test_nobody_else_does_anything_with_it(app: Flask, fan: Person, what: str) -> None:
    invoice_id = an_invoice(app, fan)
    other = signed_in(app, a_person(app))
    form = other.get("/settings/billing").form("/settings/billing")
    form.action = f"/invoices/{invoice_id}/{what}"
    assert other.send(form).status == 404
    assert the_invoice(app, invoice_id).state == "open"


def test_without_a_thing_to_open_it_leads_to_where_its_payer_came_from(
    app: Flask, home: PageClient, fan: Person
) -> None:
    order = Order(fan.id, None, "pass", "USD", (Item("A word of thanks", 0),), return_to="/feed")
    with app.app_context(), transaction():
        invoice_id = making.make(order).id
    assert home.get(f"/invoices/{invoice_id}").one("a[href='/feed'].btn-primary").get_text() == "Go on"
    with app.app_context(), transaction():
        bare = making.make(replace(order, return_to="")).id
    assert "A receipt is in your mail" in home.get(f"/invoices/{bare}").text


def test_credit_pays_it_and_the_way_on_is_shown(
    app: Flask, home: PageClient, fan: Person, creator: Person
) -> None:
    subject = new_id()
    invoice_id = an_invoice(app, fan, creator, total=500, subject_id=subject)
    give_credit(app, fan, 700)
    seen = home.get(f"/invoices/{invoice_id}")
    assert "You have $7.00" in seen.text
    seen = home.send(seen.form(f"/invoices/{invoice_id}/pay/credit"))
    assert "Paid" in seen.text
    assert seen.one(f'a[href="/posts/{subject}"]')
    assert the_invoice(app, invoice_id).state == "paid"
    assert "You have $2.00 as credit" in home.get("/transactions").text


def test_credit_that_is_too_little_pays_a_part(app: Flask, home: PageClient, fan: Person) -> None:
    invoice_id = an_invoice(app, fan, total=500)
    give_credit(app, fan, 200)
    seen = home.get(f"/invoices/{invoice_id}")
    assert "$3.00 would remain to be paid" in seen.text
    seen = home.send(seen.form(f"/invoices/{invoice_id}/pay/credit"))
    assert "$3.00 is missing" in seen.text
    seen = home.send(seen.form(f"/invoices/{invoice_id}/give-back"))
    assert the_invoice(app, invoice_id).state == "cancelled"
    give_credit(app, fan, 1)
    again = an_invoice(app, fan, total=201)
    home.send(home.get(f"/invoices/{again}").form(f"/invoices/{again}/pay/credit"))
    assert the_invoice(app, again).state == "paid"


def test_a_page_left_open_cannot_pay_with_credit_that_is_gone(
    app: Flask, home: PageClient, fan: Person
) -> None:
    first, second = an_invoice(app, fan, total=500), an_invoice(app, fan, total=500)
    give_credit(app, fan, 500)
    page = home.get(f"/invoices/{second}")
    home.send(home.get(f"/invoices/{first}").form(f"/invoices/{first}/pay/credit"))
    seen = home.send(page.form(f"/invoices/{second}/pay/credit"))
    assert (seen.status, the_invoice(app, second).state) == (422, "open")
    assert "no credit left" in seen.text


def test_a_page_left_open_cannot_pay_with_credit_while_a_payment_is_on_its_way(
    app: Flask, home: PageClient, fan: Person
) -> None:
    invoice_id = an_invoice(app, fan, total=500)
    give_credit(app, fan, 500)
    page = home.get(f"/invoices/{invoice_id}")
    attempt_id = tried(app, invoice_id)
    with app.app_context(), transaction():
        attempts.on_its_way(attempt_id)
    seen = home.send(page.form(f"/invoices/{invoice_id}/pay/credit"))
    assert "A payment is on its way already" in seen.text
    assert balance(app, Kind.FAN_CREDIT, fan) == 500
    money_in(app, invoice_id, 500, attempt_id=attempt_id)
    assert the_invoice(app, invoice_id).state == "paid"


def test_whoever_waits_is_told_only_what_is_new(app: Flask, home: PageClient, fan: Person) -> None:
    invoice_id = an_invoice(app, fan, total=500)
    assert not home.get(f"/invoices/{invoice_id}").soup.select("[hx-get]")
    tried(app, invoice_id)
    seen = home.get(f"/invoices/{invoice_id}")
    assert "Waiting for test rail" in seen.text
    asks = str(seen.one("[hx-get]")["hx-get"])
    assert home.get(asks).status == 204
    paid(app, invoice_id)
    news = home.get(asks)
    assert news.status == 200 and "Paid" in news.text and not news.soup.select("[hx-get]")
    assert not news.soup.select("html[lang]")


def test_what_went_wrong_is_said_in_plain_words(app: Flask, home: PageClient, fan: Person) -> None:
    invoice_id = an_invoice(app, fan, total=500)
    attempt_id = tried(app, invoice_id)
    with app.app_context(), transaction():
        attempts.fail(attempt_id, "card_declined", "Your bank said no. Try another card.")
    seen = home.get(f"/invoices/{invoice_id}")
    assert "did not go through" in seen.text and "Try another card" in seen.text


def test_it_can_be_cancelled_once(app: Flask, home: PageClient, fan: Person, shelves: Shop) -> None:
    invoice_id = an_invoice(app, fan)
    page = home.get(f"/invoices/{invoice_id}")
    seen = home.send(page.form(f"/invoices/{invoice_id}/cancel"))
    assert "Nothing is owed" in seen.text
    assert len(shelves.let_go) == 1
    late = page.form(f"/invoices/{invoice_id}/cancel").fill(idempotency_key="another")
    assert home.send(late).status == 422


@pytest.mark.parametrize("way", ["give-back", "credit"])
def test_what_was_paid_too_much_is_cleared_by_its_payer(
    app: Flask, home: PageClient, fan: Person, creator: Person, way: str
) -> None:
    invoice_id = bought(app, fan, creator, total=500)
    money_in(app, invoice_id, 300)
    seen = home.get(f"/invoices/{invoice_id}")
    assert "$3.00 is left over" in seen.text
    assert "$3.00 of it is left over" in read(home.get(f"/invoices/{invoice_id}/receipt.pdf"))
    seen = home.send(seen.form(f"/invoices/{invoice_id}/{way}"))
    assert "left over" not in seen.text
    assert "left over" not in read(home.get(f"/invoices/{invoice_id}/receipt.pdf"))
    found = the_invoice(app, invoice_id)
    assert (found.state, found.returned, found.leftover) == ("paid", 300, 0)


@pytest.mark.parametrize("state", ["refunded", "part", "disputed", "expired", "processing"])
def test_every_state_has_its_words(app: Flask, home: PageClient, fan: Person, state: str) -> None:
    invoice_id = an_invoice(app, fan, total=500)
    words = {
        "refunded": "All of it went back",
        "part": "You keep what you bought",
        "disputed": "Your bank took a payment back",
        "expired": "too old to be paid",
        "processing": "on its way",
    }
    if state == "processing":
        attempt_id = tried(app, invoice_id)
        with app.app_context(), transaction():
            attempts.on_its_way(attempt_id)
    elif state == "expired":
        later(app, timedelta(hours=25))
    else:
        paid(app, invoice_id)
        if state == "disputed":
            dispute(app, invoice_id)
        else:
            refund(app, invoice_id, 500 if state == "refunded" else 100)
    assert words[state] in home.get(f"/invoices/{invoice_id}").text


def test_the_page_asks_a_fixed_number_of_questions(
    app: Flask, home: PageClient, fan: Person, creator: Person
) -> None:
    few, many = an_invoice(app, fan, creator), bought(app, fan, creator, total=1_000)
    for _ in range(5):
        money_in(app, many, 10)
        refund(app, many, 10)
    home.get(f"/invoices/{few}")
    with counting(app) as first:
        home.get(f"/invoices/{few}")
    with counting(app) as second:
        home.get(f"/invoices/{many}")
    assert len(second) <= len(first) + 1


def test_the_receipt_is_a_paper_with_all_that_counts(
    app: Flask, home: PageClient, fan: Person, creator: Person
) -> None:
    form = home.get("/settings/billing").form("/settings/billing")
    home.send(form, country="FI", name="Mira Ελένη محمد आरती สมชาย יעל 光", address="Street 1\nHelsinki")
    invoice_id = bought(app, fan, creator, total=1_250, label="Gold, a month")
    refund(app, invoice_id, 250)
    number = the_invoice(app, invoice_id).number
    seen = home.get(f"/invoices/{invoice_id}")
    paper = home.get(str(seen.one("a[href$='.pdf']")["href"]))
    assert paper.response.mimetype == "application/pdf"
    text = read(paper)
    for part in (f"Receipt {number}", "Gold, a month", "$12.50", "$2.50", "Finland", "Helsinki", "@ada"):
        assert part in text, part


def test_a_receipt_says_what_the_bank_took_back(app: Flask, home: PageClient, fan: Person) -> None:
    invoice_id = bought(app, fan, total=1_250)
    opened = dispute(app, invoice_id)
    assert "What went back" not in read(home.get(f"/invoices/{invoice_id}/receipt.pdf"))
    with app.app_context(), transaction():
        disputing.lost(opened)
    _, back = read(home.get(f"/invoices/{invoice_id}/receipt.pdf")).split("What went back")
    for part in (f"{clock.now():%-d %B %Y}", "By the bank", "decided for the payer", "$12.50"):
        assert part in back, part
    assert "-$12.50" in home.get(f"/invoices/{invoice_id}").text


def test_what_a_receipt_says_went_back_adds_up(app: Flask, home: PageClient, fan: Person) -> None:
    """It became credit, and then its payer's bank took it: once, all in all."""
    invoice_id = bought(app, fan, total=500)
    refund(app, invoice_id, 500, as_credit=True)
    with app.app_context(), transaction():
        disputing.lost(dispute(app, invoice_id))
    _, back = read(home.get(f"/invoices/{invoice_id}/receipt.pdf")).split("What went back")
    assert re.findall(r"-?\$[0-9.]+", back) == ["$5.00", "$5.00", "-$5.00"]


def test_what_a_bank_gave_instead_of_a_refund_went_once(
    app: Flask, home: PageClient, fan: Person, creator: Person
) -> None:
    """On its pages as on its receipt; admins see both."""
    invoice_id = bought(app, fan, creator, total=1_000)
    refund(app, invoice_id, 400, deliver=False)
    with app.app_context(), transaction():
        disputing.lost(dispute(app, invoice_id))
        disputing.overtook(db.session.query(Refund.id).scalar(), "charge_disputed")
    for page, address in (
        (home, f"/invoices/{invoice_id}"),
        (signed_in(app, creator), f"/dashboard/sales/{invoice_id}"),
    ):
        moved = page.get(address).soup.select("ul.rows li > .num")
        assert [one.get_text() for one in moved] == ["$10.00", "-$10.00"]


def test_a_receipt_says_which_tax_and_which_coins(taxed: Flask, fan: Person) -> None:
    home = signed_in(taxed, fan)
    lives_in(taxed, fan, "GR")
    invoice_id = an_invoice(taxed, fan, total=1_240, label="A pass")
    hot = Account(Kind.CHAIN_HOT, "USDC")
    moved = money_in(taxed, invoice_id, 1_000, rail_amount=10_000_000, rail_currency="USDC", into=hot)
    money_in(taxed, invoice_id, 240, origin={"last4": "4242"})
    text = read(home.get(f"/invoices/{invoice_id}/receipt.pdf"))
    for part in ("Greece", "$2.40 tax (24 %, Greece)", "10.00 USDC", "ending in 4242", "Mira (@mira)"):
        assert part in text, part
    shown = home.get(f"/invoices/{invoice_id}").text
    assert "$2.40 of it is tax (24 %, GR)" in shown and "10.00 USDC came in" in shown
    assert moved in shown.replace(" ", "")


def test_a_receipt_of_several_and_of_nothing(app: Flask, home: PageClient, fan: Person) -> None:
    order = Order(fan.id, None, "pass", "USD", (Item("A pass", 0, quantity=3),))
    with app.app_context(), transaction():
        invoice_id = making.make(order).id
    text = read(home.get(f"/invoices/{invoice_id}/receipt.pdf"))
    assert "3 of A pass" in text and "How it was paid" not in text


def test_there_is_no_receipt_before_it_is_paid(app: Flask, home: PageClient, fan: Person) -> None:
    assert home.get(f"/invoices/{an_invoice(app, fan)}/receipt.pdf").status == 404


def test_the_history_is_filtered_and_paged(
    app: Flask, home: PageClient, fan: Person, creator: Person
) -> None:
    assert "No transactions yet" in home.get("/transactions").text
    bought(app, fan, creator, label="First thing", kind="tip")
    for n in range(30):
        an_invoice(app, fan, creator, label=f"Thing {n}")
    seen = home.get("/transactions")
    assert "Thing 29" in seen.text and "First thing" not in seen.text
    older = home.get(str(seen.one("a[rel=next]")["href"]))
    assert "First thing" in older.text
    only = home.get("/transactions?state=paid&kind=tip")
    assert "First thing" in only.text and "Thing 29" not in only.text
    assert "Nothing here" in home.get("/transactions?state=refunded").text


def test_the_history_is_taken_along_as_a_table(app: Flask, home: PageClient, fan: Person) -> None:
    bought(app, fan, total=500, label="=1+1")
    an_invoice(app, fan, total=700, label="Other")
    rows = list(csv.DictReader(io.StringIO(home.get("/transactions.csv").response.get_data(as_text=True))))
    assert [row["total"] for row in rows] == ["7.00", "5.00"]
    assert rows[1]["what"] == "'=1+1"
    assert rows[1]["state"] == "paid"


def test_a_long_history_is_taken_along_whole(
    app: Flask, home: PageClient, fan: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "STREAMED", 2)
    for n in range(5):
        an_invoice(app, fan, label=f"Thing {n}")
    text = home.get("/transactions.csv").response.get_data(as_text=True)
    assert [line.split(",")[3] for line in text.splitlines()[1:]] == [f"Thing {n}" for n in range(4, -1, -1)]


def test_purchases_are_paged(app: Flask, home: PageClient, fan: Person) -> None:
    for n in range(31):
        bought(app, fan, label=f"Thing {n}")
    older = home.get(str(home.get("/purchases").one("a[rel=next]")["href"]))
    assert "Thing 0" in older.text and "Thing 30" not in older.text
    assert "Nothing on this page" in home.get(f"/purchases?before={UUID(int=0)}").text


def test_purchases_lead_to_what_is_owned(app: Flask, home: PageClient, fan: Person, creator: Person) -> None:
    assert "Nothing bought yet" in home.get("/purchases").text
    subject = new_id()
    bought(app, fan, creator, subject_id=subject, label="A film")
    gone = bought(app, fan, creator, label="Given back")
    refund(app, gone, 500)
    seen = home.get("/purchases")
    assert seen.one(f'a[href="/posts/{subject}"]').get_text() == "A film"
    assert "Given back" not in seen.text


def test_billing_details_are_kept_and_can_be_emptied(home: PageClient) -> None:
    form = home.get("/settings/billing").form("/settings/billing")
    seen = home.send(form, country="DE", name="Mira", address="Street 1")
    kept = seen.form("/settings/billing").fields
    assert (kept["country"], kept["name"], kept["address"]) == ("DE", "Mira", "Street 1")
    seen = home.send(seen.form("/settings/billing"), country="", name="", address="")
    assert seen.form("/settings/billing").fields["country"] == ""
    assert home.send(seen.form("/settings/billing"), name="x" * 200).errors.keys() == {"name"}
