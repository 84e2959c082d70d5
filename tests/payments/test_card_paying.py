"""Paying an invoice by card, from its page to the processor's and back."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from flask import Flask

from app.invoices.operations import making
from app.invoices.operations.making import Item, Order
from app.platform.transaction import transaction
from tests.doubles.cards import (
    ASKS_ALWAYS,
    ASKS_ONCE,
    BANK_HONOURS,
    BANK_REFUSES,
    DECLINED,
    GOOD,
)
from tests.factories.creators import a_creator
from tests.factories.invoices import an_invoice, give_credit, the_invoice
from tests.factories.people import a_person, signed_in
from tests.payments.cards import Till, another_card, attempts_of, kept_card, payments_of


def test_a_fan_pays_by_card_and_comes_back_to_a_paid_invoice(app: Flask, till: Till) -> None:
    fan = a_person(app)
    page, invoice_id = signed_in(app, fan), an_invoice(app, fan, a_creator(app), total=1_200)
    back = till.pay(page, invoice_id)
    assert "Paid" in back.text and "ending in 4242" in back.text
    invoice = the_invoice(app, invoice_id)
    assert (invoice.state, invoice.received) == ("paid", 1_200)
    till.settle()
    assert [one.amount for one in payments_of(app, invoice_id)] == [1_200]
    assert [one.state for one in attempts_of(app, invoice_id)] == ["succeeded"]


def test_the_webhook_alone_pays_when_nobody_comes_back(app: Flask, till: Till) -> None:
    fan = a_person(app)
    page, invoice_id = signed_in(app, fan), an_invoice(app, fan, total=700)
    till.double.pay(till.open_page(page, invoice_id))
    till.settle()
    assert the_invoice(app, invoice_id).state == "paid"


def test_a_second_click_and_a_second_tab_find_the_same_page(app: Flask, till: Till) -> None:
    fan = a_person(app)
    page, invoice_id = signed_in(app, fan), an_invoice(app, fan, total=700)
    first = till.open_page(page, invoice_id)
    assert till.open_page(page, invoice_id) == first
    assert len(attempts_of(app, invoice_id)) == 1


def test_who_leaves_the_page_finds_the_way_back_to_it(app: Flask, till: Till) -> None:
    fan = a_person(app)
    page, invoice_id = signed_in(app, fan), an_invoice(app, fan, total=700)
    address = till.open_page(page, invoice_id)
    attempt = attempts_of(app, invoice_id)[0]
    back = page.get(f"/invoices/{invoice_id}/back/{attempt.id}")
    assert "Nothing was taken" in back.text
    link = back.one(f'a[href="/invoices/{invoice_id}/go/{attempt.id}"]')
    assert page.get(str(link["href"]), follow=False).location == address


def test_a_declined_card_leaves_the_page_open_for_another_one(app: Flask, till: Till) -> None:
    fan = a_person(app)
    page, invoice_id = signed_in(app, fan), an_invoice(app, fan, total=700)
    address = till.open_page(page, invoice_id)
    assert "declined" in till.double.pay(address, DECLINED).text
    till.settle()
    assert the_invoice(app, invoice_id).state == "open"
    assert "Paid" in till.come_back(page, till.double.pay(address, GOOD)).text


def test_a_bank_that_asks_its_customer_is_answered_on_the_way(app: Flask, till: Till) -> None:
    fan = a_person(app)
    page, invoice_id = signed_in(app, fan), an_invoice(app, fan, total=700)
    assert "Paid" in till.pay(page, invoice_id, ASKS_ONCE).text


def test_a_page_that_grew_too_old_ends_its_attempt(app: Flask, till: Till) -> None:
    fan = a_person(app)
    page, invoice_id = signed_in(app, fan), an_invoice(app, fan, total=700)
    till.open_page(page, invoice_id)
    attempt = attempts_of(app, invoice_id)[0]
    till.double.client().v1.checkout.sessions.expire(str(attempt.provider_id))
    till.settle()
    assert attempts_of(app, invoice_id)[0].state == "expired"
    assert the_invoice(app, invoice_id).state == "open"
    assert "Paid" in till.pay(page, invoice_id).text


def test_an_invoice_given_up_closes_its_page(app: Flask, till: Till) -> None:
    fan = a_person(app)
    page, invoice_id = signed_in(app, fan), an_invoice(app, fan, total=700)
    address = till.open_page(page, invoice_id)
    page.send(page.get(f"/invoices/{invoice_id}").form(f"/invoices/{invoice_id}/cancel"))
    till.settle()
    assert the_invoice(app, invoice_id).state == "cancelled"
    assert till.double.visit(address, {"method": GOOD, "email": "fan@example.org"}).status >= 400
    assert not payments_of(app, invoice_id)


def test_a_bank_debit_is_on_its_way_until_the_bank_says_yes(app: Flask, till: Till) -> None:
    fan = a_person(app)
    page, invoice_id = signed_in(app, fan), an_invoice(app, fan, total=700)
    seen = till.pay(page, invoice_id, BANK_HONOURS).text
    assert "on its way" in seen and "Waiting for the bank" in seen
    assert the_invoice(app, invoice_id).state == "processing"
    bank_answers(app, till, invoice_id, honours=True)
    assert the_invoice(app, invoice_id).state == "paid"


def test_a_bank_debit_that_is_refused_opens_the_invoice_again(app: Flask, till: Till) -> None:
    fan = a_person(app)
    page, invoice_id = signed_in(app, fan), an_invoice(app, fan, total=700)
    till.pay(page, invoice_id, BANK_REFUSES)
    bank_answers(app, till, invoice_id, honours=False)
    assert the_invoice(app, invoice_id).state == "open"
    assert "Your bank refused" in page.get(f"/invoices/{invoice_id}").text


def test_what_is_too_little_for_a_card_says_so(app: Flask, till: Till) -> None:
    fan = a_person(app)
    invoice_id = an_invoice(app, fan, total=40)
    assert "Cards take at least $0.50" in signed_in(app, fan).get(f"/invoices/{invoice_id}").text


def test_a_card_that_was_kept_pays_the_next_time_with_one_click(app: Flask, till: Till) -> None:
    fan = a_person(app)
    page = signed_in(app, fan)
    till.pay(page, an_invoice(app, fan, total=700), keep="y")
    till.settle()
    invoice_id = an_invoice(app, fan, total=900)
    here = page.get(f"/invoices/{invoice_id}")
    assert "Visa ending in 4242" in here.text
    assert "Paid" in page.send(kept_card(here, invoice_id)).text
    till.settle()
    assert [one.amount for one in payments_of(app, invoice_id)] == [900]


def test_a_card_is_not_kept_unless_its_owner_says_so(app: Flask, till: Till) -> None:
    fan = a_person(app)
    page = signed_in(app, fan)
    till.pay(page, an_invoice(app, fan, total=700))
    till.settle()
    assert "No card on file" in page.get("/settings/payment-methods").text


def test_a_kept_card_whose_bank_asks_leads_to_the_page_that_asks(app: Flask, till: Till) -> None:
    fan = a_person(app)
    page = signed_in(app, fan)
    till.pay(page, an_invoice(app, fan, total=700), ASKS_ALWAYS, keep="y")
    till.settle()
    invoice_id = an_invoice(app, fan, total=900)
    on = page.send(kept_card(page.get(f"/invoices/{invoice_id}"), invoice_id), follow=False)
    address = page.get(on.location, follow=False).location
    assert address.startswith(till.double.url)
    assert "Paid" in till.come_back(page, till.double.pay(address, ASKS_ALWAYS)).text


def test_nobody_pays_with_the_card_of_somebody_else(app: Flask, till: Till) -> None:
    fan, other = a_person(app), a_person(app)
    till.pay(signed_in(app, fan), an_invoice(app, fan, total=700), keep="y")
    till.settle()
    mine = an_invoice(app, fan, total=700)
    choice = kept_card(signed_in(app, fan).get(f"/invoices/{mine}"), mine).fields["choice"]
    page, theirs = signed_in(app, other), an_invoice(app, other, total=900)
    form = another_card(page.get(f"/invoices/{theirs}"), theirs)
    answer = page.send(form, choice=choice)
    assert answer.status == 422 and "not on file" in answer.text
    assert not attempts_of(app, theirs)


def test_nobody_opens_the_payment_of_somebody_else(app: Flask, till: Till) -> None:
    fan = a_person(app)
    invoice_id = an_invoice(app, fan, total=700)
    till.open_page(signed_in(app, fan), invoice_id)
    attempt = attempts_of(app, invoice_id)[0]
    stranger = signed_in(app, a_person(app))
    for way in ("go", "back"):
        assert stranger.get(f"/invoices/{invoice_id}/{way}/{attempt.id}").status == 404


def test_credit_that_paid_a_part_makes_a_new_page_for_the_rest(app: Flask, till: Till) -> None:
    fan = a_person(app)
    page, invoice_id = signed_in(app, fan), an_invoice(app, fan, total=700)
    first = till.open_page(page, invoice_id)
    give_credit(app, fan, 200)
    page.send(page.get(f"/invoices/{invoice_id}").form(f"/invoices/{invoice_id}/pay/credit"))
    second = till.open_page(page, invoice_id)
    assert second != first
    till.come_back(page, till.double.pay(second))
    till.settle()
    assert the_invoice(app, invoice_id).state == "paid"
    assert till.double.visit(first, {"method": GOOD, "email": "fan@example.org"}).status >= 400


def bank_answers(app: Flask, till: Till, invoice_id: UUID, *, honours: bool) -> None:
    session = till.double.client().v1.checkout.sessions.retrieve(
        str(attempts_of(app, invoice_id)[0].provider_id)
    )
    till.double.control(f"async/{session.payment_intent}?ok={'yes' if honours else 'no'}")
    till.settle()


def test_many_browsers_at_once_are_led_to_one_page(app: Flask, till: Till) -> None:
    fan = a_person(app)
    page, invoice_id = signed_in(app, fan), an_invoice(app, fan, total=700)
    here = page.get(f"/invoices/{invoice_id}")
    on = page.send(another_card(here, invoice_id), follow=False).location
    pages = [signed_in(app, fan) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        addresses = set(pool.map(lambda one: one.get(on, follow=False).location, pages))
    assert addresses == {attempts_of(app, invoice_id)[0].data["url"]}


def test_what_renews_keeps_its_card_and_says_so(app: Flask, till: Till) -> None:
    fan = a_person(app)
    with app.app_context(), transaction():
        item = Item("Gold, one month", 700, data={"renews": True})
        invoice_id = making.make(Order(fan.id, None, "pass", "USD", (item,))).id
    page = signed_in(app, fan)
    assert "kept for renewals" in page.get(f"/invoices/{invoice_id}").text
    assert "Paid" in till.pay(page, invoice_id).text
    assert "Visa ending in 4242" in page.get("/settings/payment-methods").text


def test_who_wants_the_card_kept_after_all_gets_another_page(app: Flask, till: Till) -> None:
    fan = a_person(app)
    page, invoice_id = signed_in(app, fan), an_invoice(app, fan, total=700)
    first = till.open_page(page, invoice_id)
    second = till.open_page(page, invoice_id, keep="y")
    assert first != second
    assert sorted(one.state for one in attempts_of(app, invoice_id)) == ["cancelled", "waiting"]
    till.come_back(page, till.double.pay(second))
    till.settle()
    assert len(payments_of(app, invoice_id)) == 1
    assert "Visa ending in 4242" in page.get("/settings/payment-methods").text
