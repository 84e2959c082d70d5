"""A house that takes coins: a chain runs beside it, and people pay with the play wallet."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Flask
from solders.keypair import Keypair
from solders.pubkey import Pubkey

from app.extensions import db
from app.invoices.models import Attempt, Payment
from app.ledger import queries as ledger
from app.ledger import verifying
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account
from app.payments.gateways.solana import reading, signer
from app.payments.models import Case, ChainSend
from app.payments.solana import jobs
from app.platform import outbox, schedule, work
from tests.doubles.chain import USDC, ChainDouble
from tests.factories.invoices import refund
from tests.page_client import FilledForm, Page, PageClient
from tests.support import eventually

LAMPORTS, UNITS = 10**9, 10**6


@dataclass
class Purse:
    """The chain's double, and the house that looks at it."""

    app: Flask
    double: ChainDouble

    @property
    def wallet(self) -> Pubkey:
        with self.app.app_context():
            return Pubkey.from_string(signer.address())

    @property
    def key(self) -> Keypair:
        """As its owner has it."""
        with self.app.app_context():
            owner = signer.signer()
            assert isinstance(owner, signer.KeySigner)
            return owner._key

    def choose(self, page: PageClient, invoice_id: UUID, coin: str = "USDC") -> Page:
        here = page.get(f"/invoices/{invoice_id}")
        return page.send(coin_form(here, invoice_id, coin))

    def link(self, page: PageClient, invoice_id: UUID, coin: str = "USDC") -> str:
        """Choose a coin; what a wallet would read from the code."""
        return link_on(self.choose(page, invoice_id, coin))

    def pay(self, page: PageClient, invoice_id: UUID, coin: str = "USDC", **changes: Any) -> list[str]:
        """All the way until it is final and seen."""
        signatures = self.double.pay(self.link(page, invoice_id, coin), **changes)
        self.settle()
        return signatures

    def settle(self) -> None:
        self.double.finalize()
        self.look()

    def look(self) -> None:
        """What the clock does every few seconds."""
        self.run(jobs.look_at_living, jobs.look_at_wallet)

    def run(self, *asked: schedule.Run) -> None:
        with self.app.app_context():
            for one in asked:
                one()
            self.work_off()

    def work_off(self) -> None:
        with self.app.app_context():
            outbox.relay()
            work.drain()

    def fill(self, *, sol: str = "0", usdc: str = "0") -> None:
        """The house's own money, which is on its books as nobody's."""
        self.double.faucet(self.wallet, sol=sol, usdc=usdc)
        self.settle()

    def refund(self, invoice_id: UUID, amount: int) -> None:
        """Asked for, signed and sent; not final yet."""
        refund(self.app, invoice_id, amount, deliver=False)
        self.work_off()
        self.work_off()

    def send_all(self) -> None:
        """Whatever leaves is sent, final and recorded."""
        for _ in range(4):
            self.run(jobs.push_sends)
            self.double.finalize()
        self.run(jobs.push_old_sends)

    def attempt(self, invoice_id: UUID) -> Attempt:
        with self.app.app_context():
            found = db.session.query(Attempt).filter_by(invoice_id=invoice_id).order_by(Attempt.id.desc())
            attempt = found.first()
            assert attempt is not None
            db.session.expunge(attempt)
            return attempt

    def payments(self, invoice_id: UUID) -> list[tuple[int, int, str]]:
        with self.app.app_context():
            found = db.session.query(Payment).filter_by(invoice_id=invoice_id)
            found = found.order_by(Payment.received_at, Payment.id)
            return [(one.amount, one.rail_amount, one.rail_currency) for one in found]

    def cases(self) -> list[tuple[str, dict[str, Any]]]:
        with self.app.app_context():
            return [(one.kind, one.detail) for one in db.session.query(Case).order_by(Case.opened_at)]

    def sends(self) -> Sequence[ChainSend]:
        with self.app.app_context():
            return db.session.query(ChainSend).order_by(ChainSend.created_at).all()

    def booked(self, kind: Kind, coin: str) -> int:
        with self.app.app_context():
            return ledger.balance(Account(kind, coin)).posted

    def on_chain(self) -> dict[str, int]:
        with self.app.app_context():
            return reading.balances(signer.address())

    def assert_square(self) -> None:
        """The books are whole, and say what the chain says."""
        booked = {coin: self.booked(Kind.CHAIN_HOT, coin) for coin in ("SOL", "USDC")}
        assert booked == self.on_chain()
        with self.app.app_context():
            assert verifying.verify().found == []


def coin_form(here: Page, invoice_id: UUID, coin: str) -> FilledForm:
    for form in here.soup.select(f'form[action="/invoices/{invoice_id}/pay/solana"]'):
        filled = FilledForm(form)
        if filled.fields.get("choice") == coin:
            return filled
    raise AssertionError(f"{coin} is not offered: {here.text}")


def offered(here: Page, invoice_id: UUID) -> list[str]:
    forms = here.soup.select(f'form[action="/invoices/{invoice_id}/pay/solana"]')
    return [FilledForm(form).fields["choice"] for form in forms]


def link_on(here: Page) -> str:
    return str(here.one('a[href^="solana:"]')["href"])


def reference_of(attempt: Attempt) -> Pubkey:
    assert attempt.reference is not None
    return Pubkey.from_string(attempt.reference)


def whole(units: int, coin: str) -> str:
    return str(Decimal(units).scaleb(-9 if coin == "SOL" else -6))


@contextmanager
def taking_coins(app: Flask, double: ChainDouble, **more: Any) -> Iterator[Purse]:
    before = app.extensions["fanlight.settings"]
    chosen = {"solana_rpc_url": [double.url], "solana_usdc_mint": str(USDC), "chain_port": double.port}
    app.extensions["fanlight.settings"] = before.model_copy(update=chosen | more)
    purse = Purse(app, double)
    try:
        eventually(lambda: double.rpc("getHealth")["result"] == "ok")
        purse.look()
        yield purse
    finally:
        app.extensions["fanlight.settings"] = before
