"""Where one is in the house."""

import pytest
from flask import Flask

from tests.factories.people import a_person, signed_in


@pytest.mark.parametrize(
    "path",
    ["/settings/profile", "/subscriptions", "/gifts", "/transactions", "/reports", "/creators/start"],
)
def test_what_is_behind_you_shows_that_one_is_there(app: Flask, path: str) -> None:
    page = signed_in(app, a_person(app)).get(path)
    for bar in (".rail", ".dock"):
        lit = [door.get_text(strip=True) for door in page.soup.select(f'{bar} [aria-current="page"]')]
        assert lit == ["You"], bar


def test_elsewhere_it_does_not(app: Flask) -> None:
    page = signed_in(app, a_person(app)).get("/feed")
    assert page.one('.dock [aria-current="page"]').get_text(strip=True) == "Feed"


ROOMS = ("", "/cases", "/disputes", "/rails")
OTHERS = ("/admin/payouts", "/admin/fees", "/admin/adjustments", "/admin/tax")


@pytest.mark.parametrize("path", [*(f"/admin/payments{room}" for room in ROOMS), *OTHERS])
def test_all_rooms_of_payments_are_behind_you_on_a_phone(app: Flask, path: str) -> None:
    page = signed_in(app, a_person(app, roles=("fan", "admin")), second_factor=True).get(path)
    assert page.one('.dock [aria-current="page"]').get_text(strip=True) == "You"


@pytest.mark.parametrize(
    ("path", "label"),
    [("/admin/payments", "Payments"), ("/admin/fees", "Payments"), ("/admin/ledger", "Ledger")],
)
def test_one_is_in_one_place_only(app: Flask, path: str, label: str) -> None:
    page = signed_in(app, a_person(app, roles=("fan", "admin")), second_factor=True).get(path)
    assert [door.get_text(strip=True) for door in page.soup.select('.rail [aria-current="page"]')] == [label]
