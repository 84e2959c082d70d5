"""Answers kept for later, news that somebody does not want, and rooms that are nobody else's."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.broadcasts.models import SAVED_MAX, Broadcast, Quiet, SavedReply
from app.broadcasts.operations import saving
from app.extensions import db
from app.platform.idempotency import new_key
from app.platform.transaction import transaction
from tests.architecture.routes import VARIABLE, routes
from tests.broadcasts.telling import HOME, all_told, heard, sent, the_broadcast, written
from tests.chat.talking import begin
from tests.factories.creators import a_creator
from tests.factories.people import Person, signed_in
from tests.page_client import PageClient

SAVED = f"{HOME}/saved"


def saves(page: PageClient, name: str, words: str) -> None:
    assert page.send(page.get(SAVED).form(SAVED), name=name, body=words).status == 200


def the_saved(app: Flask) -> str:
    with app.app_context():
        return f"{SAVED}/{db.session.scalars(select(SavedReply.id)).one()}"


def test_an_answer_is_kept_changed_and_deleted(app: Flask, host: PageClient) -> None:
    saves(host, "Sizes", "A3 and A2, both on rag paper.")
    address = the_saved(app)
    assert "A3 and A2" in host.get(SAVED).text
    host.send(host.get(address).form(address), name="All sizes", body="Also A1 now.")
    assert "All sizes" in host.get(SAVED).text
    host.send(host.get(address).form(f"{address}/delete"))
    assert "No answers kept" in host.get(SAVED).text


def test_it_fills_the_line_of_a_conversation(app: Flask, host: PageClient, ben: Person) -> None:
    saves(host, "Sizes", "A3 and A2, both on rag paper.")
    talk = begin(signed_in(app, ben), "mara", "Which sizes are there?")
    choice = host.get(f"{talk}/saved")
    link = str(choice.one("[data-saved]")["href"]).partition("#")[0]
    assert host.get(link).form(talk).fields["body"] == "A3 and A2, both on rag paper."
    # Whoever it is for does not find it.
    saved = link.partition("?")[2]
    assert signed_in(app, ben).get(f"{talk}?{saved}").form(talk).fields["body"] == ""
    for other in ("saved=", "saved=x", "saved=0123"):
        assert host.get(f"{talk}?{other}").form(talk).fields["body"] == ""


def test_answers_lie_sealed_and_there_are_only_so_many(app: Flask, mara: Person, host: PageClient) -> None:
    with app.app_context(), transaction():
        for number in range(SAVED_MAX - 1):
            saving.add(mara.id, f"Number {number}", "On rag paper")
    form = host.get(SAVED).form(SAVED)
    saves(host, "The last", "On rag paper")
    refused = host.send(form, name="One more", body="On rag paper", idempotency_key=new_key())
    assert refused.status == 422 and list(refused.errors) == ["name"]
    with app.app_context():
        rows = db.session.scalars(db.text("select t::text from saved_replies t")).all()
        assert len(rows) == SAVED_MAX
        assert not [row for row in rows if "paper" in row or "Number" in row]


@pytest.mark.parametrize("fields", [{"name": "", "body": "Words"}, {"name": "Name", "body": " "}])
def test_an_answer_has_a_name_and_words(host: PageClient, fields: dict[str, Any]) -> None:
    refused = host.send(host.get(SAVED).form(SAVED), **fields)
    assert refused.status == 422 and len(refused.errors) == 1


def test_news_can_be_switched_off_and_on_again(app: Flask, host: PageClient, ben: Person) -> None:
    fan = signed_in(app, ben)
    talk = begin(fan, "mara", "Hello")
    news = f"{talk}/news"
    assert fan.get(talk).soup.select(f'a[href="{news}"]')
    fan.send(fan.get(news).form(news).without("news"))
    address = sent(host, "First")
    all_told(app)
    assert the_broadcast(app, address).skipped == 1
    assert "news" not in fan.get(news).form(news).fields
    fan.send(fan.get(news).form(news), news="y")
    sent(host, "Second")
    all_told(app)
    assert heard(app, ben) == ["Hello", "Second"]
    with app.app_context():
        assert db.session.scalars(select(Quiet)).all() == []


def test_nobody_else_reaches_any_of_it(app: Flask, host: PageClient, ben: Person) -> None:
    saves(host, "Sizes", "On rag paper")
    talk = begin(signed_in(app, ben), "mara", "Hello")
    address, done = written(host), sent(host)
    all_told(app)
    ids = {
        "broadcast_id": [one.rpartition("/")[2] for one in (address, done)],
        "saved_id": [the_saved(app).rpartition("/")[2]],
        "talk_id": [talk.rpartition("/")[2]],
    }
    rival = signed_in(app, a_creator(app, "rival"))
    before = everything(app)
    token = rival.get(SAVED).form(SAVED).fields["csrf_token"]
    tried = list(addresses(app, ids))
    for method, path in tried:
        said = {
            "csrf_token": token,
            "idempotency_key": new_key(),
            "body": "Mine",
            "name": "Mine",
            "seen": "1",
        }
        answer = rival.http.open(path, method=method, data=said if method == "POST" else None)
        assert answer.status_code == 404, (method, path, answer.status_code)
    assert len(tried) > 15
    assert everything(app) == before


def test_fans_have_no_such_rooms_and_strangers_sign_in(app: Flask, ben: Person, page: PageClient) -> None:
    rooms = [one.path for one in routes(app) if one.rule.startswith(HOME) and one.method == "GET"]
    assert len(rooms) > 6
    fan = signed_in(app, ben)
    for room in rooms:
        assert fan.get(room).status == 403
        assert page.get(room, follow=False).location.startswith("/login")


def addresses(app: Flask, ids: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    for route in routes(app):
        found = VARIABLE.search(route.rule)
        if route.endpoint.startswith("broadcasts.") and found:
            name = found[0].strip("<>").rpartition(":")[2]
            yield from ((route.method, VARIABLE.sub(one, route.rule)) for one in ids[name])


def everything(app: Flask) -> list[object]:
    with app.app_context():
        kept = (Broadcast.state, Broadcast.saves, Broadcast.sealed_words)
        return [
            *db.session.execute(select(*kept).order_by(Broadcast.id)).all(),
            *db.session.execute(select(SavedReply.sealed_name, SavedReply.sealed_words)).all(),
            *db.session.scalars(select(Quiet.user_id)),
        ]
