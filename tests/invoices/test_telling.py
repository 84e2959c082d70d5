"""Who is told what about money, by mail."""

from datetime import timedelta

from flask import Flask

from app.accounts.models import User
from app.extensions import db
from app.invoices.operations import disputing
from app.kit.clock import FixedClock
from app.kit.ids import new_id
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account
from app.platform import mail, outbox, work
from app.platform.transaction import transaction
from tests.factories.creators import a_creator
from tests.factories.invoices import LOST, an_invoice, bought, dispute, money_in, refund, the_invoice
from tests.factories.people import Person, a_person, signed_in
from tests.factories.post import Letter, last_letter, letters
from tests.invoices.conftest import later


def told(app: Flask, person: Person, template: str) -> list[Letter]:
    with app.app_context():
        outbox.relay()
        work.drain()
    return letters(app, person.email, template)


def test_a_payer_gets_a_receipt_and_a_seller_hears_of_the_sale(app: Flask) -> None:
    fan, creator = a_person(app), a_creator(app)
    invoice_id = bought(app, fan, creator, total=500, label="A film")
    (receipt,) = told(app, fan, "invoice_paid")
    number = the_invoice(app, invoice_id).number
    assert receipt.subject == f"Receipt {number}: $5.00 for A film"
    assert receipt.path("/invoices") == f"/invoices/{invoice_id}"
    (sale,) = told(app, creator, "invoice_sold")
    assert sale.path("/dashboard") == f"/dashboard/sales/{invoice_id}"


def test_what_cost_nothing_needs_no_receipt(app: Flask) -> None:
    fan = a_person(app)
    an_invoice(app, fan, total=0)
    assert told(app, fan, "invoice_paid") == []


def test_sellers_may_switch_the_mails_off_and_payers_may_not(app: Flask) -> None:
    fan, creator = a_person(app), a_creator(app)
    page = signed_in(app, creator)
    seen = page.get("/settings/notifications")
    assert not seen.soup.select('input[value="payments.mail"][name=on]:not([disabled])')
    form = seen.form("/settings/notifications")
    shown = [str(one["value"]) for one in seen.soup.select("input[name=shown]")]
    page.send(form, shown=shown, on=[one for one in shown if one != "sales.mail"])
    bought(app, fan, creator)
    assert told(app, creator, "invoice_sold") == []
    assert len(told(app, fan, "invoice_paid")) == 1


def test_too_little_and_too_much_are_told(app: Flask) -> None:
    fan = a_person(app)
    invoice_id = an_invoice(app, fan, total=500)
    money_in(app, invoice_id, 200)
    (less,) = told(app, fan, "invoice_underpaid")
    assert "$3.00" in less.subject
    money_in(app, invoice_id, 450)
    (more,) = told(app, fan, "money_waiting")
    assert "$1.50" in more.subject


def test_what_was_paid_of_an_invoice_that_expires_is_told(app: Flask, fixed_clock: FixedClock) -> None:
    fan = a_person(app)
    money_in(app, an_invoice(app, fan, total=500), 200)
    an_invoice(app, fan, total=500)
    assert told(app, fan, "money_waiting") == []
    fixed_clock.move(timedelta(hours=25))
    later(app, timedelta())
    (waiting,) = told(app, fan, "money_waiting")
    assert "$2.00" in waiting.subject
    assert "only a part of what was asked for" in " ".join(waiting.text.split())
    assert "not needed" not in waiting.text


def test_refunds_are_told_and_what_became_of_them(app: Flask) -> None:
    fan = a_person(app)
    invoice_id = bought(app, fan, a_creator(app), total=500)
    refund(app, invoice_id, 100, as_credit=True)
    (one,) = told(app, fan, "invoice_refunded")
    assert "$1.00 of it is yours as credit" in one.text
    refund(app, invoice_id, 400, note=LOST)
    assert "credit already" not in told(app, fan, "invoice_refunded")[-1].text
    assert "could not be sent back" in told(app, fan, "refund_failed")[0].subject


def test_a_seller_is_told_of_a_dispute_and_of_its_end(app: Flask) -> None:
    creator = a_creator(app)
    invoice_id = bought(app, a_person(app), creator, total=500)
    opened = dispute(app, invoice_id)
    (first,) = told(app, creator, "sale_disputed")
    assert "$4.60" in first.text
    with app.app_context(), transaction():
        disputing.won(opened, Account(Kind.CARD_CLEARING, "USD"))
    (second,) = told(app, creator, "dispute_decided")
    assert "decided for you" in second.text


def test_a_dispute_that_closes_nothing_is_told_as_one(app: Flask) -> None:
    """About money that paid for nothing: it came twice."""
    creator = a_creator(app)
    invoice_id = bought(app, a_person(app), creator, total=500)
    money_in(app, invoice_id, 500, external_id="twice")
    opened = dispute(app, invoice_id, of="twice")
    (first,) = told(app, creator, "sale_disputed")
    sale = signed_in(app, creator).get(f"/dashboard/sales/{invoice_id}")
    for text in (first.text, sale.text):
        assert "of which you have no share" in text
        assert "closed meanwhile" not in text and "$0.00 of your share" not in text
    with app.app_context(), transaction():
        disputing.lost(opened)
    (second,) = told(app, creator, "dispute_decided")
    assert "of which you have no share" in " ".join(second.text.split())
    assert "$0.00" not in second.text


def test_of_a_dispute_that_an_older_release_wrote_about_the_share_is_told(app: Flask) -> None:
    with app.app_context(), transaction():
        mail.send(
            "dispute_decided",
            "ann@example.org",
            name="Ann",
            what="A film",
            amount="$5.00",
            held="$4.60",
            outcome="It was decided for you",
            link="http://localhost/",
        )
    (decided,) = letters(app, "ann@example.org", "dispute_decided")
    assert "your share of $4.60" in " ".join(decided.text.split())


def test_nobody_is_told_where_the_house_sold(app: Flask) -> None:
    fan = a_person(app)
    dispute(app, bought(app, fan))
    assert told(app, fan, "sale_disputed") == []


def test_who_left_gets_no_mail(app: Flask) -> None:
    fan, creator = a_person(app), a_creator(app)
    invoice_id = an_invoice(app, fan, creator, subject_id=new_id())
    with app.app_context(), transaction():
        db.session.get_one(User, fan.id).email = None
    money_in(app, invoice_id, 500)
    assert told(app, fan, "invoice_paid") == []
    assert last_letter(app, creator.email, "invoice_sold")
