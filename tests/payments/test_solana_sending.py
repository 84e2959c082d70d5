"""Coins leave the house: refunds and payouts, once, and on the books when they are final."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from flask import Flask
from solana.rpc.commitment import Processed
from solders.keypair import Keypair
from solders.message import Message
from solders.pubkey import Pubkey
from solders.system_program import ID as SYSTEM
from solders.system_program import CreateAccountParams, create_account
from solders.transaction import VersionedTransaction

from app.extensions import db
from app.invoices.models import Refund
from app.kit import clock
from app.kit.clock import FixedClock
from app.kit.ids import new_id
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account, Entry, Leg, post
from app.payments import payouts
from app.payments.gateways.solana import signer
from app.payments.payouts import Failed, Order, Sent, Unknown
from app.payments.solana import jobs
from app.platform.transaction import transaction
from tests.doubles.chain_questions import a_transfer, send, tokens
from tests.factories.creators import a_creator
from tests.factories.invoices import an_invoice, the_invoice
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import PageClient
from tests.payments.coins import UNITS, Purse, taking_coins

GAVE_UP = 5


@pytest.fixture
def fan(app: Flask) -> Person:
    return a_person(app, "mira")


@pytest.fixture
def page(app: Flask, fan: Person) -> PageClient:
    return signed_in(app, fan)


@pytest.fixture
def rich(purse: Purse) -> Purse:
    """It has SOL for what the network takes."""
    purse.fill(sol="1", usdc="100")
    return purse


@pytest.fixture
def paid(app: Flask, rich: Purse, page: PageClient, fan: Person) -> UUID:
    invoice_id = an_invoice(app, fan, a_creator(app, "ada"), total=500)
    rich.pay(page, invoice_id)
    return invoice_id


def the_refund(app: Flask, invoice_id: UUID) -> Refund:
    with app.app_context():
        found: Refund = db.session.query(Refund).filter_by(invoice_id=invoice_id).one()
        db.session.expunge(found)
        return found


def a_payout(app: Flask, rich: Purse, to: Pubkey, units: int = 20 * UNITS, coin: str = "USDC") -> Order:
    """As who owes it asks."""
    order = Order(new_id(), str(to), units, coin)
    with app.app_context():
        assert payouts.send("solana", order) == Unknown()
    return order


def the_key(app: Flask) -> Keypair:
    """As its owner has it."""
    with app.app_context():
        owner = signer.signer()
        assert isinstance(owner, signer.KeySigner)
        return owner._key


def looked(app: Flask, order: Order) -> payouts.Answer:
    with app.app_context():
        return payouts.look("solana", order)


class TestRefunds:
    @pytest.mark.parametrize("coin", ["USDC", "SOL"])
    def test_it_goes_back_to_the_wallet_that_paid(
        self, app: Flask, rich: Purse, page: PageClient, fan: Person, coin: str
    ) -> None:
        invoice_id = an_invoice(app, fan, total=500)
        rich.pay(page, invoice_id, coin, wallet="payer")
        before = rich.on_chain()
        rich.refund(invoice_id, 200)
        rich.send_all()
        found = the_refund(app, invoice_id)
        assert (found.state, found.rail_currency) == ("succeeded", coin)
        (sent,) = rich.sends()
        assert sent.target == str(rich.double.wallet("payer")) and sent.signature == found.provider_id
        assert before[coin] - rich.on_chain()[coin] >= found.rail_amount
        assert the_invoice(app, invoice_id).state == "part_refunded"
        rich.assert_square()

    def test_what_the_network_takes_is_a_fee(self, app: Flask, rich: Purse, paid: UUID) -> None:
        before = rich.booked(Kind.PROVIDER_FEE, "SOL")
        rich.refund(paid, 500)
        rich.send_all()
        assert rich.booked(Kind.PROVIDER_FEE, "SOL") - before == 5_000
        rich.assert_square()

    def test_a_late_leftover_goes_back_too(
        self, app: Flask, rich: Purse, page: PageClient, fan: Person
    ) -> None:
        invoice_id = an_invoice(app, fan, total=500)
        rich.pay(page, invoice_id, amount="7")
        here = page.get(f"/invoices/{invoice_id}")
        page.send(here.form(f"/invoices/{invoice_id}/give-back"))
        rich.send_all()
        assert the_invoice(app, invoice_id).state == "paid"
        assert the_refund(app, invoice_id).rail_amount == 2 * UNITS
        rich.assert_square()

    def test_a_house_that_cannot_sign_gives_credit(
        self, app: Flask, purse: Purse, page: PageClient, fan: Person
    ) -> None:
        watched = str(Keypair().pubkey())
        with taking_coins(app, purse.double, solana_wallet=watched) as watching:
            invoice_id = an_invoice(app, fan, total=500)
            watching.pay(page, invoice_id)
            there = watching.booked(Kind.CHAIN_HOT, "USDC")
            watching.refund(invoice_id, 500)
            watching.send_all()
            assert the_refund(app, invoice_id).state == "failed"
            assert watching.booked(Kind.CHAIN_HOT, "USDC") == there
            assert watching.on_chain()["USDC"] == 5 * UNITS


class TestOnce:
    @pytest.mark.parametrize("kind", ["timeout_after", "rpc_error_500", "malformed", "garbled"])
    def test_whatever_the_node_answers_it_goes_once(
        self, app: Flask, rich: Purse, paid: UUID, kind: str
    ) -> None:
        rich.double.fault(kind, method="sendTransaction", times=3)
        rich.refund(paid, 500)
        rich.send_all()
        rich.double.no_faults()
        rich.send_all()
        assert the_refund(app, paid).state == "succeeded"
        assert rich.sends()[0].given_up == []
        rich.assert_square()

    def test_what_was_dropped_is_sent_again_as_it_was(self, app: Flask, rich: Purse, paid: UUID) -> None:
        rich.double.fault("drop")
        rich.refund(paid, 500)
        signature = rich.sends()[0].signature
        rich.send_all()
        assert (rich.sends()[0].signature, rich.sends()[0].state) == (signature, "succeeded")

    def test_it_is_signed_anew_only_when_the_first_cannot_land_any_more(
        self, app: Flask, rich: Purse, paid: UUID
    ) -> None:
        rich.double.fault("drop", times=3)
        rich.refund(paid, 500)
        (first,) = rich.sends()
        for _ in range(2):
            rich.double.tick(70)
            rich.run(jobs.push_sends)
            assert rich.sends()[0].signature == first.signature
        rich.double.no_faults()
        rich.double.tick(200)
        rich.run(jobs.push_sends)
        assert rich.sends()[0].given_up == [first.signature]
        rich.send_all()
        assert rich.sends()[0].state == "succeeded"
        rich.assert_square()

    def test_a_node_that_is_behind_proves_nothing(self, app: Flask, rich: Purse, paid: UUID) -> None:
        rich.refund(paid, 500)
        (first,) = rich.sends()
        rich.double.tick(300)
        rich.double.fault("stale", method="getSignatureStatuses", slots=299, times=2)
        rich.run(jobs.push_sends)
        assert rich.sends()[0].given_up == []
        rich.double.no_faults()
        rich.run(jobs.push_sends)
        assert (rich.sends()[0].signature, rich.sends()[0].state) == (first.signature, "succeeded")
        rich.assert_square()

    def test_what_a_fork_took_away_is_sent_again(self, app: Flask, rich: Purse, paid: UUID) -> None:
        rich.refund(paid, 500)
        (sent,) = rich.sends()
        rich.double.tick()
        rich.double.fork(str(sent.signature))
        rich.send_all()
        assert (rich.sends()[0].signature, rich.sends()[0].state) == (sent.signature, "succeeded")
        rich.assert_square()

    def test_it_waits_until_there_is_enough(self, app: Flask, rich: Purse) -> None:
        order = a_payout(app, rich, rich.double.wallet("ada"), units=10**12)
        rich.send_all()
        assert looked(app, order) == Unknown()
        assert [kind for kind, _ in rich.cases()][-1] == "hot_wallet_short"
        assert rich.sends()[0].signature is None

    def test_what_landed_and_failed_is_signed_anew_and_its_fee_is_booked(
        self, app: Flask, rich: Purse
    ) -> None:
        rich.double.fault("delay", slots=10)
        order = a_payout(app, rich, rich.double.wallet("ada"), units=5 * 10**8, coin="SOL")
        rich.run(jobs.push_sends)
        key = the_key(app)
        all_but_little = rich.on_chain()["SOL"] - 10**8
        send(rich.double, a_transfer(rich.double, key, Keypair().pubkey(), all_but_little))
        rich.settle()
        rich.settle()
        rich.run(jobs.push_sends)
        (row,) = rich.sends()
        assert (row.state, len(row.given_up)) == ("due", 1)
        rich.assert_square()
        rich.fill(sol="5")
        rich.send_all()
        assert isinstance(looked(app, order), Sent)


class TestPayouts:
    def test_a_creator_is_paid_once(self, app: Flask, rich: Purse) -> None:
        wallet = Keypair().pubkey()
        order = a_payout(app, rich, wallet)
        with app.app_context():
            payouts.send("solana", order)
        rich.send_all()
        answer = looked(app, order)
        assert isinstance(answer, Sent) and answer.final
        assert tokens(rich.double, wallet) == 20 * UNITS
        with app.app_context(), transaction():
            legs = (
                Leg(Account(Kind.ADJUSTMENT, "USDC"), 20 * UNITS),
                Leg(Account(Kind.CHAIN_HOT, "USDC"), -20 * UNITS),
            )
            refs = {"payout": str(order.reference_id)}
            post(Entry(f"payout:{order.reference_id}", "payout", legs, refs=refs))
        rich.assert_square()
        with clock.using(FixedClock(clock.now() + timedelta(hours=1))):
            rich.run(jobs.check_books, jobs.check_books)
        assert "no_entry" not in [kind for kind, _ in rich.cases()]

    def test_what_is_no_wallet_is_refused(self, app: Flask, rich: Purse) -> None:
        for target, coin in (("nonsense", "USDC"), (str(rich.double.usdc), "EUR")):
            with app.app_context():
                answer = payouts.send("solana", Order(new_id(), target, 100, coin))
            assert isinstance(answer, Failed)

    def test_what_the_network_never_takes_comes_back(self, app: Flask, rich: Purse) -> None:
        order = a_payout(app, rich, rich.double.wallet("ada"))
        for _ in range(GAVE_UP + 1):
            rich.double.fault("drop", times=5)
            rich.run(jobs.push_sends)
            rich.double.tick(250)
            rich.run(jobs.push_sends)
        rich.double.no_faults()
        assert isinstance(looked(app, order), Failed)
        rich.assert_square()


class TestColdStorage:
    def test_what_is_more_than_needed_goes_there(self, app: Flask, rich: Purse) -> None:
        cold = Keypair().pubkey()
        with taking_coins(
            app, rich.double, solana_cold_wallet=str(cold), solana_float_usdc=Decimal(50)
        ) as purse:
            there = purse.on_chain()["USDC"]
            purse.run(jobs.sweep_to_cold, jobs.sweep_to_cold)
            purse.send_all()
            purse.run(jobs.sweep_to_cold)
            purse.send_all()
            assert purse.on_chain()["USDC"] == 50 * UNITS
            assert purse.booked(Kind.CHAIN_COLD, "USDC") == there - 50 * UNITS
            purse.assert_square()
            # As much again for the next test.
        rich.fill(usdc="100")


class TestByHand:
    def test_what_its_owner_moved_is_on_the_books_and_told(self, app: Flask, rich: Purse) -> None:
        key = the_key(app)
        before = len(rich.cases())
        send(rich.double, a_transfer(rich.double, key, Keypair().pubkey(), 10**8))
        rich.settle()
        assert [kind for kind, _ in rich.cases()[before:]] == ["left_by_hand"]
        rich.assert_square()
        cold = Keypair().pubkey()
        with taking_coins(app, rich.double, solana_cold_wallet=str(cold)):
            send(rich.double, a_transfer(rich.double, key, cold, 10**8))
            rich.settle()
        assert len(rich.cases()) == before + 1
        assert rich.booked(Kind.CHAIN_COLD, "SOL") == 10**8
        rich.assert_square()

    def test_what_no_transfer_explains_is_told(self, app: Flask, rich: Purse) -> None:
        """Its key opened an account: money left, and no instruction that we read says so."""
        key, other = the_key(app), Keypair()
        opening = create_account(
            CreateAccountParams(
                from_pubkey=key.pubkey(), to_pubkey=other.pubkey(), lamports=10**7, space=0, owner=SYSTEM
            )
        )
        recent = rich.double.ask(lambda client: client.get_latest_blockhash(Processed)).value.blockhash
        message = Message.new_with_blockhash([opening], key.pubkey(), recent)
        send(rich.double, VersionedTransaction(message, [key, other]))
        rich.settle()
        assert dict(rich.cases())["balance_differs"]["balance"] == -(10**7)


class TestReconciling:
    def test_all_is_square_after_a_day_of_business(self, app: Flask, rich: Purse, paid: UUID) -> None:
        rich.refund(paid, 300)
        rich.send_all()
        before = len(rich.cases())
        with clock.using(FixedClock(clock.now() + timedelta(hours=1))):
            rich.run(jobs.check_books)
            rich.run(jobs.check_books)
        assert rich.cases()[before:] == []

    def test_a_difference_that_stays_is_a_case(self, app: Flask, rich: Purse, paid: UUID) -> None:
        with app.app_context(), transaction():
            legs = (
                Leg(Account(Kind.CHAIN_HOT, "USDC"), 7),
                Leg(Account(Kind.ADJUSTMENT, "USDC"), -7),
            )
            post(Entry("test:wrong", "adjustment", legs))
        rich.run(jobs.check_books)
        assert "balance" not in [kind for kind, _ in rich.cases()]
        rich.run(jobs.check_books)
        assert dict(rich.cases())["balance"]["books"] - dict(rich.cases())["balance"]["chain"] == 7
