"""F1: somebody is told something, and whatever carries it is killed at a step of it: it is said once.

Whoever got no answer sends the same form again, as their page does. What was acknowledged is there, both
count the same numbers without a gap, and nothing is left that waits for ever.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app.broadcasts.models import Broadcast
from app.chat.models import Conversation, Member, Message, Parcel
from app.chat.words import unseal
from app.config import Settings
from app.entitlements.models import Grant
from app.extensions import db
from app.invoices.models import Invoice
from app.kit import clock
from app.kit.ids import new_id
from app.notifications.models import Notification
from app.platform.transaction import transaction
from tests.broadcasts.telling import sent, written
from tests.chat.talking import HTMX, begin, say, words_of
from tests.factories.creators import a_creator, follows
from tests.factories.invoices import give_credit
from tests.factories.media import a_picture
from tests.factories.people import Person, a_person, signed_in
from tests.faults import processes
from tests.faults.steps import Steps
from tests.faults.test_money import (
    ENDS,
    STUCK_SECONDS,
    Shop,
    Wish,
    breakable,
    count,
    happens_once,
    house,
    nothing_waits,
    shop,
)
from tests.faults.test_money_workers import Staff
from tests.faults.test_redis_away import visit
from tests.faults.test_work import SHORT_LEASE, START_SECONDS, House
from tests.page_client import PageClient
from tests.platform.realtime_server import LiveServer, Page, Reader
from tests.support import eventually, free_port
from workers.stack.embedded import EmbeddedServers

__all__ = ["breakable", "house", "shop"]

pytestmark = pytest.mark.timeout(400)

WORDS = "The prints are dry"
SAYING = (
    "the key is taken",
    "the conversation is locked",
    "the message has its number",
    "the message is written",
    "the other one will hear of it",
    "the answer is remembered",
    "all is committed",
    "open pages are told",
)
STEPS_OF = {
    "begin": ("the message has its number", *ENDS),
    "say": SAYING,
    "sell": ("what the message carries is packed", "the message is written", *ENDS),
    "open": ("an invoice is made for a message", *ENDS),
    "unlock": ("the credit is spent", "the books are written", "what was sold is handed over", *ENDS),
}
# The others run with those that take longer.
TELLING = {("say", "web", "all is committed"), ("say", "postgres", "the message is written")}
MATRIX = [
    pytest.param(cell, marks=[] if cell in TELLING else pytest.mark.fault_long)
    for action, steps in STEPS_OF.items()
    for victim in ("web", "postgres", "redis")
    for cell in ((action, victim, step) for step in steps)
]
OF_WORKERS = [
    ("line", "worker", "what waits is looked at"),
    ("line", "postgres", "what waits is looked at"),
    ("many", "worker", "its people are listed"),
    ("many", "worker", "all of a part have it"),
    ("many", "worker", "how far it got is noted"),
    ("many", "postgres", "all of a part have it"),
    ("many", "redis", "all of a part have it"),
    ("at its time", "scheduler", "a broadcast is begun by the clock"),
]


def begun(app: Flask, mara: Person, ben: Person) -> tuple[PageClient, str]:
    writer = signed_in(app, ben)
    return writer, visit(begin, writer, "mara")


def first(app: Flask, mara: Person, ben: Person) -> Wish:
    writer, to = signed_in(app, ben), "/messages/to/mara"
    return Wish(writer, writer.get(to).form(to).fill(body=WORDS), said)


def another(app: Flask, mara: Person, ben: Person) -> Wish:
    writer, talk = begun(app, mara, ben)
    return Wish(writer, writer.get(talk).form(talk).fill(body=WORDS), lambda: said() - 1)


def for_a_price(app: Flask, mara: Person, ben: Person) -> Wish:
    _, talk = begun(app, mara, ben)
    picture = a_picture(app, mara, purpose="message", attached=False)["id"]
    seller = signed_in(app, mara)
    form = visit(seller.get, talk).form(talk).fill(body=WORDS, price="5", media=str(picture))
    return Wish(seller, form, lambda: count(select(func.count()).select_from(Parcel)))


def opening(app: Flask, mara: Person, ben: Person) -> Wish:
    selling = for_a_price(app, mara, ben)
    visit(selling.reader.send, selling.form)
    reader, talk = signed_in(app, ben), selling.form.action
    form = visit(reader.get, talk).form(f"{talk}/2/open")
    return Wish(reader, form, lambda: count(select(func.count()).select_from(Invoice)))


def unlocking(app: Flask, mara: Person, ben: Person) -> Wish:
    asked = opening(app, mara, ben)
    form = visit(asked.reader.send, asked.form).form(".*/pay/credit")
    return Wish(asked.reader, form, lambda: count(select(func.count()).select_from(Grant)))


WISHES = {"begin": first, "say": another, "sell": for_a_price, "open": opening, "unlock": unlocking}


def said() -> int:
    return count(select(func.count()).select_from(Message))


def numbers_are_whole() -> bool:
    """Both lists count to the same end, and nothing is missing on the way."""
    db.session.rollback()
    for talk in db.session.scalars(select(Conversation)):
        mine = select(Message.seq).where(Message.conversation_id == talk.id).order_by(Message.seq)
        if list(db.session.scalars(mine)) != list(range(1, talk.last_seq + 1)):
            return False
        if count(select(func.count()).where(Member.conversation_id == talk.id)) != 2:
            return False
    return True


@pytest.mark.parametrize("cell", MATRIX, ids="-".join)
def test_it_is_said_once_whoever_is_killed_at_whichever_step(
    shop: Shop, house: House, context: Flask, breakable: EmbeddedServers, cell: tuple[str, str, str]
) -> None:
    action, victim, step = cell
    mara, ben = a_creator(context, "mara"), a_person(context, "ben")
    give_credit(context, ben, 2_000)
    happens_once(WISHES[action](context, mara, ben), shop, house, breakable, victim, step)
    assert numbers_are_whole()


@pytest.fixture
def staff(settings: Settings, tmp_path: Path, breakable: EmbeddedServers) -> Iterator[Staff]:
    staff = Staff(processes.environment(settings) | SHORT_LEASE, tmp_path)
    yield staff
    staff.close()


def line(app: Flask, mara: Person) -> Callable[[], int]:
    """Whoever was written to has a line about it."""
    visit(begin, signed_in(app, a_person(app, "ben")), "mara")
    return lambda: count(select(func.count()).where(Notification.user_id == mara.id))


def many(app: Flask, mara: Person) -> Callable[[], int]:
    for name in ("ben", "zoe", "ida"):
        follows(app, a_person(app, name), mara)
    visit(sent, signed_in(app, mara))
    return times_told


def at_its_time(app: Flask, mara: Person) -> Callable[[], int]:
    follows(app, a_person(app, "ben"), mara)
    visit(written, signed_in(app, mara))
    with transaction():
        db.session.execute(update(Broadcast).values(state="scheduled", send_at=clock.now()))
    return times_told


def times_told() -> int:
    """How often all heard it; more than everybody once is more than once."""
    db.session.rollback()
    found = db.session.scalars(select(Broadcast)).one()
    everybody = found.people or 1
    assert said() <= everybody
    return int(found.state == "done" and said() == found.told == everybody)


TASKS = {"line": line, "many": many, "at its time": at_its_time}


@pytest.mark.fault_long
@pytest.mark.parametrize("cell", OF_WORKERS, ids="-".join)
def test_everybody_is_told_once_whoever_is_killed(
    context: Flask, staff: Staff, breakable: EmbeddedServers, cell: tuple[str, str, str]
) -> None:
    task, victim, step = cell
    done = TASKS[task](context, a_creator(context, "mara"))
    assert done() == 0
    if victim in {"worker", "scheduler"}:
        staff.start("scheduler" if victim == "worker" else "worker")
        staff.strike(victim, step)
    else:
        staff.steps.stop_at(step)
        staff.start("worker", watched=True)
        staff.start("scheduler")
        eventually(lambda: staff.steps.reached(step), within=START_SECONDS)
        break_server(victim, breakable)
        staff.steps.go_on()
    eventually(lambda: done() == 1, within=STUCK_SECONDS)
    eventually(nothing_waits, within=STUCK_SECONDS)
    assert done() == 1
    assert numbers_are_whole()


def break_server(victim: str, servers: EmbeddedServers) -> None:
    """It is there again before anybody else looks for it."""
    server = servers.postgres if victim == "postgres" else servers.redis
    server.kill()
    server.restart()
    db.session.remove()
    db.engine.dispose()


class Sockets:
    """The realtime process that stops at steps, started anew when it was killed."""

    def __init__(self, settings: Settings, steps: Steps) -> None:
        self.steps, self._port = steps, free_port()
        self._settings, self._open = settings, ExitStack()
        self._env = processes.environment(settings) | steps.environment | {"WS_PORT": str(self._port)}
        self.start()

    def start(self) -> None:
        module = "tests.faults.realtime_program"
        process = self._open.enter_context(processes.start_anew(module, self._env))
        self._running = LiveServer(self._settings, self._port, process)
        eventually(lambda: self._running.metric("fanlight_realtime_blind") == 0, within=START_SECONDS)

    def kill(self) -> None:
        self._running.process.kill()
        self._running.process.wait()

    def page_of(self, person: Person) -> Page:
        reader = Reader(person.id, new_id())
        page = Page(self._running).hello(reader.ticket(self._settings.secret_key))
        assert page.told()["type"] == "ready"
        return page

    def close(self) -> None:
        self._open.close()


@contextmanager
def sockets(settings: Settings, folder: Path) -> Iterator[Sockets]:
    opened = Sockets(settings, Steps(folder / "realtime"))
    try:
        yield opened
    finally:
        opened.close()


@pytest.mark.fault_long
@pytest.mark.parametrize("step", ["the word has come", "it has gone to the pages"])
def test_a_page_catches_up_whose_realtime_process_was_killed(
    context: Flask, settings: Settings, breakable: EmbeddedServers, tmp_path: Path, step: str
) -> None:
    mara, ben = a_creator(context, "mara"), a_person(context, "ben")
    writer, talk = begun(context, mara, ben)
    listener = signed_in(context, mara)
    with sockets(settings, tmp_path) as live:
        page = live.page_of(mara)
        live.steps.stop_at(step)
        visit(say, writer, talk, WORDS)
        eventually(lambda: live.steps.reached(step), within=START_SECONDS)
        live.kill()
        live.start()
        page = live.page_of(mara)
        missed = visit(lambda: listener.get(f"{talk}/changes?since=1", headers=HTMX))
        assert words_of(missed) == [WORDS]
        visit(say, writer, talk, "And framed")
        heard = page.told()
        assert (heard["event"], heard["payload"]["seq"]) == ("message", 3)
    assert [unseal(one) for one in db.session.scalars(select(Message.sealed_body).order_by(Message.seq))] == [
        "Hello",
        WORDS,
        "And framed",
    ]
