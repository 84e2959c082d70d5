"""A tip: from whom, for whom, on what, with which words, and what becomes of the money."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from app.accounts.models import FormerHandle, User
from app.creators.models import Creator
from app.creators.operations import following, pages
from app.entitlements import rules as entitlements
from app.entitlements.operations import grants
from app.extensions import Model, db
from app.invoices.models import Invoice
from app.invoices.operations import limits
from app.ledger import queries as ledger
from app.ledger import verifying
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account
from app.platform import outbox, work
from app.platform.models import AuditRecord, OutboxEvent
from app.platform.transaction import transaction
from app.tips.models import NOTE_MAX, Tip
from tests.factories.creators import a_creator
from tests.factories.invoices import dispute, give_credit, money_in, refund, shop
from tests.factories.people import Person, a_person, signed_in
from tests.factories.post import letters
from tests.factories.posts import a_post
from tests.page_client import Page, PageClient
from tests.queries import counting

HTMX: Any = {"HX-Request": "true"}


@pytest.fixture
def mara(app: Flask) -> Person:
    shop(app)
    return a_creator(app, "mara")


@pytest.fixture
def ben(app: Flask) -> Person:
    return a_person(app, "ben")


def tip(reader: PageClient, where: str, amount: str = "5", note: str = "", *, follow: bool = True) -> Page:
    form = reader.get(where).form(where)
    return reader.send(form, amount=amount, note=note, follow=follow)


def balance(app: Flask, kind: Kind, owner: Person | None = None) -> int:
    with app.app_context():
        return ledger.balance(Account(kind, "USD", owner.id if owner else None)).posted


def the_tips(app: Flask) -> list[Tip]:
    with app.app_context():
        return list(db.session.query(Tip).order_by(Tip.id))


UNLIKE = {"id", "invoice_id", "attempt_id", "number", "external_id", "return_to", "subject_id"}


def values_of(row: Model) -> dict[str, object]:
    """Without what is another one's in each row, and when it was."""
    columns = {name: getattr(row, name) for name in set(row.__table__.columns.keys()) - UNLIKE}
    return {name: bool(it) if isinstance(it, datetime) else it for name, it in columns.items()}


def everything_about(one: Tip) -> list[object]:
    """All rows that a tip leaves behind."""
    invoice = one.invoice
    assert invoice is not None
    rows = [one, invoice, *invoice.lines, *invoice.attempts, *invoice.payments]
    [payment] = invoice.payments
    assert payment.external_id == str(payment.attempt_id)
    said = db.session.query(AuditRecord).filter(AuditRecord.subject_id.in_([str(invoice.id), str(one.id)]))
    told = db.session.query(OutboxEvent).filter(OutboxEvent.payload["invoice_id"].astext == str(invoice.id))
    booked = ledger.entries_about("invoice", invoice.id)
    return [
        *(values_of(row) for row in rows),
        sorted((record.action, record.actor_id, str(record.data)) for record in said),
        sorted(event.topic for event in told),
        [(entry.kind, [(leg.account.kind, leg.amount) for leg in entry.legs]) for entry in booked],
    ]


def invoice_of(app: Flask, one: Tip) -> UUID:
    assert one.invoice_id is not None
    return one.invoice_id


def test_credit_pays_a_tip_at_once_and_its_creator_has_it(app: Flask, mara: Person, ben: Person) -> None:
    give_credit(app, ben, 2_000)
    reader = signed_in(app, ben)
    thanks = tip(reader, "/@mara/tip", "12.50", "For the night trains")
    assert thanks.one("h1").get_text() == "Thank you"
    assert "$12.50 for Mara" in thanks.text
    assert "For the night trains" in thanks.text
    assert balance(app, Kind.FAN_CREDIT, ben) == 750
    earned = balance(app, Kind.CREATOR_PENDING, mara) + balance(app, Kind.CREATOR_AVAILABLE, mara)
    assert earned + balance(app, Kind.PLATFORM_FEE) == 1250
    shown = signed_in(app, mara).get("/dashboard/tips")
    assert "$12.50" in shown.text
    assert "For the night trains" in shown.text
    assert shown.one(".rows a.name")["href"] == "/@ben"
    with app.app_context():
        assert verifying.verify().good
        said = db.session.query(AuditRecord).filter_by(action="tip.given").count()
    assert said == 1


def test_paid_at_once_or_on_its_page_it_leaves_the_same_rows(app: Flask, mara: Person, ben: Person) -> None:
    reader = signed_in(app, ben)
    give_credit(app, ben, 1_250)
    tip(reader, "/@mara/tip", "12.50", "For the night trains")
    invoice = tip(reader, "/@mara/tip", "12.50", "For the night trains").response.request.path
    give_credit(app, ben, 1_250)
    reader.send(reader.get(invoice).form(".*/pay/credit"))
    with app.app_context():
        at_once, later = (everything_about(one) for one in db.session.query(Tip).order_by(Tip.id))
    assert at_once == later
    assert balance(app, Kind.FAN_CREDIT, ben) == 0


def test_credit_pays_a_tip_in_twelve_statements(app: Flask, mara: Person, ben: Person) -> None:
    give_credit(app, ben, 2_000)
    reader = signed_in(app, ben)
    for _ in range(2):
        form = reader.get("/@mara/tip").form("/@mara/tip").fill(amount="5")
        with counting(app) as sent:
            assert reader.send(form, follow=False).status == 303
    writing = [one.split()[2] for one in sent if one.startswith("INSERT")]
    assert len(writing) == len(set(writing)) == 7, "a table is written once"
    assert len(sent) == 12


def test_without_enough_credit_it_waits_to_be_paid(app: Flask, mara: Person, ben: Person) -> None:
    give_credit(app, ben, 499)
    reader = signed_in(app, ben)
    invoice = tip(reader, "/@mara/tip", "5", "Soon")
    [given] = the_tips(app)
    assert invoice.response.request.path == f"/invoices/{given.invoice_id}"
    assert "Tip for Mara" in invoice.one("h1").get_text()
    assert balance(app, Kind.FAN_CREDIT, ben) == 499
    assert "not paid yet" in reader.get(f"/tips/{given.id}").text
    assert "No tips yet" in signed_in(app, mara).get("/dashboard/tips").text, "promised is not given"
    money_in(app, invoice_of(app, given), 500)
    paid = reader.get(f"/invoices/{given.invoice_id}")
    assert paid.one("a.btn-primary")["href"] == f"/tips/{given.id}"
    assert "Thank you. It arrived." in paid.text
    assert "Thank you" in reader.get(f"/tips/{given.id}").text
    assert "Soon" in signed_in(app, mara).get("/dashboard/tips").text


def test_a_tip_on_a_post_names_it(app: Flask, mara: Person, ben: Person) -> None:
    give_credit(app, ben, 500)
    post = a_post(app, mara.id, title="Night trains")
    reader = signed_in(app, ben)
    assert reader.get(f"/posts/{post}").one("article .act[href$='/tip']")["href"] == f"/posts/{post}/tip"
    thanks = tip(reader, f"/posts/{post}/tip")
    assert thanks.one("a.btn-primary")["href"] == f"/posts/{post}"
    shown = signed_in(app, mara).get("/dashboard/tips")
    assert "on Night trains" in shown.text
    with app.app_context():
        assert db.session.query(Invoice).one().kind == "tip"


def test_a_double_click_gives_once_and_two_wishes_give_twice(app: Flask, mara: Person, ben: Person) -> None:
    give_credit(app, ben, 5_000)
    reader = signed_in(app, ben)
    form = reader.get("/@mara/tip").form("/@mara/tip").fill(amount="5")
    first, second = reader.send(form, follow=False), reader.send(form, follow=False)
    assert first.location == second.location
    assert len(the_tips(app)) == 1
    assert reader.send(form, amount="6").status == 409
    tip(reader, "/@mara/tip")
    assert len(the_tips(app)) == 2
    assert balance(app, Kind.FAN_CREDIT, ben) == 4_000


@pytest.mark.parametrize("amount", ["", "0", "0.99", "500.01", "five", "1.234", "-5", "1e3", "9" * 12])
def test_an_amount_that_is_none_is_refused_beside_its_field(app: Flask, mara: Person, amount: str) -> None:
    answer = tip(signed_in(app), "/@mara/tip", amount, "My words")
    assert answer.status == 422
    assert answer.errors.keys() == {"amount"}
    assert "My words" in answer.one("textarea").get_text()
    assert the_tips(app) == []


def test_a_suggested_amount_is_typed_already(app: Flask, mara: Person) -> None:
    asked = signed_in(app).get("/@mara/tip")
    suggested = [str(link["href"]) for link in asked.soup.select("[data-fill]")]
    assert suggested[1] == "/@mara/tip?amount=5.00"
    assert signed_in(app).get(suggested[1]).one("#amount")["value"] == "5.00"


def test_what_somebody_says_is_cleaned_and_bounded(app: Flask, mara: Person, ben: Person) -> None:
    give_credit(app, ben, 500)
    reader = signed_in(app, ben)
    assert tip(reader, "/@mara/tip", note="x" * (NOTE_MAX + 1)).errors.keys() == {"note"}
    tip(reader, "/@mara/tip", note="  <b>bold</b> \u202e \n\n\n\n there ")
    [given] = the_tips(app)
    assert given.note == "<b>bold</b>\n\nthere"
    assert not signed_in(app, mara).get("/dashboard/tips").soup.select("b:-soup-contains(bold)")


def test_words_that_a_creator_does_not_want_wait_folded(app: Flask, mara: Person, ben: Person) -> None:
    with app.app_context(), transaction():
        db.session.get_one(Creator, mara.id).blocked_words = ["turnip"]
    give_credit(app, ben, 500)
    tip(signed_in(app, ben), "/@mara/tip", note="You TURNIP")
    shown = signed_in(app, mara).get("/dashboard/tips")
    assert "TURNIP" in shown.one(".rows details").get_text()


def test_nobody_tips_themselves_or_whom_they_cannot_see(app: Flask, mara: Person, ben: Person) -> None:
    own = tip(signed_in(app, mara), "/@mara/tip")
    assert own.status == 422
    assert "your own page" in own.text
    hidden = a_post(app, mara.id, state="unpublished")
    reader = signed_in(app, ben)
    assert reader.get("/@nobody/tip").status == 404
    assert reader.get("/@ben/tip").status == 404, "no creator"
    assert reader.get(f"/posts/{hidden}/tip").status == 404
    form = reader.get("/@mara/tip").form("/@mara/tip").fill(amount="5")
    with app.app_context(), transaction():
        following.block(mara.id, ben.id)
    assert reader.send(form).status == 404
    assert reader.get("/@mara/tip").status == 404
    assert the_tips(app) == []


def test_credit_pays_no_tip_on_what_was_bought_of_a_page_that_is_closed(
    app: Flask, mara: Person, ben: Person
) -> None:
    give_credit(app, ben, 500)
    post, reader = a_post(app, mara.id, audience="paid", price=499), signed_in(app, ben)
    with app.app_context(), transaction():
        grants.grant(ben.id, post, entitlements.Kind.PURCHASE, cause="invoice:1")
    where = f"/posts/{post}/tip"
    shown = reader.get(f"/posts/{post}")
    assert shown.one(f"a[href='{where}']")
    form = reader.get(where).form(where).fill(amount="5")
    with app.app_context(), transaction():
        pages.close(mara.id)
    assert reader.send(form).status == reader.get(where).status == 404
    assert the_tips(app) == []
    assert balance(app, Kind.FAN_CREDIT, ben) == 500
    kept = reader.get(f"/posts/{post}")
    assert kept.status == 200
    assert not kept.soup.select(f"a[href='{where}']")


def test_a_handle_of_before_still_finds_its_creator(app: Flask, mara: Person, ben: Person) -> None:
    with app.app_context(), transaction():
        db.session.get_one(User, mara.id).handle = "mara_by_night"
        db.session.add(FormerHandle(handle="mara", user_id=mara.id))
    give_credit(app, ben, 500)
    assert "for Mara" in tip(signed_in(app, ben), "/@mara_by_night/tip").text
    asked = signed_in(app, ben).get("/@mara/tip")
    assert asked.form("/@mara_by_night/tip")


def test_who_is_signed_out_comes_back_to_it(app: Flask, mara: Person, page: PageClient) -> None:
    answer = page.get("/@mara/tip", follow=False)
    assert answer.location == "/login?next=/%40mara/tip"
    assert page.get("/@mara").one(".profile a[href='/@mara/tip']")


def test_money_for_a_creator_who_closed_the_door_is_the_payers(app: Flask, mara: Person, ben: Person) -> None:
    reader = signed_in(app, ben)
    tip(reader, "/@mara/tip")
    [given] = the_tips(app)
    with app.app_context(), transaction():
        db.session.get_one(Creator, mara.id).state = "closed"
    money_in(app, invoice_of(app, given), 500)
    assert "$5.00 is left over" in reader.get(f"/invoices/{given.invoice_id}").text
    assert the_tips(app)[0].paid_at is None


def test_a_tip_is_given_and_not_bought_and_had_opened_nothing(app: Flask, mara: Person, ben: Person) -> None:
    reader = signed_in(app, ben)
    tip(reader, "/@mara/tip")
    [given] = the_tips(app)
    money_in(app, invoice_of(app, given), 500)
    with app.app_context():
        outbox.relay()
        work.drain()
    (letter,) = letters(app, mara.email, "invoice_sold")
    assert letter.subject.endswith(" gave you $5.00") and "bought" not in letter.text
    assert given.invoice_id is not None
    dispute(app, given.invoice_id)
    for page in (reader.get(f"/invoices/{given.invoice_id}"), sale_of(app, mara, given)):
        assert "isputed" in page.text and "closed" not in page.text


def sale_of(app: Flask, seller: Person, given: Tip) -> Page:
    return signed_in(app, seller).get(f"/dashboard/sales/{given.invoice_id}")


def test_what_was_refunded_is_no_longer_counted(app: Flask, mara: Person, ben: Person) -> None:
    give_credit(app, ben, 1_500)
    reader = signed_in(app, ben)
    for _ in range(3):
        tip(reader, "/@mara/tip")
    whole, part, _ = the_tips(app)
    refund(app, invoice_of(app, whole), 500)
    refund(app, invoice_of(app, part), 100)
    shown = signed_in(app, mara).get("/dashboard/tips")
    assert shown.one(".stat b").get_text() == "$9.00"
    assert "2 tips" in shown.one(".stat small").get_text()
    assert "Returned" in shown.text
    assert "Partly returned" in shown.text
    assert "It came back" in reader.get(f"/tips/{whole.id}").text


def test_what_a_bank_left_of_a_tip_is_counted(app: Flask, mara: Person, ben: Person) -> None:
    """As it is in what its creator earned, while the bank decides about a part of it."""
    tip(signed_in(app, ben), "/@mara/tip")
    [given] = the_tips(app)
    money_in(app, invoice_of(app, given), 500)
    dispute(app, invoice_of(app, given), 200)
    shown = signed_in(app, mara).get("/dashboard/tips")
    assert shown.one(".stat b").get_text() == "$3.00"
    assert "Partly returned" in shown.text and "1 tip" in shown.one(".stat small").get_text()


def test_a_spending_limit_holds_for_tips(app: Flask, mara: Person, ben: Person) -> None:
    give_credit(app, ben, 5_000)
    with app.app_context(), transaction():
        limits.set_limit(ben.id, 700)
    reader = signed_in(app, ben)
    assert tip(reader, "/@mara/tip").status == 200
    refused = tip(reader, "/@mara/tip")
    assert refused.status == 422
    assert "$2.00 are left this month" in refused.text
    assert len(the_tips(app)) == 1


def test_a_tip_is_its_givers_alone(app: Flask, mara: Person, ben: Person) -> None:
    give_credit(app, ben, 500)
    tip(signed_in(app, ben), "/@mara/tip")
    [given] = the_tips(app)
    for other in (signed_in(app), signed_in(app, mara)):
        assert other.get(f"/tips/{given.id}").status == 404


def test_many_tips_are_read_page_by_page_in_as_many_statements(app: Flask, mara: Person, ben: Person) -> None:
    give_credit(app, ben, 100_000)
    reader, creator = signed_in(app, ben), signed_in(app, mara)
    tip(reader, "/@mara/tip", "1")
    creator.get("/dashboard/tips")
    with counting(app) as few:
        creator.get("/dashboard/tips")
    for amount in range(2, 33):
        tip(reader, "/@mara/tip", str(amount))
    creator.get("/dashboard/tips")  # its session is remembered for some seconds only
    with counting(app) as many:
        first = creator.get("/dashboard/tips")
    assert len(many) == len(few)
    assert len(first.soup.select(".rows > li")) == 30
    second = creator.get(str(first.one("a[rel=next]")["href"]))
    assert len(second.soup.select(".rows > li")) == 2
    assert creator.get("/dashboard/tips?after=nonsense").status == 200


def test_the_page_to_tip_opens_over_another_one(app: Flask, mara: Person, ben: Person) -> None:
    reader = signed_in(app, ben)
    there = reader.get("/@mara/tip", **HTMX)
    assert there.one("dialog#sheet h2").get_text() == "Tip Mara" and not there.soup.h1
    fields = there.form("/@mara/tip").fields
    refused = reader.post("/@mara/tip", fields | {"amount": "nothing"}, **HTMX)
    assert refused.status == 422 and list(refused.errors) == ["amount"]
    assert refused.one("dialog#sheet [data-focus]")
    on = reader.post("/@mara/tip", fields | {"amount": "5"}, **HTMX)
    assert on.response.headers["HX-Redirect"].startswith("/invoices/")
