"""What others see of a person."""

from typing import Any

import pytest
from flask import Flask

from app.accounts.models import User
from app.extensions import db
from app.kit.text import clean_line, clean_text
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import Page, PageClient
from tests.queries import counting


def save(page: PageClient, **values: Any) -> Page:
    return page.send(page.get("/settings/profile").form("/settings/profile"), **values)


def stored(app: Flask, person: Person) -> User:
    with app.app_context():
        return db.session.get_one(User, person.id)


def test_what_is_saved_is_shown_at_once(app: Flask) -> None:
    person = a_person(app, "mira")
    page = signed_in(app, person)
    saved = save(
        page, display_name="Mira <b>Bel</b>", bio="Line one\r\n\r\n\r\n\r\nLine <two>", avatar_hue="7"
    )
    assert "Your profile is saved" in saved.text
    user = stored(app, person)
    assert (user.display_name, user.bio, user.avatar_hue) == (
        "Mira <b>Bel</b>",
        "Line one\n\nLine <two>",
        7,
    )
    assert saved.one(".menu-head .name").text == "Mira <b>Bel</b>"
    assert saved.one("[name=avatar_hue][checked]")["value"] == "7"
    assert saved.one("[name=bio]").text.strip() == "Line one\n\nLine <two>"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"display_name": ""}, "display_name"),
        ({"display_name": "x" * 51}, "display_name"),
        ({"bio": "x" * 501}, "bio"),
    ],
)
def test_what_does_not_fit_is_told(app: Flask, values: dict[str, str], field: str) -> None:
    person = a_person(app, "mira")
    answer = save(signed_in(app, person), **values)
    assert answer.status == 422
    assert field in answer.errors
    assert stored(app, person).display_name == "Mira"


@pytest.mark.parametrize("hue", ["12", "-1", "x", ""])
def test_only_our_colours(app: Flask, hue: str) -> None:
    person = a_person(app, "mira")
    assert save(signed_in(app, person), avatar_hue=hue).status == 422


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  two   words ", "two words"),
        ("a\u202eb\u2066c\u2069", "abc"),
        ("in\u200bvisi\ufeffble\u00ad", "invisible"),
        ("tab\there\x07\x00", "tab here"),
        ("e\u0301", "\u00e9"),
        ("Z" + "\u0335" * 40, "Z" + "\u0335" * 4),
        ("\u200d\u200dlead\u200d trail\u200c", "lead trail"),
        ("❤\ufe0f👨\u200d🚀", "❤\ufe0f👨\u200d🚀"),
        ("\ud800x", "x"),
    ],
)
def test_what_cannot_be_seen_is_left_out(typed: str, kept: str) -> None:
    assert clean_line(typed) == kept
    assert clean_text(typed) == kept


def test_settings_lead_to_the_profile(app: Flask) -> None:
    assert signed_in(app).get("/settings").response.request.path == "/settings/profile"


@pytest.mark.parametrize(
    ("path", "at_most"), [("/settings/profile", 1), ("/settings/security", 6), ("/settings/sessions", 1)]
)
def test_a_page_asks_the_database_a_fixed_number_of_times(app: Flask, path: str, at_most: int) -> None:
    person = a_person(app, "mira")
    counts = []
    for _ in range(3):
        page = signed_in(app, person)
        page.get(path)
        with counting(app) as sent:
            assert page.get(path).status == 200
        counts.append(len(sent))
    assert len(set(counts)) == 1
    assert counts[0] <= at_most
