"""Conversations: how many statements (P2), how deep (P9), what a message costs beside a bare page (P6)."""

from collections.abc import Callable
from urllib.parse import urlencode
from uuid import UUID

from flask import Flask
from sqlalchemy import text

from app.chat.words import seal
from app.extensions import db
from app.platform.idempotency import new_key
from app.platform.transaction import transaction
from tests.bench.guard_cost import Guarded, cookie_of
from tests.bench.harness import Bench, Samples, interleaved, measure
from tests.bench.hello import hello
from tests.bench.load import generate
from tests.chat.talking import begin
from tests.factories.creators import a_creator
from tests.factories.people import Person, a_person, signed_in
from tests.queries import counting

ROUNDS, SECONDS = 9, 1.5
FEW, MANY = 100, 100_000
FILL = text("""
    insert into messages (id, conversation_id, user_id, seq, change, key, sealed_body, created_at)
    select gen_random_uuid(), :talk, :writer, number, number, 'bench-' || number, :sealed, now()
    from generate_series(2, :count) number
""")
COUNT = text("update conversations set last_seq = :count, last_change = :count where id = :talk")


@measure("P2", "statements_conversation", goal="<= 4")
def statements_conversation(bench: Bench) -> Samples:
    ben, talk = _talk(bench.house, FEW)
    reader = signed_in(bench.house, ben)
    reader.get(talk)
    with counting(bench.house) as sent:
        assert reader.get(talk).status == 200
    return Samples([float(len(sent))], exact=True)


@measure("P9", "conversation_of_100k_against_one_of_100", goal="<= 1.2")
def deep_conversation(bench: Bench) -> Samples:
    """Processor time of a page."""
    (ben, few), (oda, many) = _talk(bench.house, FEW), _talk(bench.house, MANY)
    short, long = cookie_of(bench, ben), cookie_of(bench, oda)
    with bench.site(Guarded(bench.settings)) as house:
        return interleaved(
            lambda: house.cost(few, cookie=short), lambda: house.cost(many, cookie=long), rounds=ROUNDS
        )


@measure("P6", "message_against_hello", goal="told, not set")
def message_against_hello(bench: Bench) -> Samples:
    """Its form sent with a key, sealed, numbered, audited, told to both, answered."""
    ben, talk = _talk(bench.house, FEW)
    cookie, form = _form(bench, ben, talk)
    with bench.site(hello) as bare, bench.site(Guarded(bench.settings)) as house:

        def messages() -> float:
            load = generate(house.port, talk, cookie=cookie, seconds=SECONDS, connections=4, form=form)
            assert set(load.statuses) == {303}, load.statuses
            return load.rate

        return interleaved(lambda: bare.load("/", seconds=SECONDS).rate, messages, rounds=ROUNDS)


def _talk(house: Flask, count: int) -> tuple[Person, str]:
    """Somebody, and their conversation with a creator, who wrote almost all of it."""
    mara, ben = a_creator(house), a_person(house)
    talk = begin(signed_in(house, ben), mara.handle)
    values = {"talk": UUID(talk.rpartition("/")[2]), "writer": mara.id, "count": count}
    with house.app_context(), transaction():
        db.session.execute(FILL, values | {"sealed": seal("Did the contact sheet arrive?")})
        db.session.execute(COUNT, values)
    with house.app_context(), db.engine.connect() as connection:
        connection.exec_driver_sql("analyze messages")
    return ben, talk


def _form(bench: Bench, person: Person, talk: str) -> tuple[str, Callable[[], str]]:
    """The cookie of a browser, and what it sends: each time with another key."""
    browser = signed_in(bench.house, person)
    fields = browser.get(talk).form(talk).fill(body="Yes! Frame 17 is unreal.").fields
    kept = browser.http.get_cookie("fanlight")
    assert kept is not None
    return f"fanlight={kept.value}", lambda: urlencode({**fields, "idempotency_key": new_key()})
