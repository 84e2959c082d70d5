"""What people read: as their browser says when they join, until they say it themselves."""

from typing import Any

import pytest
from flask import Flask

from app.accounts.models import User
from app.extensions import db
from app.kit import languages
from app.platform import personal_data
from app.platform.audit import Action
from app.platform.models import AuditRecord
from app.platform.transaction import transaction
from app.platform.web import client
from tests.accounts import wallet_walks
from tests.accounts.python_wallet import PythonWallet
from tests.accounts.test_join import NEWCOMER, find
from tests.accounts.test_join import join as join_by_form
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import Page, PageClient

AT = "/settings/profile/languages"
GUESSED = "We took this from your browser"


def choose(page: PageClient, *codes: str) -> Page:
    return page.send(page.get("/settings/profile").form(AT), languages=list(codes))


def read_by(app: Flask, person: Person) -> tuple[list[str] | None, bool]:
    with app.app_context():
        user = db.session.get_one(User, person.id)
        return user.languages, user.languages_guessed


def chosen(page: Page) -> list[str]:
    found = page.soup.select(f"form[action='{AT}'] select option[selected]")
    return [str(one["value"]) for one in found]


SAID: list[tuple[str, list[str] | None]] = [
    ("de-CH,de;q=0.9,en;q=0.7,fr;q=0.2", ["de", "en", "fr"]),
    ("fr;q=0.3, pt-BR", ["pt", "fr"]),
    ("nb-NO, nn;q=0.8, iw;q=0.5", ["no", "he"]),
    ("en;q=0, de", ["de"]),
    ("tlh, *;q=0.5", None),
    ("a,b;q=x,,;;" * 50, None),
    ("en,de,fr,es,it,pt,pl", ["en", "de", "fr", "es", "it"]),
]


@pytest.mark.parametrize(("header", "known"), SAID)
def test_only_our_languages_are_taken_the_most_wanted_first(
    app: Flask, header: str, known: list[str] | None
) -> None:
    with app.test_request_context(headers={"Accept-Language": header}):
        assert (list(client().languages) or None) == known


def test_who_joins_reads_what_their_browser_says_until_they_choose(app: Flask, page: PageClient) -> None:
    page.http.environ_base["HTTP_ACCEPT_LANGUAGE"] = "de-CH,tlh,en;q=0.5"
    join_by_form(page)
    user = find(app, NEWCOMER["handle"])
    assert user is not None
    nora = Person(user.id, user.handle, "")
    inside = signed_in(app, nora)
    shown = inside.get("/settings/profile")
    assert (chosen(shown), GUESSED in shown.text) == (["de", "en"], True)
    with app.app_context():
        assert "tlh" not in str(db.session.execute(db.text("select users::text from users")).all())
    # Saved as it is, it is theirs; and so is what they say instead.
    assert GUESSED not in choose(inside, "de", "en").text
    assert read_by(app, nora) == (["de", "en"], False)
    assert chosen(choose(inside, "", "ja", "", "de", "ja")) == ["ja", "de"]
    choose(inside, "", "")
    assert read_by(app, nora) == (None, False)
    with app.app_context():
        changes = db.session.query(AuditRecord).filter_by(action=Action.PROFILE_CHANGED).all()
        assert [record.data["fields"] for record in changes] == [["languages"]] * 3


def test_who_joins_with_a_wallet_is_asked_no_more_than_others(app: Flask, page: PageClient) -> None:
    page.http.environ_base["HTTP_ACCEPT_LANGUAGE"] = "uk"
    wallet_walks.join(page, PythonWallet.new(), "newcomer")
    shown = page.get("/settings/profile")
    assert (chosen(shown), GUESSED in shown.text) == (["uk"], True)


def test_of_who_was_here_before_nothing_is_known(app: Flask) -> None:
    shown = signed_in(app, a_person(app)).get("/settings/profile")
    assert (chosen(shown), GUESSED in shown.text) == ([], False)


WRONG: list[tuple[Any, str]] = [
    (["de", "tlh"], "Choose from the list."),
    (["de", "<b>"], "Choose from the list."),
    (["de", "en", "fr", "es", "it", "pt"], "Choose 5 at most."),
]


@pytest.mark.parametrize(("codes", "said"), WRONG)
def test_what_is_no_language_of_ours_is_refused(app: Flask, codes: list[str], said: str) -> None:
    mira = a_person(app)
    answer = choose(signed_in(app, mira), *codes)
    assert (answer.status, said in answer.text) == (422, True)
    assert read_by(app, mira) == (None, False)


def test_it_is_told_in_the_copy_of_ones_data_and_gone_with_the_account(app: Flask) -> None:
    mira = a_person(app)
    choose(signed_in(app, mira), "ar", "en")
    with app.app_context(), transaction():
        told = {one.name: list(one.export(mira.id)) for one in personal_data.held_tables()}
        assert told["users"][0]["languages"] == ["ar", "en"]
        personal_data.erase(mira.id)
    assert read_by(app, mira) == (None, False)


def test_each_language_has_its_own_name_once() -> None:
    assert len(set(languages.NAMES.values())) == len(languages.NAMES)
    assert set(languages.ALSO.values()) <= languages.NAMES.keys()
