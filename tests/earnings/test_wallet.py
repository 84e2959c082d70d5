"""Paid out to a wallet, over the chain that runs beside the house."""

import pytest
from flask import Flask
from solders.keypair import Keypair

from app.earnings import jobs
from app.earnings.operations import paying_out
from app.extensions import db
from app.ledger.chart import Kind
from app.payments import payouts
from app.payments.gateways.solana import reading
from app.payments.models import Case
from app.payments.operations import solana_prices
from app.payments.payouts import Failed
from app.platform.transaction import transaction
from tests.accounts.taking_over import ask, confirm, take_back, undo_link
from tests.earnings.asking import HOME, asked, on, payouts_of, with_wallet
from tests.earnings.conftest import earned
from tests.factories.people import Person, signed_in
from tests.payments.coins import Purse, taking_coins
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


def test_dollars_arrive_as_sol_for_who_prefers_it(
    app: Flask, purse: Purse, mara: Person, address: str
) -> None:
    earned(app, mara, 1_000)
    purse.fill(sol="1")
    page = with_wallet(app, mara, address)
    seen = page.send(page.get(HOME).form(f"{HOME}/ask"), account="solana:SOL")
    assert "$9.20 (0.061333334 SOL)" in seen.text, "at 150 dollars each"
    purse.work_off()
    settle(app, purse)
    (payout,) = payouts_of(app, mara)
    assert (payout.state, payout.rate, payout.rail_amount) == ("paid", "150", 61_333_334)
    assert payout.provider_id and payout.provider_id in page.get(HOME).soup.get_text()
    with app.app_context():
        assert reading.balances(address)["SOL"] == 61_333_334
    assert on(app, Kind.PAYOUT_TRANSIT, mara) == 0
    purse.assert_square()


def test_nobody_is_paid_in_sol_while_nobody_knows_its_price(
    app: Flask, purse: Purse, mara: Person, address: str
) -> None:
    earned(app, mara, 1_000)
    page = with_wallet(app, mara, address)
    form = page.get(HOME).form(f"{HOME}/ask").fill(account="solana:SOL")
    with taking_coins(app, purse.double, solana_rate_url=["http://127.0.0.1:9/{coin}-{currency}#price"]):
        here = page.get(HOME)
        assert "Solana wallet, in USDC" in here.text and "in SOL" not in here.text
        assert page.send(form).status == 422
    assert payouts_of(app, mara) == []


def test_prices_are_asked_for_in_what_creators_have(
    app: Flask, purse: Purse, mara: Person, address: str
) -> None:
    """Also while nobody owes anything in it."""
    with taking_coins(app, purse.double, solana_rate_url=["http://127.0.0.1:9/{coin}-{currency}#price"]):
        earned(app, mara, 10_000, currency="EUR")
        with app.app_context():
            assert ("SOL", "EUR") in solana_prices.wanted()


def test_the_house_s_own_wallet_is_nobody_else_s(app: Flask, purse: Purse, mara: Person) -> None:
    page = signed_in(app, mara)
    form = page.get(HOME).form(f"{HOME}/wallet")
    assert "belongs to the house" in page.send(form, address=str(purse.wallet)).text


def test_a_house_that_is_short_pays_when_it_can(app: Flask, purse: Purse, mara: Person, address: str) -> None:
    earned(app, mara, 100_000_000)
    page = with_wallet(app, mara, address)
    asked(page)
    settle(app, purse)
    assert "On its way" in page.get(HOME).text
    purse.fill(sol="1", usdc="2000000")
    settle(app, purse)  # the minute's look finds that there is enough
    settle(app, purse)
    assert [one.state for one in payouts_of(app, mara)] == ["paid"]
    purse.assert_square()


def test_a_payout_to_a_thiefs_wallet_that_nobody_signed_goes_no_more_once_the_account_is_taken_back(
    app: Flask, purse: Purse, mara: Person, address: str
) -> None:
    """It waited for the house to have enough."""
    earned(app, mara, 1_000_000_000)
    thief = signed_in(app, mara)
    ask(thief)
    confirm(app, thief)
    link = undo_link(app, mara)
    with_wallet(app, mara, address)
    asked(thief)
    settle(app, purse)
    assert [one.state for one in payouts_of(app, mara)] == ["sent"]
    assert "is on its way there" not in take_back(app, mara, link).text
    assert [one.state for one in payouts_of(app, mara)] == ["failed"]
    assert on(app, Kind.CREATOR_AVAILABLE, mara) == 920_000_000
    purse.fill(sol="1", usdc="10000000")
    settle(app, purse)
    with app.app_context():
        assert reading.balances(address)["USDC"] == 0
        assert db.session.query(Case.kind).filter_by(kind="hot_wallet_short", state="open").all() == []
    purse.assert_square()


def test_a_payout_that_was_called_off_before_its_rail_knew_of_it_never_goes(
    app: Flask, purse: Purse, mara: Person, address: str
) -> None:
    """A worker may be on its way to ask for it just then."""
    earned(app, mara, 1_000)
    purse.fill(sol="1", usdc="50")
    thief = signed_in(app, mara)
    ask(thief)
    confirm(app, thief)
    link = undo_link(app, mara)
    with_wallet(app, mara, address)
    asked(thief)
    (payout,) = payouts_of(app, mara)
    with app.app_context(), transaction():
        going = paying_out.set_out(payout.id)
    take_back(app, mara, link)
    assert going is not None
    with app.app_context():
        assert isinstance(payouts.send(going.rail, going.order), Failed)
    settle(app, purse)
    assert [one.state for one in payouts_of(app, mara)] == ["failed"]
    with app.app_context():
        assert reading.balances(address)["USDC"] == 0
    purse.assert_square()
