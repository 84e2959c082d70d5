"""What this house does not carry reaches nobody: by no message, in no room, behind no price, with no gift."""

import pytest
from flask import Flask

from app.chat.models import Message
from app.extensions import db
from app.invoices.models import Invoice
from app.moderation import screening
from app.moderation.screening import Spoken
from tests.chat.talking import begin, first_page, say
from tests.factories.creators import a_creator, a_tier
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import PageClient

WORD = "Snake Oil"


@pytest.fixture(autouse=True)
def house(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = app.extensions["fanlight.settings"].model_copy(update={"blocked_words": [WORD.lower()]})
    monkeypatch.setitem(app.extensions, "fanlight.settings", chosen)


@pytest.fixture
def mara(app: Flask) -> Person:
    return a_creator(app, "mara")


@pytest.fixture
def host(app: Flask, mara: Person) -> PageClient:
    return signed_in(app, mara)


@pytest.fixture
def fan(app: Flask) -> PageClient:
    return signed_in(app, a_person(app, "ben"))


def said(app: Flask) -> int:
    with app.app_context():
        return db.session.query(Message).count()


def test_such_words_begin_no_conversation_and_stay_in_the_line(
    app: Flask, host: PageClient, fan: PageClient
) -> None:
    page = fan.send(first_page(fan, "mara"), body="Buy my snake  oil!")
    assert page.status == 422
    assert "does not carry words like these" in page.errors["body"]
    assert page.form("/messages/to/mara").fields["body"] == "Buy my snake oil!"
    assert said(app) == 0


def test_neither_later_nor_by_changing_nor_behind_a_price(
    app: Flask, host: PageClient, fan: PageClient
) -> None:
    talk = begin(fan, "mara", "Hello")
    assert say(fan, talk, WORD).status == 422
    changed = fan.send(fan.get(f"{talk}/1").form(f"{talk}/1/edit"), body=f"Hello, {WORD}")
    assert changed.status == 422
    sold = host.send(host.get(talk).form(talk), body="For you", price="5", locked=f"It is {WORD}")
    assert sold.status == 422
    assert said(app) == 1


def test_nor_with_a_tip_or_a_gift_nor_as_a_welcome(
    app: Flask, mara: Person, host: PageClient, fan: PageClient
) -> None:
    tier, talk = a_tier(app, mara), begin(fan, "mara", "Hello")
    gift, welcome, joined = f"/@mara/gift/{tier}", "/dashboard/messages/welcome", f"/dashboard/tiers/{tier}"
    for who, where, field in (
        (fan, "/@mara/tip", "note"),
        (fan, f"{talk}/tip", "note"),
        (fan, gift, "note"),
        (host, welcome, "body"),
        (host, joined, "welcome"),
    ):
        form = who.get(where).form(where)
        if "tip" in where:
            form.fill(amount="5")
        form.fields[field] = f"Buy my {WORD}"
        refused = who.send(form)
        assert refused.status == 422
        assert "does not carry words like these" in refused.errors[field]
    with app.app_context():
        assert db.session.query(Invoice).count() == 0


def test_a_feature_may_look_too(app: Flask, host: PageClient, fan: PageClient) -> None:
    def no_questions(spoken: Spoken) -> str | None:
        return "No questions today." if spoken.kind == "message" and "?" in spoken.text else None

    screening.add(app, no_questions)
    try:
        talk = begin(fan, "mara", "Hello")
        assert say(fan, talk, "How are you?").errors["body"] == "No questions today."
        assert say(fan, talk, "Good day").status == 200
    finally:
        app.extensions[screening.PLACE].remove(no_questions)
