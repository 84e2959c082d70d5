"""Setting the rail up: wallets in sealed files, and what the settings allow."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from solders.keypair import Keypair

from app.config import ConfigError, load_settings
from app.extensions import db
from app.ledger.chart import Kind
from app.payments.gateways.solana import signer, wallets
from app.payments.solana import jobs
from app.platform.models import WorkItem
from tests.conftest import SECRET
from tests.doubles.between import odd_node
from tests.doubles.chain import ChainDouble
from tests.factories.invoices import an_invoice
from tests.factories.people import a_person, signed_in
from tests.payments.coins import UNITS, Purse, offered, taking_coins


def test_a_new_wallet_lies_sealed_in_a_file(app: Flask, node: ChainDouble, tmp_path: Path) -> None:
    file = tmp_path / "wallet"
    said = app.test_cli_runner().invoke(args=["solana", "new-wallet", str(file)])
    address = said.output.split()[0]
    assert wallets.is_wallet(address) and stat.S_IMODE(file.stat().st_mode) == 0o600
    again = app.test_cli_runner().invoke(args=["solana", "new-wallet", str(file)])
    assert again.exit_code and "never written over" in again.output
    with taking_coins(app, node, solana_wallet_file=file) as purse:
        assert str(purse.wallet) == address
        told = app.test_cli_runner().invoke(args=["solana", "address"])
        assert told.output.strip() == address


def test_live_mode_has_no_wallet_but_its_own(app: Flask, node: ChainDouble) -> None:
    before = app.extensions["fanlight.settings"]
    app.extensions["fanlight.settings"] = before.model_copy(update={"mode": "live"})
    try:
        with app.app_context():
            assert signer.signer() is None and signer.address() == ""
        told = app.test_cli_runner().invoke(args=["solana", "address"])
        assert told.exit_code and "SOLANA_WALLET" in told.output
    finally:
        app.extensions["fanlight.settings"] = before


def test_a_house_without_nodes_offers_no_coins(app: Flask, purse: Purse) -> None:
    fan = a_person(app)
    invoice_id = an_invoice(app, fan)
    page = signed_in(app, fan)
    with taking_coins(app, purse.double, solana_rpc_url=[]):
        assert offered(page.get(f"/invoices/{invoice_id}"), invoice_id) == []
        purse.look()


JOBS = (
    jobs.look_at_living,
    jobs.look_at_wallet,
    jobs.look_at_ended,
    jobs.ask_for_prices,
    jobs.check_books,
    jobs.sweep_to_cold,
    jobs.ask_for_play_money,
)


@pytest.mark.parametrize("job", JOBS, ids=[job.__name__ for job in JOBS])
def test_a_house_without_nodes_asks_nobody(app: Flask, node: ChainDouble, job: Callable[[], None]) -> None:
    chosen = {"solana_cold_wallet": str(Keypair().pubkey()), "solana_rate_url": [f"{node.url}/#price"]}
    with taking_coins(app, node, solana_rpc_url=[], **chosen), app.app_context():
        job()
        assert db.session.query(WorkItem).count() == 0


def test_what_moves_while_its_books_are_opened_is_booked_once(app: Flask, purse: Purse) -> None:
    before = purse.booked(Kind.CHAIN_HOT, "USDC")

    def pay_in() -> None:
        purse.double.faucet(purse.wallet, usdc="7")
        purse.double.finalize()

    with odd_node(purse.double.url) as odd:
        chosen = {"solana_rpc_url": [odd.url], "secret_key": f"another {Keypair().pubkey()}"}
        odd.before("getMultipleAccounts", pay_in)
        with taking_coins(app, purse.double, **chosen) as another:
            another.look()
            assert another.booked(Kind.CHAIN_HOT, "USDC") - before == 7 * UNITS
            assert another.cases() == []
            pay_in()
            another.look()
            assert another.booked(Kind.CHAIN_HOT, "USDC") - before == another.on_chain()["USDC"] == 14 * UNITS
            assert [kind for kind, _ in another.cases()] == ["unknown_money"]


@pytest.mark.parametrize("name", ["solana_wallet", "solana_cold_wallet", "solana_usdc_mint"])
def test_an_address_that_is_none_is_named_at_the_start(name: str) -> None:
    with pytest.raises(ConfigError, match=name.upper()):
        load_settings(
            database_url="postgresql://x",
            redis_url="redis://x",
            secret_key=SECRET,
            encryption_keys=[SECRET[::-1]],
            **{name: "0x52908400098527886E0F7030069857D2E4169EE7"},
        )
