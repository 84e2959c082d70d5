"""F1: the worker or the scheduler is killed while money comes in or leaves by a rail: it moves once.

What was acknowledged before (the fan has paid, the creator has asked) is there in the end, the books are
whole and say what the rail says, and nothing is left that waits for ever.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from solders.keypair import Keypair
from sqlalchemy import func, select, update

from app.config import Settings
from app.earnings.models import Payout, PayoutPlan
from app.earnings.operations import destinations, paying_out, planning
from app.extensions import db
from app.invoices.models import Invoice, Refund
from app.invoices.operations import refunding
from app.kit import clock
from app.ledger import verifying
from app.payments.cards import hearing
from app.payments.gateways.solana import reading
from app.payments.models import CARD, Case
from app.payments.solana.values import RAIL
from app.platform import work
from app.platform.transaction import transaction
from app.subscriptions.models import Subscription
from tests.doubles.cards import CardsDouble, cards_double
from tests.doubles.chain import USDC, chain_double
from tests.factories.creators import a_creator, a_tier
from tests.factories.people import Person, a_person, signed_in
from tests.factories.posts import a_post
from tests.faults import processes
from tests.faults.steps import Steps
from tests.faults.test_cards import environment as card_environment
from tests.faults.test_money import STUCK_SECONDS, count, nothing_waits
from tests.faults.test_payouts import a_bank, free
from tests.faults.test_redis_away import visit
from tests.faults.test_work import SHORT_LEASE, START_SECONDS
from tests.payments.cards import another_card, taking_cards
from tests.payments.coins import Purse, taking_coins
from tests.support import eventually, free_port

pytestmark = [pytest.mark.fault_long, pytest.mark.timeout(400)]

# A slot is so short that what is sent is final within seconds.
SLOT_MS = 100
SETTLING = ("the money is known", "what was sold is handed over", "the invoice is settled")
COINS_LEAVE = (
    "the coins are signed",
    "the signature is kept",
    "the coins are sent",
    "what the network took is booked",
    "the coins have arrived",
)
STEPS_OF = {
    ("subscribe", "card", "worker"): ("the page of the processor is looked at", *SETTLING),
    ("subscribe", "card", "scheduler"): ("what happened at the processor is read",),
    ("subscribe", "solana", "worker"): ("the transfer is read", "the transfer is noted", *SETTLING),
    ("refund", "card", "worker"): (
        "the refund is looked up",
        "the processor has sent the refund",
        "the refund has gone back",
    ),
    ("refund", "solana", "worker"): (
        "the refund is asked of the chain",
        *COINS_LEAVE,
        "the refund has gone back",
    ),
    ("refund", "solana", "scheduler"): ("the sweep has asked for the coins",),
    ("payout", "card", "worker"): (
        "the payout has set out",
        "the payout is about to be sent",
        "the rail has answered",
        "the payout has arrived",
    ),
    ("planned", "card", "scheduler"): ("a payout is begun by the clock",),
    ("payout", "solana", "worker"): (
        "the payout has set out",
        "the payout is about to be sent",
        "the rail has answered",
        *COINS_LEAVE,
        "the payout has arrived",
    ),
    ("payout", "solana", "scheduler"): ("the sweep has asked for the coins",),
    ("planned", "solana", "scheduler"): ("a payout is begun by the clock",),
}
MATRIX = [(*who, step) for who, steps in STEPS_OF.items() for step in steps]
# Who does an action, by whom it is paid, and who is killed; a step.
Cell = tuple[str, str, str, str]


class Staff:
    """The processes of the house, started anew as often as they are killed."""

    def __init__(self, env: dict[str, str], folder: Path) -> None:
        self.steps = Steps(folder / "watched")
        self._env, self._unwatched = env, Steps(folder / "unwatched")
        self._running = ExitStack()

    def start(self, role: str, *, watched: bool = False) -> processes.Started:
        steps = self.steps if watched else self._unwatched
        made = processes.start("tests.faults.house_program", self._env | steps.environment, role)
        return self._running.enter_context(made)

    def strike(self, role: str, step: str) -> None:
        """It dies there; the next one takes its place."""
        self.steps.stop_at(step)
        victim = self.start(role, watched=True)
        eventually(lambda: self.steps.reached(step), within=START_SECONDS)
        victim.kill()
        victim.wait()
        self.start(role)

    def close(self) -> None:
        self._running.close()


class ByCard:
    """Nobody is told anything: what happened becomes known by asking."""

    name = CARD

    def __init__(self, app: Flask, double: CardsDouble) -> None:
        self._app, self._double = app, double
        self.env = card_environment(double)

    def pay(self, fan: Person, invoice_id: UUID) -> None:
        self._double.pay(visit(self._open_page, fan, invoice_id))

    def _open_page(self, fan: Person, invoice_id: UUID) -> str:
        reader = signed_in(self._app, fan)
        on = reader.send(another_card(reader.get(f"/invoices/{invoice_id}"), invoice_id), follow=False)
        return reader.get(on.location, follow=False).location

    def hear(self) -> None:
        hearing.catch_up()
        work.drain()

    def open_place(self, creator: Person) -> None:
        a_bank(self._double, creator)

    def left(self) -> int:
        """In cents, whoever has it now."""
        known = self._double.client().v1
        transfers, refunds = known.transfers.list({"limit": 100}), known.refunds.list({"limit": 100})
        return sum(one.amount for one in transfers.data) + sum(one.amount for one in refunds.data)

    def agrees(self) -> None:
        """What left is counted; the rest is for tests of reconciliation."""


class ByChain:
    name = RAIL

    def __init__(self, app: Flask, purse: Purse) -> None:
        self._app, self._purse, self._double = app, purse, purse.double
        self._payer, self._wallet = self._double.wallet("payer"), Keypair().pubkey()
        self.env = {
            "SOLANA_RPC_URL": self._double.url,
            "SOLANA_USDC_MINT": str(USDC),
            # Elsewhere: then this is no play house, which is given money whenever it is short.
            "CHAIN_PORT": str(free_port()),
            **SHORT_LEASE,
        }
        purse.fill(sol="1", usdc="1000")
        self._had = self._theirs()

    def pay(self, fan: Person, invoice_id: UUID) -> None:
        link = visit(lambda: self._purse.link(signed_in(self._app, fan), invoice_id))
        self._double.pay(link, wallet="payer")
        self._had -= self._purse.attempt(invoice_id).rail_amount

    def hear(self) -> None:
        self._purse.settle()

    def open_place(self, creator: Person) -> None:
        with transaction():
            destinations.set_wallet(creator.id, str(self._wallet))

    def left(self) -> int:
        return (self._theirs() - self._had) // 10_000

    def agrees(self) -> None:
        self._purse.assert_square()

    def _theirs(self) -> int:
        return sum(reading.balances(str(one))["USDC"] for one in (self._wallet, self._payer))


Way = ByCard | ByChain


@dataclass(frozen=True, slots=True)
class Wish:
    """What was acknowledged. `done`: how often it came true; `leaves`: in cents, by the rail."""

    done: Callable[[], int]
    leaves: int = 0


def fill_in(app: Flask, person: Person, address: str, action: str) -> None:
    reader = signed_in(app, person)
    reader.send(reader.get(address).form(action))


def subscribe(app: Flask, way: Way, mara: Person, ben: Person) -> Wish:
    address = f"/@mara/subscribe/{a_tier(app, mara)}"
    visit(fill_in, app, ben, address, address)
    way.pay(ben, the_invoice_id())
    return Wish(lambda: count(select(func.count()).where(Subscription.state == "active")))


def refund(app: Flask, way: Way, mara: Person, ben: Person) -> Wish:
    post = a_post(app, mara.id, title="Night trains", audience="paid", price=500)
    visit(fill_in, app, ben, f"/posts/{post}", f"/posts/{post}/buy")
    invoice_id = the_invoice_id()
    way.pay(ben, invoice_id)
    way.hear()
    with transaction():
        refunding.refund(invoice_id, refunding.Wish(300, "asked", None))
    return Wish(lambda: count(select(func.count()).where(Refund.state == "succeeded")), leaves=300)


def payout(app: Flask, way: Way, mara: Person, ben: Person) -> Wish:
    way.open_place(mara)
    free(mara, 5_000)
    with transaction():
        paying_out.ask(mara.id, paying_out.Wish(way.name, 5_000, "USD"), asked_by=mara.id)
    return Wish(paid_out, leaves=5_000)


def planned(app: Flask, way: Way, mara: Person, ben: Person) -> Wish:
    """Its time has come."""
    way.open_place(mara)
    free(mara, 5_000)
    with transaction():
        planning.save(mara.id, "weekly", 2_000)
        db.session.execute(update(PayoutPlan).values(next_at=clock.now()))
    return Wish(paid_out, leaves=5_000)


def paid_out() -> int:
    return count(select(func.count()).where(Payout.state == "paid"))


def cases() -> int:
    """`a_bank` gives the house money at the processor that the books know nothing of."""
    return count(select(func.count()).where(Case.kind != "balance"))


def the_invoice_id() -> UUID:
    db.session.rollback()
    return db.session.scalars(select(Invoice.id)).one()


WISHES = {"subscribe": subscribe, "refund": refund, "payout": payout, "planned": planned}


@pytest.fixture
def way(context: Flask, tmp_path: Path, cell: Cell) -> Iterator[Way]:
    if cell[1] == CARD:
        with cards_double(tmp_path / "cards") as processor, taking_cards(context, processor):
            processor.fault("webhooks", "drop", times=1_000)
            yield ByCard(context, processor)
    else:
        with (
            chain_double(tmp_path / "chain", slot_ms=SLOT_MS) as chain,
            taking_coins(context, chain) as purse,
        ):
            yield ByChain(context, purse)


@pytest.fixture
def staff(settings: Settings, tmp_path: Path, way: Way) -> Iterator[Staff]:
    staff = Staff(processes.environment(settings) | way.env, tmp_path)
    yield staff
    staff.close()


@pytest.mark.parametrize("cell", MATRIX, ids="-".join)
def test_it_moves_once_whoever_is_killed_at_whichever_step(
    context: Flask, way: Way, staff: Staff, cell: Cell
) -> None:
    action, _, victim, step = cell
    wish = WISHES[action](context, way, a_creator(context, "mara"), a_person(context, "ben"))
    assert wish.done() == 0
    known = cases()
    for role in {"worker", "scheduler"} - {victim}:
        staff.start(role)
    staff.strike(victim, step)
    eventually(lambda: wish.done() == 1, within=STUCK_SECONDS)
    eventually(nothing_waits, within=STUCK_SECONDS)
    assert wish.done() == 1
    assert way.left() == wish.leaves
    assert verifying.verify().found == []
    assert cases() == known
    way.agrees()
