"""A broadcast to 100,000: how many hear it in a second, beside bare INSERTs of the same rows in parts of the
same size, and what it does meanwhile to whoever reads a conversation. Half of its time it pauses for them.

The first one makes the conversations, the second one finds them there. BROADCAST=20000 tells fewer.
"""

import multiprocessing
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from flask import Flask
from sqlalchemy import text

from app import create_app
from app.broadcasts.audience import Audience
from app.broadcasts.models import Broadcast
from app.broadcasts.operations import drafting, sending
from app.broadcasts.operations.delivering import TOLD_AT_ONCE
from app.broadcasts.operations.drafting import Wish
from app.chat.operations.parcels import Load
from app.chat.words import seal
from app.config import Settings
from app.extensions import db
from app.platform import work
from app.platform.transaction import transaction
from tests.bench.guard_cost import Guarded, cookie_of
from tests.bench.harness import Bench, Site
from tests.bench.load import generate
from tests.chat.talking import begin
from tests.factories.creators import a_creator
from tests.factories.people import Person, a_person, signed_in

MANY = int(os.environ.get("BROADCAST", "100000"))
WORDS = "The prints are dry. Forty of them, on rag paper, numbered; whoever wants one writes back."
SECONDS = 3.0

FANS = text("""
    with made as (
        insert into users (id, handle, display_name, bio, roles, state, avatar_hue, created_at)
        select id, 'f' || substr(replace(id::text, '-', ''), 1, 20), 'Fan', '', '{fan}', 'active', 0, now()
        from (select gen_random_uuid() as id from generate_series(1, :many)) fans returning id
    )
    insert into follows (user_id, creator_id, created_at) select id, :creator, now() from made
""")
PART = text("""
    with given as (
        select gen_random_uuid() as talk_id, gen_random_uuid() as message_id, user_id
        from follows where creator_id = :creator and user_id > :after order by user_id limit :part
    ), talks as (
        insert into conversations (id, low_id, high_id, last_seq, last_change, created_at)
        select talk_id, least(user_id, :creator), greatest(user_id, :creator), 1, 1, now() from given
    ), members as (
        insert into conversation_members (
            conversation_id, user_id, other_id, delivered_seq, read_seq, wrote_seq,
            waits, muted, away, last_at
        )
        select talk_id, user_id, :creator, 0, 0, 0, true, false, false, now() from given
        union all select talk_id, :creator, user_id, 1, 1, 0, false, false, true, now() from given
    ), messages as (
        insert into messages (id, conversation_id, user_id, seq, change, key, sealed_body, created_at)
        select message_id, talk_id, :creator, 1, 1, 'bench', :sealed, now() from given
    ), listed as (
        insert into broadcast_recipients (broadcast_id, user_id, conversation_id, seq)
        select :broadcast, user_id, talk_id, 1 from given
    )
    select user_id from given order by user_id desc limit 1
""")


@dataclass(frozen=True)
class Meanwhile:
    seconds: float
    told: int
    p50: float


def lines() -> Iterator[str]:
    with Bench() as bench:
        mara, bare = a_creator(bench.house), a_creator(bench.house)
        reader = a_person(bench.house)
        talk = begin(signed_in(bench.house, reader), mara.handle)
        for creator in (mara, bare):
            _fans(bench.house, creator)
        raw = _bare(bench.house, bare)
        with bench.site(Guarded(bench.settings)) as site:
            page = Page(site, talk, cookie_of(bench, reader))
            page.p50(SECONDS)  # the first ones of a process take longer
            alone = page.p50(SECONDS)
            first, again = (_told(bench, mara, page) for _ in range(2))
    for name, one in (("to_new_conversations", first), ("to_known_conversations", again)):
        rate = one.told / one.seconds
        yield (
            f"P6 broadcast_{name} value {rate:,.0f} a second (ratio {rate / raw:.2f} of {raw:,.0f} by bare "
            f"INSERTs; {one.told:,} in {one.seconds:.0f} s, a page of a conversation meanwhile "
            f"{one.p50 * 1_000:.1f} ms at p50, {one.p50 / alone:.2f} x {alone * 1_000:.1f} ms)"
        )


@dataclass(frozen=True)
class Page:
    """What somebody reads while it goes out."""

    site: Site
    path: str
    cookie: str

    def p50(self, seconds: float) -> float:
        load = generate(self.site.port, self.path, cookie=self.cookie, seconds=seconds, connections=1)
        assert set(load.statuses) == {200}, load.statuses
        return statistics.median(load.latencies)


def _fans(house: Flask, creator: Person) -> None:
    with house.app_context(), transaction():
        db.session.execute(FANS, {"many": MANY, "creator": creator.id})
    with house.app_context(), db.engine.connect() as connection:
        connection.exec_driver_sql("analyze users, follows")


def _bare(house: Flask, creator: Person) -> float:
    """So many a second, at the most that can be hoped for."""
    with house.app_context():
        with transaction():
            found = Broadcast(creator_id=creator.id)
            db.session.add(found)
            db.session.flush()
            broadcast_id = found.id
        given = {
            "creator": creator.id,
            "broadcast": broadcast_id,
            "sealed": seal(WORDS),
            "part": TOLD_AT_ONCE,
        }
        after: UUID | None = UUID(int=0)
        began = time.perf_counter()
        while after is not None:
            with transaction():
                after = db.session.execute(PART, given | {"after": after}).scalar()
        return MANY / (time.perf_counter() - began)


def _told(bench: Bench, creator: Person, page: Page) -> Meanwhile:
    with bench.house.app_context(), transaction():
        found = drafting.begin(creator.id, Wish(WORDS, Load(), Audience()))
        sending.send(creator.id, found.id, found.saves)
        broadcast_id = found.id
    seen = list[float]()
    with _worker(bench.settings):
        began = time.perf_counter()
        while (state := _state(bench.house, broadcast_id)).state != "done":
            seen.append(page.p50(0.5))
        seconds = time.perf_counter() - began
    return Meanwhile(seconds, state.told, statistics.median(seen))


@contextmanager
def _worker(settings: Settings) -> Iterator[None]:
    process = multiprocessing.get_context("fork").Process(target=_work, args=(settings,))
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join(10)


def _work(settings: Settings) -> None:
    with create_app(settings).app_context():
        while True:
            work.drain(("bulk",))


def _state(house: Flask, broadcast_id: UUID) -> Broadcast:
    with house.app_context():
        found = db.session.get_one(Broadcast, broadcast_id, populate_existing=True)
        db.session.expunge(found)
        return found
