"""Somebody pays, and the web process, PostgreSQL or Redis is killed at a step of it: it happened once.

Whoever got no answer sends the same form again, as a browser's reload does, until there is one. Then the
one effect is there, the books are whole, and nothing is left that waits for ever.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID

import pytest
from flask import Flask, g
from sqlalchemy import func, select, text

from app.config import Settings
from app.entitlements.models import Grant
from app.extensions import db
from app.invoices.models import Invoice, Refund
from app.ledger import verifying
from app.subscriptions.models import Subscription
from app.tips.models import Tip
from tests.factories.creators import a_creator, a_tier
from tests.factories.invoices import give_credit
from tests.factories.people import Person, a_person, signed_in
from tests.factories.posts import a_post
from tests.faults import processes
from tests.faults.steps import Steps
from tests.faults.test_work import START_SECONDS, House, breakable, house
from tests.page_client import FilledForm, PageClient
from tests.support import eventually, free_port
from workers.stack.embedded import EmbeddedServers

__all__ = ["breakable", "house"]

# Each starts three processes of its own, on a machine that may be busy.
pytestmark = pytest.mark.timeout(400)

# What nothing may be stuck for.
STUCK_SECONDS = 60
WAITING = text("""
    select (select count(*) from outbox where delivered_at is null)
         + (select count(*) from work_items where state not in ('done'))
         + (select count(*) from payment_attempts where ended_at is null)
         + (select count(*) from refunds where ended_at is null)
         + (select count(*) from payouts where ended_at is null)
         + (select count(*) from chain_sends where ended_at is null)
""")
PAYING = (
    "the key is taken",
    "the invoice is locked to be paid",
    "a try to pay is written",
    "the credit is spent",
    "the books are written",
    "what was sold is handed over",
    "the invoice is settled",
    "the answer is remembered",
    "all is committed",
)
ENDS = ("the key is taken", "the answer is remembered", "all is committed")
# Nobody else knows of an invoice that is paid as it is made: it needs no lock.
AT_ONCE = tuple(step for step in PAYING if step != "the invoice is locked to be paid")
STEPS_OF = {
    "tip": ("an invoice is made for a tip", *AT_ONCE),
    "buy": ("an invoice is made for a post", *ENDS),
    "pay": PAYING,
    "subscribe": ("an invoice is made for a subscription", *ENDS),
    "join": PAYING,
    "refund": ("a refund is written", "the books are written", "what was sold is taken away", *ENDS),
}
# The others run with those that take longer.
TELLING = {
    ("tip", "web", "all is committed"),
    ("join", "web", "what was sold is handed over"),
}
MATRIX = [
    pytest.param(cell, marks=[] if cell in TELLING else pytest.mark.fault_long)
    for action, steps in STEPS_OF.items()
    for victim in ("web", "postgres", "redis")
    for cell in ((action, victim, step) for step in steps)
]


@dataclass(frozen=True)
class Answer:
    """Status 0: the connection broke."""

    status: int
    location: str = ""


@dataclass(frozen=True)
class Wish:
    """What somebody sends, and how often it came true."""

    reader: PageClient
    form: FilledForm
    times: Callable[[], int]


class Shop:
    """The web process that stops at steps, and who looks at it from outside."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.port = free_port()
        self.steps = Steps(folder)
        self._env = processes.environment(settings) | self.steps.environment
        self._open = ExitStack()
        self._calls = ThreadPoolExecutor(4)
        self._web = self._start()

    def close(self) -> None:
        self.steps.go_on()
        self._open.close()
        self._calls.shutdown()

    def kill(self) -> None:
        self._web.kill()
        self._web.wait()
        self._web = self._start()

    def send(self, wish: Wish) -> Answer:
        cookie = wish.reader.http.get_cookie("fanlight")
        assert cookie is not None
        headers = {
            "Cookie": f"fanlight={cookie.value}",
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": wish.reader.agent,
        }
        line = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            line.request("POST", wish.form.action, urlencode(wish.form.fields), headers)
            heard = line.getresponse()
            return Answer(heard.status, heard.getheader("Location", ""))
        except (OSError, HTTPException):
            return Answer(0)
        finally:
            line.close()

    def send_meanwhile(self, wish: Wish) -> Future[Answer]:
        return self._calls.submit(self.send, wish)

    def send_until_answered(self, wish: Wish) -> Answer:
        answers: list[Answer] = []

        def answered() -> bool:
            answers.append(self.send(wish))
            return 0 < answers[-1].status < 500

        eventually(answered, within=STUCK_SECONDS)
        return answers[-1]

    def _start(self) -> processes.Started:
        module = "tests.faults.house_program"
        web = self._open.enter_context(processes.start(module, self._env, "web", str(self.port)))
        eventually(self._alive, within=START_SECONDS)
        return web

    def _alive(self) -> bool:
        line = HTTPConnection("127.0.0.1", self.port, timeout=5)
        line.request("GET", "/healthz")
        return line.getresponse().status == 200


@pytest.fixture
def shop(house: House, settings: Settings, tmp_path: Path, breakable: EmbeddedServers) -> Iterator[Shop]:
    shop = Shop(settings, tmp_path)
    yield shop
    shop.close()


def tip(app: Flask, mara: Person, ben: Person) -> Wish:
    reader = signed_in(app, ben)
    form = reader.get("/@mara/tip").form("/@mara/tip").fill(amount="5")
    return Wish(reader, form, lambda: count(select(func.count()).where(Tip.paid_at.is_not(None))))


def buy(app: Flask, mara: Person, ben: Person) -> Wish:
    post = a_post(app, mara.id, title="Night trains", audience="paid", price=500)
    reader = signed_in(app, ben)
    form = reader.get(f"/posts/{post}").form(f"/posts/{post}/buy")
    return Wish(reader, form, lambda: count(select(func.count()).select_from(Invoice)))


def pay(app: Flask, mara: Person, ben: Person) -> Wish:
    bought = buy(app, mara, ben)
    form = bought.reader.send(bought.form).form(".*/pay/credit")
    return Wish(bought.reader, form, lambda: count(select(func.count()).select_from(Grant)))


def refund(app: Flask, mara: Person, ben: Person) -> Wish:
    paid = pay(app, mara, ben)
    paid.reader.send(paid.form)
    invoice_id: UUID | None = db.session.scalar(select(Invoice.id))
    # The test's own context, in which all of this happens, remembers who looked last.
    for name in list(g):
        g.pop(name)
    seller, sale = signed_in(app, mara), f"/dashboard/sales/{invoice_id}"
    form = seller.get(sale).form(f"{sale}/refund").fill(amount="5")
    return Wish(seller, form, lambda: count(select(func.count()).select_from(Refund)))


def subscribe(app: Flask, mara: Person, ben: Person) -> Wish:
    address = f"/@mara/subscribe/{a_tier(app, mara)}"
    reader = signed_in(app, ben)
    form = reader.get(address).form(address)
    return Wish(reader, form, lambda: count(select(func.count()).select_from(Invoice)))


def join(app: Flask, mara: Person, ben: Person) -> Wish:
    asked = subscribe(app, mara, ben)
    form = asked.reader.send(asked.form).form(".*/pay/credit")
    joined = select(func.count()).where(Subscription.state == "active")
    return Wish(asked.reader, form, lambda: count(joined))


WISHES = {"tip": tip, "buy": buy, "pay": pay, "refund": refund, "subscribe": subscribe, "join": join}


def count(statement: object) -> int:
    db.session.rollback()
    return int(db.session.scalar(statement) or 0)  # type: ignore[call-overload]


def nothing_waits() -> bool:
    with db.engine.connect() as connection:
        return connection.execute(WAITING).scalar() == 0


def strike(victim: str, shop: Shop, servers: EmbeddedServers) -> None:
    if victim == "web":
        shop.kill()
    elif victim == "postgres":
        servers.postgres.kill()
        servers.postgres.restart()
        db.session.remove()
        db.engine.dispose()
    else:
        servers.redis.kill()


def happens_once(
    wish: Wish, shop: Shop, house: House, servers: EmbeddedServers, victim: str, step: str
) -> None:
    """Somebody wishes for it, and `victim` is killed at `step`."""
    assert wish.times() == 0
    shop.steps.stop_at(step)
    first = shop.send_meanwhile(wish)
    eventually(lambda: shop.steps.reached(step), within=30)
    strike(victim, shop, servers)
    shop.steps.go_on()
    broken = first.result(60)
    assert broken.status in {0, 303, 500, 503}
    if victim == "redis":
        assert broken.status == 303, "it needs no Redis"
    answer = shop.send_until_answered(wish)
    assert answer.status == 303
    assert broken.location in {"", answer.location}, "what was acknowledged is what stands"
    assert wish.times() == 1
    if victim == "redis":
        servers.redis.restart()
    house.scheduler()
    house.worker()
    eventually(nothing_waits, within=STUCK_SECONDS)
    assert verifying.verify().good
    assert wish.times() == 1


@pytest.mark.parametrize("cell", MATRIX, ids="-".join)
def test_it_happens_once_whoever_is_killed_at_whichever_step(
    shop: Shop, house: House, context: Flask, breakable: EmbeddedServers, cell: tuple[str, str, str]
) -> None:
    action, victim, step = cell
    mara, ben = a_creator(context, "mara"), a_person(context, "ben")
    give_credit(context, ben, 2_000)
    happens_once(WISHES[action](context, mara, ben), shop, house, breakable, victim, step)
