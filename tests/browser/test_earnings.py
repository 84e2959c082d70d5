"""Creators' money in a browser, in every shape: what was earned, and being paid out."""

import pytest
from flask import Flask

from app.earnings.models import PayoutAccount
from app.extensions import db
from app.payments.payouts import Failed
from app.platform.transaction import transaction
from tests.browser.pages import fits_in_every_shape
from tests.browser.tabs import OpenTab, sign_in
from tests.earnings.asking import asked, with_wallet
from tests.earnings.conftest import Rails, earned, everything_runs, mara, rails, shelves
from tests.factories.invoices import bought, dispute
from tests.factories.people import Person, a_person
from tests.factories.posts import a_post

__all__ = ["mara", "rails", "shelves"]


@pytest.fixture
def busy(app: Flask, mara: Person, rails: Rails) -> Person:
    """Everything that the pages can show."""
    post = a_post(app, mara.id, title="The long way home, and what it was that we found at its end")
    earned(app, mara, 123_456_789, kind="subscription", label="Gold, a month")
    earned(app, mara, 5_000, currency="EUR")
    fan = a_person(app, "a_fan_with_a_long_name_indeed")
    bought(app, fan, mara, 750, subject_id=post)
    dispute(app, bought(app, fan, mara, 2_000, kind="tip", label="A tip for the long way home"))
    page = with_wallet(app, mara)
    rails.says = [Failed("closed", "The account is closed.")]
    asked(page, "20")
    everything_runs(app)
    asked(page, "30")
    with app.app_context(), transaction():
        wants = [{"name": "external_account"}, {"name": "individual.dob.day"}]
        account = PayoutAccount(creator_id=mara.id, rail="card", provider_id="acct_1", wants=wants)
        account.state, account.country = "incomplete", "US"
        db.session.add(account)
    return mara


def test_every_page_of_a_creator_fits_and_is_accessible(app: Flask, open_tab: OpenTab, busy: Person) -> None:
    tab = open_tab()
    sign_in(tab, app, busy)
    for address in (
        "earnings",
        "earnings?period=12m",
        "earnings?currency=EUR",
        "earnings/statements",
        "earnings/tax",
        "earnings/tax?country=DE",
        "payouts",
        "payouts?currency=EUR",
    ):
        tab.goto(f"/dashboard/{address}")
        fits_in_every_shape(tab)


def test_empty_pages_say_what_will_be_there(app: Flask, open_tab: OpenTab, mara: Person) -> None:
    tab = open_tab()
    sign_in(tab, app, mara)
    for address in ("", "/earnings", "/earnings/statements", "/earnings/tax", "/payouts"):
        tab.goto(f"/dashboard{address}")
        fits_in_every_shape(tab)


def test_admins_pages_fit_and_are_accessible(app: Flask, open_tab: OpenTab, busy: Person) -> None:
    tab = open_tab()
    sign_in(tab, app, a_person(app, "boss", roles=("fan", "admin")), second_factor=True)
    for address in ("payouts", "payouts?state=paid", "adjustments", "tax"):
        tab.goto(f"/admin/{address}")
        fits_in_every_shape(tab)
    tab.goto("/admin/payouts")
    tab.locator("tbody a").first.click()
    fits_in_every_shape(tab)


def test_a_payout_is_asked_for_without_javascript(app: Flask, open_tab: OpenTab, busy: Person) -> None:
    everything_runs(app)
    tab = open_tab(width=390, js=False)
    sign_in(tab, app, busy)
    tab.goto("/dashboard/payouts?currency=USD")
    tab.get_by_label("Amount").fill("10")
    tab.get_by_role("button", name="Pay me out").click()
    assert tab.get_by_text("About to be sent").count() == 1
