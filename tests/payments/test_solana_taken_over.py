"""A worker fell silent while it sent coins, and another one took over: they leave once, all the same."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Thread
from uuid import UUID

import pytest
from flask import Flask
from solders.keypair import Keypair
from sqlalchemy import func, text, update

from app.extensions import db
from app.kit.ids import new_id
from app.payments.operations import solana_sends as sends
from app.payments.operations.solana_sends import PAYOUT, Wish
from app.payments.solana import jobs
from app.payments.solana.values import Signed
from app.platform import work
from app.platform.models import WorkItem
from app.platform.transaction import transaction
from tests.doubles.between import OddNode, odd_node
from tests.doubles.chain_questions import tokens
from tests.payments.coins import UNITS, Purse, taking_coins
from tests.payments.test_solana_sending import a_payout, the_refund
from tests.support import eventually

WAITING = text("select count(*) from pg_locks where not granted")


@pytest.fixture
def odd(app: Flask, rich: Purse) -> Iterator[OddNode]:
    """The house asks this node only."""
    with odd_node(rich.double.url) as node, taking_coins(app, rich.double, solana_rpc_url=[node.url]):
        yield node


def taken_over(app: Flask) -> None:
    """Whoever works lost the lease; another worker does it all."""
    with app.app_context():
        past = func.clock_timestamp() - timedelta(seconds=1)
        with transaction():
            db.session.execute(update(WorkItem).where(WorkItem.state == "running").values(leased_until=past))
        work.drain()


def test_while_it_was_signed(app: Flask, rich: Purse, odd: OddNode) -> None:
    target = Keypair().pubkey()
    a_payout(app, rich, target)

    def later() -> None:
        rich.double.tick()
        taken_over(app)

    odd.before("getLatestBlockhash", later)
    rich.work_off()
    assert odd.count("getLatestBlockhash") == 2 and odd.count("sendTransaction") == 1
    rich.send_all()
    (sent,) = rich.sends()
    assert (sent.state, sent.given_up) == ("succeeded", [])
    assert tokens(rich.double, target) == 20 * UNITS


def test_while_it_was_given_up(app: Flask, rich: Purse, odd: OddNode) -> None:
    target = Keypair().pubkey()
    rich.double.fault("drop")
    a_payout(app, rich, target)
    rich.work_off()
    first = rich.sends()[0].signature
    rich.double.tick(250)
    odd.before("getSignatureStatuses", lambda: taken_over(app))
    rich.run(jobs.push_sends)
    (row,) = rich.sends()
    assert (row.state, row.given_up) == ("due", [first])
    rich.send_all()
    assert tokens(rich.double, target) == 20 * UNITS


def test_while_it_was_recorded(app: Flask, rich: Purse, odd: OddNode, paid: UUID) -> None:
    rich.refund(paid, 500)
    rich.double.finalize()
    odd.before("getTransaction", lambda: taken_over(app))
    rich.run(jobs.push_sends)
    assert the_refund(app, paid).state == "succeeded"
    assert rich.sends()[0].state == "succeeded"
    rich.assert_square()


def test_what_another_one_signed_is_not_given_up_by_who_cannot_sign(app: Flask, rich: Purse) -> None:
    wish = Wish(new_id(), PAYOUT, "USDC", 20 * UNITS, str(Keypair().pubkey()))
    with taking_coins(app, rich.double, solana_wallet=str(rich.wallet)) as watching:
        without_key = Thread(target=watching.work_off)
        with app.app_context():
            with transaction():
                sends.ask(wish)
            with transaction():
                sends.keep(wish.id, Signed("signed by another", "raw", 1))
                without_key.start()
                eventually(lambda: db.session.execute(WAITING).scalar_one())
        without_key.join()
    (row,) = rich.sends()
    assert (row.state, row.signature) == ("sent", "signed by another")
