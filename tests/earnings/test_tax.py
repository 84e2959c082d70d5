"""What the tax office wants to know: about creators, and about what was collected."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from app.earnings.models import TaxProfile
from app.extensions import db
from app.invoices.models import BillingDetails
from app.invoices.operations import disputing
from app.kit import clock
from app.kit.clock import FixedClock
from app.ledger.chart import Kind
from app.ledger.entries import Account
from app.platform.models import AuditRecord
from app.platform.transaction import transaction
from tests.earnings.asking import asked, on, with_wallet
from tests.earnings.conftest import Rails, earned, everything_runs, later
from tests.earnings.test_earned import in_the_books, rows, text_of
from tests.factories.invoices import bought, dispute, refund
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import FilledForm, Page, PageClient

HOME = "/dashboard/earnings/tax"
US = {"legal_name": "Mara Vey", "address": "1 Long Way\nHome", "tin": "123-45-6789"}
EU = {"legal_name": "Mara Vey", "address": "Am Weg 1", "born": "1990-01-02", "tin": "12 345 678 901"}


@pytest.fixture
def taxed(app: Flask) -> Iterator[Flask]:
    before = app.extensions["fanlight.settings"]
    app.extensions["fanlight.settings"] = before.model_copy(update={"tax_countries": ["EU"]})
    try:
        yield app
    finally:
        app.extensions["fanlight.settings"] = before


@pytest.fixture
def admin(app: Flask) -> PageClient:
    return signed_in(app, a_person(app, "ann", roles=("fan", "admin")), second_factor=True)


def somebody_in(app: Flask, country: str) -> Person:
    person = a_person(app)
    with app.app_context(), transaction():
        db.session.add(BillingDetails(user_id=person.id, country=country))
    return person


def say(page: PageClient, country: str, **values: str) -> Page:
    seen = page.get(f"{HOME}?country={country}")
    posted = [form for form in seen.soup.select("form[method=post]") if form["action"] == HOME]
    assert posted, "there is a form once the country is known"
    return page.send(FilledForm(posted[0]).fill(**values))


@pytest.mark.parametrize(("country", "values"), [("US", US), ("DE", EU), ("BR", {**US, "tin": ""})])
def test_each_country_asks_its_own(app: Flask, mara: Person, country: str, values: dict[str, str]) -> None:
    page = signed_in(app, mara)
    seen = say(page, country, **values)
    assert seen.status == 200 and "Saved" in seen.text
    assert seen.one("[name=legal_name]")["value"] == "Mara Vey"
    assert bool(seen.soup.select("[name=born]")) is (country == "DE")
    with app.app_context():
        sealed = db.session.query(TaxProfile).one().sealed_fields
        assert "Mara Vey" not in sealed and "123-45" not in sealed


@pytest.mark.parametrize(
    ("country", "values", "field"),
    [
        ("US", {**US, "tin": "12345"}, "tin"),
        ("US", {**US, "legal_name": ""}, "legal_name"),
        ("DE", {**EU, "born": ""}, "born"),
        ("DE", {**EU, "address": "x" * 401}, "address"),
    ],
)
def test_what_is_missing_or_wrong_is_said(
    app: Flask, mara: Person, country: str, values: dict[str, str], field: str
) -> None:
    seen = say(signed_in(app, mara), country, **values)
    assert seen.status == 422 and seen.errors[field]
    with app.app_context():
        assert db.session.query(TaxProfile).count() == 0


def test_a_country_that_is_none_asks_nothing(app: Flask, mara: Person) -> None:
    page = signed_in(app, mara)
    assert not page.get(f"{HOME}?country=XX").soup.select("[name=legal_name]")
    seen = page.get(f"{HOME}?country=US")
    token = seen.one("[name=csrf_token]")["value"]
    answer = page.post(HOME, {"csrf_token": token, "idempotency_key": "k", "country": "XX"}, follow=False)
    assert answer.location == HOME


def test_a_year_is_the_sum_of_its_quarters_and_of_the_books(app: Flask, rails: Rails, mara: Person) -> None:
    earned(app, mara, 10_000)
    page = with_wallet(app, mara)
    asked(page, "30")
    everything_runs(app)
    refund(app, bought(app, a_person(app), mara, 1_000), 400)
    say(page, "US", **US)
    with app.app_context():
        year = clock.now().year
    whole: dict[str, int] = {}
    for one in (year, year - 1):
        answer = page.get(f"{HOME}/{one}.csv").response
        if answer.status_code == 200:
            for line in csv.DictReader(io.StringIO(answer.get_data(as_text=True))):
                for name in ("yours", "paid_out", "fee"):
                    whole[name] = whole.get(name, 0) + round(float(line[name]) * 100)
    assert whole["yours"] - whole["paid_out"] == in_the_books(app, mara)
    assert whole["paid_out"] == 3_000 and whole["fee"] == on(app, Kind.PLATFORM_FEE)
    paper = text_of(page.get(f"{HOME}/{year}.pdf"))
    assert "Mara Vey" in paper and "123-45-6789" in paper and "1 Long Way" in paper
    assert page.get(f"{HOME}/{year + 1}.pdf").status == 404
    assert page.get(f"{HOME}/{year - 5}.csv").status == 404


def test_without_earnings_there_is_no_report(app: Flask, mara: Person) -> None:
    assert "No reports yet" in signed_in(app, mara).get(HOME).text


def test_what_was_collected_is_told_by_country(taxed: Flask, mara: Person, admin: PageClient) -> None:
    assert "No tax was collected" in admin.get("/admin/tax").text
    for country, total in (("DE", 1_190), ("FR", 1_200), ("US", 1_000)):
        invoice_id = bought(taxed, somebody_in(taxed, country), mara, total)
        if country == "FR":
            refund(taxed, invoice_id, 600)
    seen = admin.get("/admin/tax")
    told = {row[1]: row[2:] for row in rows(seen, "Tax by country")}
    assert told == {"Germany": ["$10.00", "$1.90"], "France": ["$5.00", "$1.00"]}
    assert on(taxed, Kind.TAX_DUE) == 290
    with taxed.app_context():
        year = clock.now().year
    answer = admin.get(f"/admin/tax/{year}.csv").response
    lines = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    assert sum(round(float(line["tax"]) * 100) for line in lines) == 290
    assert admin.get(f"/admin/tax/{year + 1}.csv").status == 404


def test_a_quarter_in_which_something_only_became_free_has_no_line(
    taxed: Flask, mara: Person, admin: PageClient
) -> None:
    at = clock.now()
    with clock.using(FixedClock(at.replace(month=(at.month - 1) // 3 * 3 + 1, day=1) - timedelta(days=2))):
        bought(taxed, somebody_in(taxed, "DE"), mara, 1_190)
    later(taxed, timedelta(days=7))
    assert f"Q{(at.month + 2) // 3}" not in [
        row[0] for row in rows(admin.get("/admin/tax"), "Tax by country")
    ]


def test_what_is_disputed_counts_again_when_it_is_won(taxed: Flask, mara: Person, admin: PageClient) -> None:
    disputed = dispute(taxed, bought(taxed, somebody_in(taxed, "DE"), mara, 1_190))
    assert [row[2:] for row in rows(admin.get("/admin/tax"), "Tax by country")] == [["$0.00", "$0.00"]]
    with taxed.app_context(), transaction():
        disputing.won(disputed, Account(Kind.CARD_CLEARING, "USD"))
    assert [row[2:] for row in rows(admin.get("/admin/tax"), "Tax by country")] == [["$10.00", "$1.90"]]


def test_the_report_of_sellers_needs_a_fresh_sign_in_and_is_on_record(
    app: Flask, mara: Person, admin: PageClient
) -> None:
    earned(app, mara, 10_000)
    say(signed_in(app, mara), "US", **US, business_name="=cmd()")
    with app.app_context():
        year = (clock.now() - timedelta(days=8)).year
    answer = admin.get(f"/admin/tax/sellers/{year}.csv").response
    (line,) = csv.DictReader(io.StringIO(answer.get_data(as_text=True)))
    assert (line["handle"], line["tin"], line["yours"]) == ("mara", "123-45-6789", "92.00")
    assert line["business_name"] == "'=cmd()"
    with clock.using(FixedClock(clock.now() + timedelta(minutes=11))):
        assert "/login/confirm" in admin.get(f"/admin/tax/sellers/{year}.csv", follow=False).location
    with app.app_context():
        assert db.session.query(AuditRecord).filter_by(action="house.tax_report_taken").count() == 1
