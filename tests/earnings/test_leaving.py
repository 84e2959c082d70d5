"""Who left, or may not be a creator any more: what is theirs still reaches them, and nobody else's does."""

import csv
import io
from datetime import timedelta

import pytest
from flask import Flask

from app.accounts.models import User
from app.earnings import jobs, queries
from app.earnings.operations import paying_out
from app.extensions import db
from app.invoices.models import Refund, State
from app.invoices.operations import crediting, refunding
from app.kit import clock
from app.kit.clock import FixedClock
from app.ledger.chart import Kind
from app.ledger.entries import Account
from app.payments.payouts import Failed
from app.platform import personal_data, work
from app.platform.models import WorkItem
from app.platform.transaction import transaction
from tests.accounts.test_deletion import ask, erase_due
from tests.accounts.test_roles import admins_browser, press
from tests.earnings.asking import a_bank, asked, on, payouts_of, whole, with_wallet
from tests.earnings.conftest import Rails, earned, everything_runs
from tests.earnings.test_adjustments import HOME as ADJUSTMENTS
from tests.earnings.test_adjustments import decide, one, propose, states, two
from tests.factories.creators import a_tier
from tests.factories.invoices import LOST, an_invoice, bought, give_credit, refund, the_invoice
from tests.factories.people import Person, signed_in
from tests.page_client import PageClient

__all__ = ["one", "two"]
GRACE = timedelta(days=14, minutes=1)


def leave(app: Flask, person: Person) -> None:
    ask(signed_in(app, person), person.handle)
    with clock.using(FixedClock(clock.now() + GRACE)):
        erase_due(app)
    with app.app_context():
        assert db.session.get_one(User, person.id).state == "deleted"


def take_role(app: Flask, person: Person) -> None:
    assert press(admins_browser(app), person, "roles/revoke", role="creator").status == 200


def paid_out_and_left(app: Flask, creator: Person) -> None:
    """All they earned went to them first."""
    earned(app, creator, 10_000)
    page = with_wallet(app, creator)
    asked(page)
    everything_runs(app)
    page.send(page.get("/dashboard/page").form("/dashboard/page/close"))
    leave(app, creator)


def test_who_is_no_creator_any_more_is_paid_out(app: Flask, rails: Rails, mara: Person) -> None:
    earned(app, mara, 10_000)
    page = with_wallet(app, mara)
    take_role(app, mara)
    doors = page.get("/creators/start")
    assert "paid out to you as before" in doors.text
    assert [door["href"] for door in doors.soup.select("nav.strip a")] == [
        "/dashboard/earnings",
        "/dashboard/payouts",
    ]
    for room in ("", "/statements", "/tax", ".csv"):
        assert page.get(f"/dashboard/earnings{room}").status == 200
    asked(page)
    everything_runs(app)
    assert [payout.state for payout in payouts_of(app, mara)] == ["paid"]
    assert page.get("/dashboard").status == 403
    leave(app, mara)
    assert whole(app)


def test_who_is_no_creator_any_more_sells_nothing(
    app: Flask, rails: Rails, mara: Person, fan: Person
) -> None:
    tier = a_tier(app, mara)
    page = signed_in(app, fan)
    doors = ("/@mara/tip", f"/@mara/subscribe/{tier}")
    assert [page.get(door).status for door in doors] == [200, 200]
    take_role(app, mara)
    assert [page.get(door).status for door in doors] == [404, 404]
    signed_in(app, mara).post("/dashboard/page/open", {})
    assert page.get("/@mara/tip").status == 404


def test_what_somebody_has_can_be_corrected_without_the_role(
    app: Flask, rails: Rails, mara: Person, one: PageClient
) -> None:
    take_role(app, mara)
    assert "Another admin has to agree" in propose(one).text


def test_only_who_has_a_page_is_paid_out(app: Flask, fan: Person) -> None:
    page = signed_in(app, fan)
    for room in ("payouts", "earnings", "earnings/tax", "earnings/statements"):
        assert page.get(f"/dashboard/{room}", follow=False).location == "/creators/start"


def test_what_was_proposed_about_somebody_leaves_with_them(
    app: Flask, fan: Person, one: PageClient, two: PageClient
) -> None:
    propose(one, handle="finn", account="fan_credit", amount="25")
    agree = two.get(ADJUSTMENTS).form(f"{ADJUSTMENTS}/.*/agree")
    leave(app, fan)
    assert states(app) == []
    assert two.send(agree).status == 404
    assert on(app, Kind.FAN_CREDIT, fan) == 0


def test_nobody_agrees_about_who_left_meanwhile(
    app: Flask, fan: Person, one: PageClient, two: PageClient
) -> None:
    propose(one, handle="finn", account="fan_credit", amount="25")
    with app.app_context(), transaction():
        db.session.get_one(User, fan.id).state = "deleted"
    assert "They have left" in decide(two).text
    assert on(app, Kind.FAN_CREDIT, fan) == 0 and states(app) == ["proposed"]


def test_credit_that_goes_back_to_who_left_is_the_house_s(
    app: Flask, rails: Rails, mara: Person, fan: Person, one: PageClient
) -> None:
    give_credit(app, fan, 5_000)
    invoice_id = an_invoice(app, fan, mara, 5_000)
    with app.app_context(), transaction():
        crediting.pay(invoice_id, fan.id)
    leave(app, fan)
    story = one.get(f"/admin/payments/{invoice_id}")
    assert one.send(story.form(f"/admin/payments/{invoice_id}/refund")).status == 200
    assert the_invoice(app, invoice_id).state == State.REFUNDED
    assert on(app, Kind.FAN_CREDIT, fan) == 0 and on(app, Kind.FORFEITED_CREDIT) == 5_000
    assert whole(app)


@pytest.mark.parametrize("note", ["", LOST])
def test_a_refund_that_cannot_reach_who_left_is_the_house_s(
    app: Flask, rails: Rails, mara: Person, fan: Person, note: str
) -> None:
    """Whether it was there already, or never left."""
    invoice_id = bought(app, fan, mara, 10_000)
    refund(app, invoice_id, 10_000, deliver=False, note=note)
    with app.app_context():
        with transaction():
            personal_data.erase(fan.id)
        work.drain()
        refund_id = db.session.query(Refund.id).filter_by(invoice_id=invoice_id).scalar()
        with transaction():
            refunding.came_back(refund_id, "closed", Account(Kind.CARD_CLEARING, "USD"))
    assert on(app, Kind.FAN_CREDIT, fan) == 0 and on(app, Kind.FORFEITED_CREDIT) == 10_000
    assert whole(app)


def test_a_payout_that_comes_back_for_who_left_is_the_house_s(app: Flask, rails: Rails, mara: Person) -> None:
    paid_out_and_left(app, mara)
    (payout,) = payouts_of(app, mara)
    with app.app_context(), transaction():
        paying_out.record_later(payout.id, Failed("taken_back", "It was taken back."))
    assert on(app, Kind.CREATOR_AVAILABLE, mara) == 0 and on(app, Kind.FORFEITED_CREDIT) == 9_200
    assert whole(app)


def test_who_left_stays_in_the_report_of_their_year_without_a_name(
    app: Flask, rails: Rails, mara: Person, one: PageClient
) -> None:
    year = clock.now().year
    paid_out_and_left(app, mara)
    told = one.get(f"/admin/tax/sellers/{year}.csv").response.get_data(as_text=True)
    (line,) = csv.DictReader(io.StringIO(told))
    assert (line["handle"], line["legal_name"], line["yours"], line["paid_out"]) == ("", "", "92.00", "92.00")


def test_nobody_asks_for_the_bank_of_who_left(app: Flask, mara: Person) -> None:
    """Nor is anything looked at when the processor tells of it by itself."""
    a_bank(app, mara, "incomplete")
    page = signed_in(app, mara)
    page.send(page.get("/dashboard/page").form("/dashboard/page/close"))
    assert asked_for(app) == (1, True)
    leave(app, mara)
    assert asked_for(app) == (0, False)


def asked_for(app: Flask) -> tuple[int, bool]:
    """How many banks by the clock, and whether that of an event is known."""
    with app.app_context():
        jobs.look_at_accounts()
        waiting = db.session.query(WorkItem).filter_by(kind=jobs.LOOK, state="due")
        with transaction():
            found = waiting.delete()
        return found, queries.account_called("card", "acct_1") is not None
