"""Handles that change."""

from datetime import timedelta

from flask import Flask

from app.accounts import queries
from app.kit import clock
from tests.factories.people import a_person, signed_in
from tests.page_client import Page, PageClient


def change(page: PageClient, handle: str) -> Page:
    return page.send(page.get("/settings/profile").form("/settings/profile/handle"), handle=handle)


def find(app: Flask, handle: str) -> tuple[str | None, bool]:
    with app.app_context():
        user, moved = queries.find_by_handle(handle)
        return user.handle if user else None, moved


def test_the_old_one_leads_to_the_new_one(app: Flask) -> None:
    page = signed_in(app, a_person(app, "Mira"))
    changed = change(page, "@MiraBel")
    assert "@MiraBel" in changed.text
    assert find(app, "mirabel") == ("MiraBel", False)
    assert find(app, "MIRA") == ("MiraBel", True)
    assert find(app, "nobody") == (None, False)


def test_nobody_else_gets_the_old_one(app: Flask) -> None:
    change(signed_in(app, a_person(app, "mira")), "mirabel")
    answer = change(signed_in(app, a_person(app, "other")), "Mira")
    assert "taken" in answer.errors["handle"]


def test_once_in_thirty_days_and_back_again(app: Flask, fixed_clock: clock.FixedClock) -> None:
    person = a_person(app, "mira")
    page = signed_in(app, person)
    form = page.get("/settings/profile").form("/settings/profile/handle")
    change(page, "mirabel")
    too_soon = page.send(form.fill(idempotency_key="a-later-click"), handle="mirabelle")
    assert too_soon.status == 422
    assert not page.get("/settings/profile").has_form("/settings/profile/handle")
    assert find(app, "mirabelle") == (None, False)
    fixed_clock.move(timedelta(days=30, seconds=1))
    page = signed_in(app, person)
    change(page, "mira")
    assert find(app, "mira") == ("mira", False)
    assert find(app, "mirabel") == ("mira", True)


def test_only_the_letters_case_may_change_at_any_time(app: Flask) -> None:
    page = signed_in(app, a_person(app, "mira"))
    change(page, "Mira")
    change(page, "MIRA")
    assert find(app, "mira") == ("MIRA", False)
    assert page.get("/settings/profile").has_form("/settings/profile/handle")


def test_reserved_and_broken_ones_are_told_beside_the_field(app: Flask) -> None:
    page = signed_in(app, a_person(app, "mira"))
    assert "kept by the house" in change(page, "support").errors["handle"]
    assert "3 to 30" in change(page, "x").errors["handle"]


def test_the_pages_show_the_new_one_at_once(app: Flask) -> None:
    page = signed_in(app, a_person(app, "mira"))
    page.get("/settings/profile")
    changed = change(page, "mirabel")
    assert "@mirabel" in changed.one(".menu-head").text
