"""Passwords are taken as they are typed, pasted or filled in by a manager."""

import pytest
from flask import Flask

from tests.accounts.test_sign_in import is_in, sign_in
from tests.factories.people import PASSWORD, a_person, signed_in
from tests.page_client import PageClient

SECURITY, CHANGE = "/settings/security", "/settings/security/password"
FIELDS = [
    ("/join", "password", "new-password"),
    ("/login", "password", "current-password"),
    ("/login/confirm", "password", "current-password"),
    (SECURITY, "current_password", "current-password"),
    (SECURITY, "new_password", "new-password"),
]


@pytest.mark.parametrize(("path", "name", "kind"), FIELDS)
def test_a_field_hides_what_is_typed_and_lets_managers_fill_it(
    app: Flask, path: str, name: str, kind: str
) -> None:
    page = PageClient(app) if path in {"/join", "/login"} else signed_in(app)
    field = page.get(path).one(f"input[name={name}]")
    assert (field["type"], field["autocomplete"]) == ("password", kind)
    assert not {"maxlength", "pattern", "readonly", "disabled", "value"} & set(field.attrs)


def choose(app: Flask, password: str) -> int:
    person = a_person(app, "mira")
    page = signed_in(app, person)
    form = page.get(SECURITY).form(CHANGE)
    return page.send(form, current_password=PASSWORD, new_password=password).status


@pytest.mark.parametrize(
    "password",
    [
        "onlysmallletterss",
        "9273 5518 4402",
        "éàü ключ 鍵 🔑🔑",
        "   spaces at both ends   ",
        "<b>&amp;\"'`\\ %00 ${x}",
        "lanterns " * 7 + "!",
        "Lz4 " * 50,
    ],
)
def test_any_signs_in_any_number_up_to_two_hundred(app: Flask, password: str) -> None:
    assert choose(app, password) == 200
    page = PageClient(app)
    sign_in(page, "mira", password)
    assert is_in(page)


@pytest.mark.parametrize(
    "other",
    [
        lambda password: password[:-1],
        lambda password: password + " ",
        lambda password: password.swapcase(),
        lambda password: password.strip(),
        lambda password: password[:72],
    ],
)
def test_every_sign_of_it_counts(app: Flask, other: object) -> None:
    password = " Ninety quiet Harbours, " * 4
    assert choose(app, password) == 200
    page = PageClient(app)
    sign_in(page, "mira", other(password))  # type: ignore[operator]
    assert not is_in(page)
    sign_in(page, "mira", password)
    assert is_in(page)
