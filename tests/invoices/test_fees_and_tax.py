"""What the house keeps, and what the state gets."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app.extensions import db
from app.invoices import fees, tax
from app.invoices.models import FeeRule
from app.kit import clock
from app.kit.clock import FixedClock
from app.platform.models import AuditRecord
from app.platform.transaction import transaction
from tests.factories.creators import a_creator
from tests.factories.invoices import an_invoice, money_in, paid, the_invoice
from tests.factories.people import Person, a_person, signed_in
from tests.invoices.conftest import lives_in
from tests.page_client import PageClient


def rule(
    app: Flask, bps: int, *, seller: Person | None = None, kind: str | None = None, days: int = 0
) -> None:
    with app.app_context(), transaction():
        since = clock.now() + timedelta(days=days)
        db.session.add(FeeRule(seller_id=seller.id if seller else None, kind=kind, bps=bps, since=since))


@pytest.fixture
def office(app: Flask) -> PageClient:
    return signed_in(app, a_person(app, "root", roles=("fan", "admin")), second_factor=True)


def test_the_rule_that_fits_best_counts(app: Flask) -> None:
    ada, bob, fan = a_creator(app), a_creator(app), a_person(app)

    def bps(seller: Person, kind: str) -> int:
        return the_invoice(app, an_invoice(app, fan, seller, total=1_000, kind=kind)).fee_bps

    assert bps(ada, "tip") == 800
    rule(app, 700, days=-2)
    rule(app, 600, kind="tip", days=-2)
    rule(app, 500, seller=ada, days=-2)
    assert (bps(bob, "post"), bps(bob, "tip"), bps(ada, "tip")) == (700, 600, 500)
    rule(app, 400, seller=ada, kind="tip", days=-2)
    rule(app, 300, seller=ada, kind="tip", days=-1)
    rule(app, 100, seller=ada, kind="tip", days=1)
    assert (bps(ada, "tip"), bps(ada, "post")) == (300, 500)


def test_what_was_sold_already_keeps_its_fee(app: Flask) -> None:
    ada = a_creator(app)
    invoice_id = an_invoice(app, a_person(app), ada, total=1_000)
    rule(app, 5_000, days=-1)
    money_in(app, invoice_id, 1_000)
    assert the_invoice(app, invoice_id).fee == 80


@given(amount=st.integers(0, 10**12), bps=st.integers(0, 10_000))
def test_a_fee_is_never_more_than_its_part(amount: int, bps: int) -> None:
    assert 0 <= fees.fee(amount, bps) * 10_000 <= amount * bps


@given(total=st.integers(0, 10**12), bps=st.integers(0, 5_000))
def test_tax_is_the_nearest_unit_of_what_the_price_contains(total: int, bps: int) -> None:
    found = tax.contained(total, bps)
    exact = total * bps / (10_000 + bps)
    assert 0 <= found <= total
    assert abs(found - exact) <= 0.5 + exact * 1e-12
    assert tax.contained(total, bps) <= tax.contained(total + 1, bps)


def test_tax_is_by_where_the_buyer_lives_and_the_house_is_registered(taxed: Flask) -> None:
    def taxes(country: str, **order: Any) -> tuple[int, int, str | None]:
        fan = a_person(taxed)
        if country:
            lives_in(taxed, fan, country)
        found = the_invoice(taxed, an_invoice(taxed, fan, a_creator(taxed), total=1_240, **order))
        return found.tax, found.tax_bps, found.tax_country

    assert taxes("GR") == (240, 2_400, "GR")
    assert taxes("US") == (0, 0, "US")
    assert taxes("GB") == (0, 0, "GB")
    assert taxes("") == (0, 0, None)
    assert taxes("GR", kind="donation") == (0, 0, "GR")


def test_a_fee_is_of_what_is_left_after_tax(taxed: Flask) -> None:
    fan = a_person(taxed)
    lives_in(taxed, fan, "GR")
    assert the_invoice(taxed, an_invoice(taxed, fan, a_creator(taxed), total=1_240)).fee == 80


def test_where_tax_is_due_a_creator_reads_that_it_comes_off_before(taxed: Flask) -> None:
    ada = signed_in(taxed, a_creator(taxed))
    assert "92 % of what fans pay, before tax" in ada.get("/dashboard/tiers/new").text


def test_a_country_with_a_registration_of_its_own(app: Flask) -> None:
    before = app.extensions["fanlight.settings"]
    app.extensions["fanlight.settings"] = before.model_copy(update={"tax_countries": ["GB"]})
    try:
        fan = a_person(app)
        lives_in(app, fan, "GB")
        assert the_invoice(app, an_invoice(app, fan, total=1_200)).tax == 200
        other = a_person(app)
        lives_in(app, other, "DE")
        assert the_invoice(app, an_invoice(app, other, total=1_200)).tax == 0
    finally:
        app.extensions["fanlight.settings"] = before


def test_where_a_card_is_from_is_kept_as_evidence(app: Flask) -> None:
    fan = a_person(app)
    home = signed_in(app, fan)
    home.send(home.get("/settings/billing").form("/settings/billing"), country="DE")
    invoice_id = paid(app, an_invoice(app, fan), origin={"last4": "4242", "country": "FR"})
    evidence = the_invoice(app, invoice_id).tax_evidence
    assert (evidence["said"], evidence["test"]) == ("DE", "FR")
    assert "ending in 4242" in home.get(f"/invoices/{invoice_id}").text


def test_admins_set_fees(app: Flask, office: PageClient, fixed_clock: FixedClock) -> None:
    fixed_clock.at = datetime.now(UTC)
    ada = a_creator(app, "ada")
    seen = office.get("/admin/fees")
    assert "8 %" in seen.text and "No rules" in seen.text
    seen = office.send(seen.form("/admin/fees"), handle="@Ada", kind="test", percent="7.5")
    assert "@ada" in seen.text and "7.5 %" in seen.text
    tomorrow = (fixed_clock.at + timedelta(days=1)).date()
    seen = office.send(seen.form("/admin/fees"), handle="", kind="", percent="9", since=tomorrow.isoformat())
    assert "to come" in seen.text and "Everybody" in seen.text
    fan = a_person(app)
    assert the_invoice(app, an_invoice(app, fan, ada, kind="test")).fee_bps == 750
    fixed_clock.move(timedelta(days=2))
    assert the_invoice(app, an_invoice(app, fan, a_creator(app), kind="test")).fee_bps == 900
    with app.app_context():
        assert db.session.query(AuditRecord).filter_by(action="house.fee_changed").count() == 2


@pytest.mark.parametrize(
    ("field", "typed"),
    [("percent", "101"), ("percent", "much"), ("percent", ""), ("since", "2020-01-01"), ("handle", "nobody")],
)
def test_a_fee_that_cannot_be_is_refused_beside_its_field(office: PageClient, field: str, typed: str) -> None:
    form = office.get("/admin/fees").form("/admin/fees").fill(percent="5")
    seen = office.send(form.fill(**{field: typed}))
    assert seen.status == 422
    assert seen.errors.keys() == {field}


def test_a_fan_has_no_fee(app: Flask, office: PageClient) -> None:
    a_person(app, "fan")
    seen = office.send(office.get("/admin/fees").form("/admin/fees"), handle="fan", percent="5")
    assert "no creator @fan" in seen.errors["handle"]


def test_fees_ask_for_a_fresh_sign_in(app: Flask, office: PageClient, fixed_clock: FixedClock) -> None:
    form = office.get("/admin/fees").form("/admin/fees")
    fixed_clock.move(timedelta(minutes=11))
    assert "/confirm" in office.send(form, follow=False, percent="5").location


def test_a_rail_that_knows_no_country_leaves_the_one_that_was_known(app: Flask) -> None:
    fan = a_person(app)
    lives_in(app, fan, "FI")
    invoice_id = an_invoice(app, fan, a_creator(app), total=1_000)
    money_in(app, invoice_id, 1_000, tax=tax.Told(120, 1_200, None))
    invoice = the_invoice(app, invoice_id)
    assert (invoice.state, invoice.tax, invoice.tax_country) == ("paid", 120, "FI")
    assert "address" not in invoice.tax_evidence
