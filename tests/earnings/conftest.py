"""A house that pays out, by rails that do as they are told."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.earnings import jobs
from app.invoices.jobs import release
from app.kit import clock
from app.kit.clock import FixedClock
from app.ledger.chart import Kind
from app.payments import payouts
from app.payments.payouts import Answer, Order, Sender, Sent
from app.platform import outbox, work
from tests.factories.creators import a_creator
from tests.factories.invoices import Shop, bought, shop
from tests.factories.people import Person, a_person

WALLET = "7fUAJdStEuGbc3sM84cKRL6yYaaSstyLSU4ve5oovLS7"
OTHER_WALLET = "2ojv9BAiHUrvsm9gxDe7fJSzbNZSJcxZvf8dqmWGHG8S"


@dataclass
class Rails:
    """What was asked of them, and what they say next; without an answer in store, that it arrived."""

    sent: list[Order] = field(default_factory=list)
    looked: list[Order] = field(default_factory=list)
    says: list[Answer] = field(default_factory=list)

    def send(self, order: Order) -> Answer:
        self.sent.append(order)
        return self._answer(order)

    def look(self, order: Order) -> Answer:
        self.looked.append(order)
        return self._answer(order)

    def _answer(self, order: Order) -> Answer:
        return self.says.pop(0) if self.says else Sent(f"sent-{order.reference_id}")


@pytest.fixture(autouse=True)
def shelves(app: Flask) -> Shop:
    return shop(app)


@pytest.fixture
def rails(app: Flask) -> Iterator[Rails]:
    before, told = dict(app.extensions), Rails()
    keys = {"stripe_secret_key": "sk_test", "solana_rpc_url": ["http://127.0.0.1:9"]}
    app.extensions["fanlight.settings"] = before["fanlight.settings"].model_copy(update=keys)
    app.extensions[payouts.PLACE] = {}
    for name, out_of in (("card", Kind.CARD_CLEARING), ("solana", Kind.CHAIN_HOT)):
        payouts.register(app, Sender(name, send=told.send, look=told.look, out_of=out_of))
    try:
        yield told
    finally:
        app.extensions.update({name: before[name] for name in ("fanlight.settings", payouts.PLACE)})


@pytest.fixture
def mara(app: Flask) -> Person:
    return a_creator(app, "mara", display_name="Mara Vey")


@pytest.fixture
def fan(app: Flask) -> Person:
    return a_person(app, "finn")


def earned(app: Flask, creator: Person, total: int = 10_000, **values: Any) -> None:
    """Sold a while ago, and free to be paid out by now."""
    buyer = a_person(app)
    with clock.using(FixedClock(clock.now() - timedelta(days=8))):
        bought(app, buyer, creator, total, **values)
    with app.app_context():
        release()


def later(app: Flask, by: timedelta) -> None:
    """Time goes by, and the clock's jobs run; then it is now again."""
    with app.app_context(), clock.using(FixedClock(clock.now() + by)):
        release()
        jobs.planned_payouts()


def everything_runs(app: Flask) -> None:
    """Work that waits, what it tells, and the mails of that."""
    with app.app_context():
        jobs.settle_payouts()
        work.drain()
        outbox.relay()
        work.drain()
