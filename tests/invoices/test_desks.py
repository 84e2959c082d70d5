"""What admins and sellers see of a payment, and how they give it back."""

from datetime import timedelta

import pytest
from flask import Flask

from app.extensions import db
from app.invoices.models import Dispute, Payment, Refund
from app.kit.clock import FixedClock
from app.kit.ids import new_id
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account, Entry, Leg, post
from app.platform.transaction import transaction
from tests.factories.creators import a_creator
from tests.factories.invoices import an_invoice, bought, dispute, money_in, paid, refund, the_invoice, tried
from tests.factories.people import Person, a_person, signed_in
from tests.invoices.conftest import balance, later
from tests.page_client import PageClient

FIND = "/admin/payments"


@pytest.fixture
def admin(app: Flask) -> Person:
    return a_person(app, "root", roles=("fan", "admin"))


@pytest.fixture
def office(app: Flask, admin: Person) -> PageClient:
    return signed_in(app, admin, second_factor=True)


def test_a_payment_is_found_by_whatever_names_it(app: Flask, office: PageClient) -> None:
    fan, creator = a_person(app, "mira"), a_creator(app, "ada")
    invoice_id = an_invoice(app, fan, creator)
    attempt_id = tried(app, invoice_id)
    money_in(app, invoice_id, 500, external_id="ch_123", attempt_id=attempt_id)
    refund(app, invoice_id, 100)
    dispute(app, invoice_id, 100)
    bought(app, a_person(app), a_creator(app))
    with app.app_context():
        names = [
            str(the_invoice(app, invoice_id).number), str(invoice_id), str(attempt_id), "ch_123", "@mira",
            "@ADA", str(db.session.query(Payment.id).filter_by(invoice_id=invoice_id).scalar()),
            str(db.session.query(Refund.id).scalar()), db.session.query(Dispute.provider_id).scalar(),
        ]  # fmt: skip
    for name in names:
        found = office.get(f"{FIND}?q={name}", follow=False)
        assert found.location == f"{FIND}/{invoice_id}", name
    assert "No invoice goes by that name" in office.get(f"{FIND}?q=pi_nothing").text
    assert office.get(f"{FIND}?q={'x' * 300}").status == 422


def test_all_of_them_are_listed_page_by_page(app: Flask, office: PageClient) -> None:
    assert "No invoices yet" in office.get(FIND).text
    fan = a_person(app, "mira")
    for n in range(31):
        an_invoice(app, fan, label=f"Thing {n}")
    seen = office.get(f"{FIND}?q=@mira")
    assert "Thing 30" in seen.text
    older = office.get(str(seen.one("a[rel=next]")["href"]))
    assert "Thing 0" in older.text and "Thing 30" not in older.text


def test_its_whole_story_is_told(app: Flask, office: PageClient) -> None:
    fan, creator = a_person(app, "mira"), a_creator(app, "ada")
    invoice_id = an_invoice(app, fan, creator, total=500)
    money_in(app, invoice_id, 500, external_id="ch_123", attempt_id=tried(app, invoice_id))
    refund(app, invoice_id, 100, note="A word of ours")
    dispute(app, invoice_id, 200)
    seen = office.get(f"{FIND}/{invoice_id}")
    for part in ("@mira", "@ada", "ch_123", "A word of ours", "Fraudulent", "Disputed", "Sale", "Refund"):
        assert part in seen.text, part
    entry = str(seen.one("a[href^='/admin/ledger/entries/']")["href"])
    back = str(office.get(entry).one(f"a[href='{FIND}?q={invoice_id}']")["href"])
    assert office.get(back, follow=False).location == f"{FIND}/{invoice_id}"
    assert office.get(f"{FIND}/{new_id()}").status == 404


def test_an_admin_refunds_a_part_and_then_the_rest(app: Flask, office: PageClient, admin: Person) -> None:
    invoice_id = bought(app, a_person(app), a_creator(app), total=500)
    seen = office.get(f"{FIND}/{invoice_id}")
    seen = office.send(
        seen.form(f"{FIND}/{invoice_id}/refund"), amount="1.20", reason="mistake", how="credit"
    )
    assert the_invoice(app, invoice_id).kept == 380
    form = seen.form(f"{FIND}/{invoice_id}/refund")
    assert form.fields["amount"] == "3.80"
    office.send(form)
    assert the_invoice(app, invoice_id).state == "refunded"
    with app.app_context():
        made = db.session.query(Refund).order_by(Refund.id).all()
        assert [(one.rail, one.reason, one.asked_by) for one in made] == [
            ("credit", "mistake", admin.id),
            ("test", "asked", admin.id),
        ]
    assert not office.get(f"{FIND}/{invoice_id}").has_form(f"{FIND}/{invoice_id}/refund")
    assert office.send(form.fill(idempotency_key="again")).status == 422


@pytest.mark.parametrize("typed", ["5.01", "0", "nothing", ""])
def test_a_wrong_amount_is_refused_beside_its_field(app: Flask, office: PageClient, typed: str) -> None:
    invoice_id = bought(app, a_person(app), a_creator(app), total=500)
    form = office.get(f"{FIND}/{invoice_id}").form(f"{FIND}/{invoice_id}/refund")
    seen = office.send(form, amount=typed)
    assert (seen.status, set(seen.errors)) == (422, {"amount"})


def test_an_admin_does_not_decide_about_their_own_money(
    app: Flask, office: PageClient, admin: Person
) -> None:
    invoice_id = bought(app, admin, a_creator(app))
    seen = office.send(office.get(f"{FIND}/{invoice_id}").form(f"{FIND}/{invoice_id}/refund"))
    assert seen.status == 422 and "another admin decides" in seen.text
    assert the_invoice(app, invoice_id).kept == 500


def test_a_seller_sees_a_sale_and_gives_it_back(app: Flask) -> None:
    fan, creator = a_person(app, "mira"), a_creator(app, "ada")
    desk = signed_in(app, creator)
    invoice_id = bought(app, fan, creator, total=500)
    here = f"/dashboard/sales/{invoice_id}"
    seen = desk.get(here)
    for part in ("@mira", "$4.60", "-$0.40", "Free to be paid out from"):
        assert part in seen.text, part
    seen = desk.send(seen.form(f"{here}/refund"), amount="2.50")
    assert "$2.30" in seen.text
    assert desk.send(seen.form(f"{here}/refund"), amount="2.51").errors.keys() == {"amount"}
    assert desk.send(seen.form(f"{here}/refund"), amount="x").errors.keys() == {"amount"}
    form = seen.form(f"{here}/refund")
    seen = desk.send(form, amount="2.50")
    assert "Nothing of it is left" in seen.text
    assert desk.send(form.fill(idempotency_key="again")).status == 422


def test_a_seller_does_not_see_by_which_card_it_was_paid(app: Flask) -> None:
    fan, creator = a_person(app), a_creator(app)
    sale = paid(app, an_invoice(app, fan, creator), origin={"last4": "4242"})
    assert "4242" in signed_in(app, fan).get(f"/invoices/{sale}").text
    assert "4242" not in signed_in(app, creator).get(f"/dashboard/sales/{sale}").text


def test_what_is_left_of_a_disputed_sale_is_not_said_to_be_free_on_a_day(app: Flask) -> None:
    """It waits with the dispute, as the page of earnings says."""
    creator = a_creator(app)
    invoice_id = bought(app, a_person(app), creator, total=1_000)
    dispute(app, invoice_id, 300)
    seen = signed_in(app, creator).get(f"/dashboard/sales/{invoice_id}")
    assert "Yours $6.44" in seen.text and "Free to be paid out after the dispute." in seen.text
    assert "Free to be paid out from" not in seen.text


def test_a_seller_sees_what_a_dispute_holds(app: Flask) -> None:
    creator = a_creator(app)
    invoice_id = bought(app, a_person(app), creator, total=500)
    dispute(app, invoice_id)
    seen = signed_in(app, creator).get(f"/dashboard/sales/{invoice_id}")
    assert "$4.60 of your share waits" in seen.text


def test_a_sale_is_nobody_elses(app: Flask) -> None:
    creator, other = a_creator(app), a_creator(app)
    paid_one = bought(app, a_person(app), creator)
    open_one = an_invoice(app, a_person(app), creator)
    for who, invoice_id in ((other, paid_one), (creator, open_one)):
        desk = signed_in(app, who)
        assert desk.get(f"/dashboard/sales/{invoice_id}").status == 404
        own = desk.get("/settings/billing").form("/settings/billing")
        own.action = f"/dashboard/sales/{invoice_id}/refund"
        assert desk.send(own).status == 404


def test_a_seller_who_was_paid_out_asks_the_house(app: Flask) -> None:
    creator = a_creator(app)
    invoice_id = bought(app, a_person(app), creator, total=500)
    later(app, timedelta(days=8))
    pay_out(app, creator, 400)
    desk, here = signed_in(app, creator), f"/dashboard/sales/{invoice_id}"
    seen = desk.send(desk.get(here).form(f"{here}/refund"))
    assert "Ask the house" in seen.errors["amount"]
    assert "Refunded" not in seen.text
    assert the_invoice(app, invoice_id).kept == 500
    desk.send(desk.get(here).form(f"{here}/refund"), amount="0.50")
    assert the_invoice(app, invoice_id).kept == 450
    refund(app, invoice_id, 450)
    assert balance(app, Kind.CREATOR_AVAILABLE, creator) == -400


def pay_out(app: Flask, creator: Person, amount: int) -> None:
    free, clearing = Account(Kind.CREATOR_AVAILABLE, "USD", creator.id), Account(Kind.CARD_CLEARING, "USD")
    with app.app_context(), transaction():
        post(Entry("a-payout", "payout", (Leg(free, amount), Leg(clearing, -amount))))


def test_giving_money_back_asks_an_admin_for_a_fresh_sign_in(
    app: Flask, office: PageClient, fixed_clock: FixedClock
) -> None:
    sale = bought(app, a_person(app), a_creator(app))
    fixed_clock.move(timedelta(minutes=11))
    form = office.get(f"{FIND}/{sale}").form(f"{FIND}/{sale}/refund")
    assert office.send(form, follow=False).location.startswith("/login/confirm")
    assert the_invoice(app, sale).state == "paid"
