"""Paid out to a wallet, over the chain that runs beside the house."""

import pytest
from flask import Flask
from solders.keypair import Keypair

from app.earnings import jobs
from app.ledger.chart import Kind
from app.payments.gateways.solana import reading
from tests.earnings.conftest import earned
from tests.earnings.test_payouts import HOME, asked, on, payouts_of, with_wallet
from tests.factories.people import Person
from tests.payments.coins import Purse
from tests.payments.conftest import node, purse

__all__ = ["node", "purse"]


@pytest.fixture
def address() -> str:
    """Nobody knows it yet."""
    return str(Keypair().pubkey())


def settle(app: Flask, purse: Purse) -> None:
    purse.work_off()
    purse.send_all()
    with app.app_context():
        jobs.settle_payouts()
    purse.work_off()


def test_dollars_arrive_as_usdc(app: Flask, purse: Purse, mara: Person, address: str) -> None:
    earned(app, mara, 1_000)
    purse.fill(sol="1", usdc="50")
    page = with_wallet(app, mara, address)
    asked(page)
    purse.work_off()
    assert [one.state for one in payouts_of(app, mara)] == ["sent"]
    settle(app, purse)
    assert [one.state for one in payouts_of(app, mara)] == ["paid"]
    with app.app_context():
        assert reading.balances(address)["USDC"] == 9_200_000
    assert on(app, Kind.PAYOUT_TRANSIT, mara) == 0
    purse.assert_square()


def test_a_house_that_is_short_pays_when_it_can(app: Flask, purse: Purse, mara: Person, address: str) -> None:
    earned(app, mara, 100_000_000)
    page = with_wallet(app, mara, address)
    asked(page)
    settle(app, purse)
    assert "On its way" in page.get(HOME).text
    purse.fill(sol="1", usdc="2000000")
    settle(app, purse)
    assert [one.state for one in payouts_of(app, mara)] == ["paid"]
    purse.assert_square()
