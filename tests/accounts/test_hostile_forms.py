"""Fields that no form has, fields sent twice, words that mean something to a template or a header."""

from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask

from app.accounts.models import User
from app.extensions import db
from tests.factories.people import Person, a_person, signed_in
from tests.factories.post import letters
from tests.page_client import PageClient

PROFILE = "/settings/profile"


def stored(app: Flask, person: Person) -> User:
    with app.app_context():
        return db.session.get_one(User, person.id)


def test_a_field_that_the_form_does_not_have_changes_nothing(app: Flask) -> None:
    person = a_person(app, "mira")
    page = signed_in(app, person)
    before = stored(app, person)
    more: dict[str, Any] = {
        "roles": "admin",
        "state": "suspended",
        "id": "0197c0de-0000-7000-8000-000000000000",
        "email": "thief@example.test",
        "email_verified_at": "2020-01-01",
        "handle": "admin2",
        "password_hash": "x",
        "created_at": "2020-01-01",
    }
    page.send(page.get(PROFILE).form(PROFILE), display_name="Mira Bel", **more)
    after = stored(app, person)
    assert after.display_name == "Mira Bel"
    for name in more:
        assert getattr(after, name) == getattr(before, name), name


def test_a_field_sent_twice_counts_once_and_the_address_does_not_count(app: Flask) -> None:
    person = a_person(app, "mira")
    page = signed_in(app, person)
    fields = page.get(PROFILE).form(PROFILE).fields
    body = urlencode([*(fields | {"display_name": "First"}).items(), ("display_name", "Second")])
    address = f"{PROFILE}?display_name=Third&bio=Third"
    page.http.post(address, data=body, content_type="application/x-www-form-urlencoded")
    assert (stored(app, person).display_name, stored(app, person).bio) == ("First", "")


@pytest.mark.parametrize(
    "words", ["{{ 731 * 941 }}", "{% raw %}", "{settings}", "%(handle)s %s", "${731*941}", "#{731*941}"]
)
def test_words_that_mean_something_to_templates_stay_words(app: Flask, words: str) -> None:
    person = a_person(app, "mira")
    page = signed_in(app, person)
    saved = page.send(page.get(PROFILE).form(PROFILE), display_name=f"M {words}", bio=words)
    assert saved.one(".menu-head .name").text == f"M {words}"
    assert words in page.get("/@mira").text
    form = page.get("/settings/security").form("/settings/security/password")
    page.send(form, current_password=person.password, new_password="seven quiet harbours")
    (letter,) = letters(app, person.email, "password_changed")
    # Longer than any moment or number that the letter tells.
    assert "687871" not in letter.text


@pytest.mark.parametrize("target", ["/settings%0d%0aSet-Cookie:%20planted=1", "/settings\r\nX-Planted: 1"])
def test_no_header_is_planted_by_an_address(app: Flask, target: str) -> None:
    a_person(app, "mira")
    page = PageClient(app)
    form = page.get("/login").form("/login").fill(identifier="mira", password="correct horse battery staple")
    form.action = f"/login?next={target}"
    headers = page.send(form, follow=False).response.headers
    assert "X-Planted" not in headers
    assert not any("planted" in cookie for cookie in headers.getlist("Set-Cookie"))


def test_others_see_a_name_and_words_and_nothing_else(app: Flask) -> None:
    person = a_person(app, "mira", roles=("fan", "moderator"))
    shown = PageClient(app).get("/@mira").html
    for private in (person.email, str(person.id), "moderator", "argon2"):
        assert private not in shown
