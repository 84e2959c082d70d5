"""Admins correct balances, two of them together, and see every payout."""

import csv
import io

import pytest
from flask import Flask

from app.earnings.models import Adjustment
from app.extensions import db
from app.kit import clock
from app.ledger.chart import Kind
from tests.earnings.asking import asked, on, payouts_of, whole, with_wallet
from tests.earnings.conftest import Rails, earned, everything_runs
from tests.earnings.test_earned import HOME as EARNED
from tests.earnings.test_earned import rows, text_of
from tests.factories.invoices import bought
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import FilledForm, Page, PageClient

HOME = "/admin/adjustments"
VALUES = {
    "handle": "@mara", "account": "creator_available", "direction": "more", "currency": "USD",
    "amount": "12.50", "reason": "A sale was counted for somebody else.",
}  # fmt: skip


@pytest.fixture
def one(app: Flask) -> PageClient:
    return signed_in(app, a_person(app, "ann", roles=("fan", "admin")), second_factor=True)


@pytest.fixture
def two(app: Flask) -> PageClient:
    return signed_in(app, a_person(app, "bob", roles=("fan", "admin")), second_factor=True)


def propose(page: PageClient, **values: str) -> Page:
    return page.send(page.get(HOME).form(HOME).fill(**(VALUES | values)))


def decide(page: PageClient, what: str = "agree") -> Page:
    return page.send(page.get(HOME).form(f"{HOME}/.*/{what}"))


def states(app: Flask) -> list[str]:
    with app.app_context():
        return [row[0] for row in db.session.query(Adjustment.state).order_by(Adjustment.id)]


def test_two_admins_make_a_correction(app: Flask, mara: Person, one: PageClient, two: PageClient) -> None:
    assert "Another admin has to agree" in propose(one).text
    assert on(app, Kind.CREATOR_AVAILABLE, mara) == 0
    assert not one.get(HOME).has_form(f"{HOME}/.*/agree")
    seen = decide(two)
    assert "@ann and @bob" in seen.text
    assert on(app, Kind.CREATOR_AVAILABLE, mara) == 1_250 and on(app, Kind.ADJUSTMENT) == 1_250
    assert whole(app)
    earnings = signed_in(app, mara).get("/dashboard/earnings")
    assert "$12.50" in earnings.text


def test_a_correction_is_told_beside_what_was_earned(
    app: Flask, mara: Person, one: PageClient, two: PageClient
) -> None:
    """So that months and quarters lead to the balance, and no year says that it was earned."""
    bought(app, a_person(app), mara, 1_000)
    page, year = signed_in(app, mara), clock.now().year
    assert rows(page.get(f"{EARNED}/statements"), "Statements")[0][1:4] == ["$9.20", "$0.00", "$9.20"]
    propose(one)
    decide(two)
    (month,) = rows(page.get(f"{EARNED}/statements"), "Statements")
    assert month[1:5] == ["$9.20", "$12.50", "$0.00", "$21.70"]
    told = page.get(f"{EARNED}/tax/{year}.csv").response.get_data(as_text=True)
    (line,) = csv.DictReader(io.StringIO(told))
    assert (line["yours"], line["paid_out"], line["corrected"]) == ("9.20", "0.00", "12.50")
    paper = text_of(page.get(f"{EARNED}/tax/{year}.pdf"))
    assert "the house corrected your balance by $12.50" in paper


def test_who_proposed_it_cannot_agree(app: Flask, mara: Person, one: PageClient, two: PageClient) -> None:
    propose(one)
    form = two.get(HOME).form(f"{HOME}/.*/agree")
    token = one.get(HOME).form(HOME).fields["csrf_token"]
    seen = one.send(form, csrf_token=token)
    assert seen.status == 422 and "Another admin decides" in seen.text
    assert states(app) == ["proposed"]


def test_it_is_decided_once(app: Flask, mara: Person, one: PageClient, two: PageClient) -> None:
    propose(one)
    seen = two.get(HOME)
    agree, refuse = seen.form(f"{HOME}/.*/agree"), seen.form(f"{HOME}/.*/refuse")
    two.send(refuse)
    seen = two.send(agree)
    assert seen.status == 422 and "decided already" in seen.text
    assert states(app) == ["refused"] and on(app, Kind.CREATOR_AVAILABLE, mara) == 0


def test_nothing_is_taken_that_is_not_there(
    app: Flask, mara: Person, one: PageClient, two: PageClient
) -> None:
    earned(app, mara, 1_000)
    propose(one, direction="less", amount="9.21")
    seen = decide(two)
    assert seen.status == 422 and "do not have that much" in seen.text
    assert states(app) == ["proposed"]
    propose(one, direction="less", amount="9.20")
    two.send(list_of(two)[1])
    assert on(app, Kind.CREATOR_AVAILABLE, mara) == 0 and whole(app)


def list_of(page: PageClient) -> list[FilledForm]:
    seen = page.get(HOME)
    return [FilledForm(form) for form in seen.soup.select("form[action$='/agree']")]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"handle": "nobody_here"}, "handle"),
        ({"handle": "cynthia"}, "handle"),
        ({"amount": "0"}, "amount"),
        ({"amount": "-3"}, "amount"),
        ({"reason": ""}, "reason"),
    ],
)
def test_what_cannot_be_is_refused(
    app: Flask, mara: Person, one: PageClient, values: dict[str, str], field: str
) -> None:
    a_person(app, "cynthia")  # sells nothing
    seen = propose(one, **values)
    assert seen.status == 422 and seen.errors[field]
    assert states(app) == []


def test_nobody_decides_about_their_own_money(app: Flask, one: PageClient, two: PageClient) -> None:
    seen = propose(one, handle="ann", account="fan_credit")
    assert seen.status == 422 and "your own money" in seen.text
    propose(one, handle="bob", account="fan_credit")
    assert not two.get(HOME).has_form(f"{HOME}/.*/agree")


def test_credit_can_be_given(app: Flask, fan: Person, one: PageClient, two: PageClient) -> None:
    propose(one, handle="finn", account="fan_credit")
    decide(two)
    assert on(app, Kind.FAN_CREDIT, fan) == 1_250 and whole(app)


def test_admins_see_every_payout_down_to_the_books(
    app: Flask, rails: Rails, mara: Person, one: PageClient
) -> None:
    assert "No payouts like that" in one.get("/admin/payouts").text
    earned(app, mara, 1_000)
    asked(with_wallet(app, mara))
    everything_runs(app)
    seen = one.get("/admin/payouts")
    assert "@mara" in seen.text and "$9.20" in seen.text
    assert "No payouts like that" in one.get("/admin/payouts?state=failed").text
    (payout,) = payouts_of(app, mara)
    seen = one.get(f"/admin/payouts/{payout.id}")
    assert "Payout paid" in seen.text and str(payout.provider_id) in seen.text
    entry = one.get(str(seen.one('a[href^="/admin/ledger/entries/"]')["href"]))
    assert entry.one(f'a[href="/admin/payouts/{payout.id}"]')
    assert one.get("/admin/payouts/01890a5d-ac96-774b-bcce-b302099a8057").status == 404
