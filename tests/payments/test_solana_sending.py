"""Coins leave the house: refunds and payouts, once, and on the books when they are final."""

from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from solders.keypair import Keypair
from solders.pubkey import Pubkey

from app.extensions import db
from app.invoices.models import Refund
from app.kit import clock
from app.kit.clock import FixedClock
from app.kit.ids import new_id
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account, Entry, Leg, post
from app.payments import payouts
from app.payments.gateways.solana import building, signer
from app.payments.gateways.solana import sending as wire
from app.payments.gateways.solana.building import ToMove
from app.payments.models import Case
from app.payments.operations import solana_sends as sends
from app.payments.payouts import Failed, Order, Sent, Unknown
from app.payments.solana import jobs
from app.platform.models import WorkItem
from app.platform.transaction import transaction
from tests.doubles.chain_questions import a_transfer, send, tokens
from tests.factories.invoices import an_invoice, the_invoice
from tests.factories.people import Person
from tests.factories.restored import compared, restored
from tests.page_client import PageClient
from tests.payments.coins import UNITS, Purse, taking_coins

GAVE_UP = 5


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


def a_payout_that_fails(app: Flask, rich: Purse) -> Order:
    """When it lands there is too little: its key moved nearly all away by hand."""
    rich.double.fault("delay", slots=10)
    order = a_payout(app, rich, rich.double.wallet("ada"), units=5 * 10**8, coin="SOL")
    rich.run(jobs.push_sends)
    all_but_little = rich.on_chain()["SOL"] - 10**8
    send(rich.double, a_transfer(rich.double, rich.key, Keypair().pubkey(), all_but_little))
    rich.settle()
    rich.settle()
    return order


def book_payout(app: Flask, order: Order, units: int) -> None:
    """As who asked for it does."""
    with app.app_context(), transaction():
        legs = (Leg(Account(Kind.ADJUSTMENT, "USDC"), units), Leg(Account(Kind.CHAIN_HOT, "USDC"), -units))
        refs = {"payout": str(order.reference_id)}
        post(Entry(f"payout:{order.reference_id}", "payout", legs, refs=refs))


def looked(app: Flask, order: Order) -> payouts.Answer:
    with app.app_context():
        return payouts.look("solana", order)


def went(app: Flask, rich: Purse, order: Order) -> str:
    """Signed and final, and the house knows nothing of it."""
    with app.app_context():
        by = signer.signer()
        assert by is not None
        memo = str(order.reference_id)
        made = building.signed(
            ToMove(by.address, order.destination, order.currency, order.amount, memo, opens=True), by
        )
        assert made is not None
        wire.send(made)
    rich.double.finalize()
    return made.signature


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

    @pytest.mark.fault_long
    def test_many_that_cannot_go_now_do_not_keep_it_waiting(
        self, app: Flask, rich: Purse, paid: UUID
    ) -> None:
        """More than one look takes wait for coins that the house does not have."""
        for _ in range(jobs.AT_ONCE):
            a_payout(app, rich, rich.double.wallet("ada"), units=10**6 * UNITS)
        rich.refund(paid, 500)
        rich.send_all()
        assert the_refund(app, paid).state == "succeeded"
        assert len([one for one in rich.sends() if one.state == "due"]) == jobs.AT_ONCE

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

    def test_while_no_node_answers_nothing_is_given_up(self, app: Flask, rich: Purse, paid: UUID) -> None:
        rich.refund(paid, 500)
        rich.double.finalize()
        rich.double.fault("rpc_error_500", method="getEpochInfo", times=20)
        rich.run(jobs.push_sends)
        (sent,) = rich.sends()
        assert (sent.state, sent.given_up) == ("sent", [])
        rich.double.no_faults()
        rich.send_all()
        assert rich.sends()[0].state == "succeeded"
        rich.assert_square()

    def test_what_a_node_cannot_show_yet_is_booked_later(self, app: Flask, rich: Purse, paid: UUID) -> None:
        before = rich.booked(Kind.PROVIDER_FEE, "SOL")
        rich.refund(paid, 500)
        rich.double.finalize()
        rich.double.fault("stale", method="getTransaction", slots=100, times=20)
        rich.run(jobs.push_sends)
        assert (rich.sends()[0].state, rich.booked(Kind.PROVIDER_FEE, "SOL")) == ("sent", before)
        rich.double.no_faults()
        rich.send_all()
        assert the_refund(app, paid).state == "succeeded"
        rich.assert_square()

    def test_work_for_what_is_over_or_was_never_asked_for_sends_nothing(
        self, app: Flask, rich: Purse, paid: UUID
    ) -> None:
        rich.refund(paid, 500)
        rich.send_all()
        there = rich.on_chain()
        with app.app_context(), transaction():
            for send_id in (rich.sends()[0].id, new_id()):
                sends.hurry(send_id)
        rich.work_off()
        rich.double.finalize()
        assert rich.on_chain() == there
        with app.app_context():
            assert db.session.query(WorkItem).filter(WorkItem.last_error.is_not(None)).count() == 0

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
        with app.app_context():
            asked = db.session.query(WorkItem).filter_by(kind=sends.SEND_WORK)
            before = asked.count()
            jobs.push_sends()
            assert before and asked.count() == before, "the slow look asks about it"

    def test_many_that_wait_for_coins_are_asked_about_at_once(self, app: Flask, rich: Purse) -> None:
        """Each minute only those are work that can go by then, the oldest first."""
        there = rich.on_chain()["USDC"]
        for more in (3 * UNITS, UNITS, UNITS, 2 * UNITS):
            a_payout(app, rich, rich.double.wallet("ada"), units=there + more)
        rich.work_off()
        assert [kind for kind, _ in rich.cases()].count("hot_wallet_short") == 4
        rich.fill(usdc="1")
        with app.app_context():
            asked = db.session.query(WorkItem.payload).filter_by(kind=sends.SEND_WORK).order_by(WorkItem.id)
            before = asked.count()
            rich.run(jobs.push_old_sends)
            again = [payload["send_id"] for (payload,) in asked[before:]]
        assert again == [str(rich.sends()[1].id)]
        rich.work_off()
        rich.send_all()
        assert [one.state for one in rich.sends()] == ["due", "succeeded", "due", "due"]

    def test_what_landed_and_failed_is_signed_anew_and_its_fee_is_booked(
        self, app: Flask, rich: Purse
    ) -> None:
        order = a_payout_that_fails(app, rich)
        rich.run(jobs.push_sends)
        (row,) = rich.sends()
        assert (row.state, len(row.given_up)) == ("due", 1)
        rich.assert_square()
        rich.fill(sol="5")
        rich.send_all()
        assert isinstance(looked(app, order), Sent)

    def test_what_failed_is_not_signed_anew_before_its_fee_is_booked(self, app: Flask, rich: Purse) -> None:
        a_payout_that_fails(app, rich)
        rich.double.fault("stale", method="getTransaction", slots=500, times=20)
        rich.run(jobs.push_sends)
        assert (rich.sends()[0].state, rich.sends()[0].given_up) == ("sent", [])
        rich.double.no_faults()
        rich.run(jobs.push_sends)
        assert len(rich.sends()[0].given_up) == 1
        rich.assert_square()
        rich.fill(sol="5")


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
        book_payout(app, order, 20 * UNITS)
        rich.assert_square()
        with clock.using(FixedClock(clock.now() + timedelta(hours=1))):
            rich.run(jobs.check_books, jobs.check_books)
        assert "no_entry" not in [kind for kind, _ in rich.cases()]

    def test_what_is_no_wallet_is_refused(self, app: Flask, rich: Purse) -> None:
        for target, coin in (("nonsense", "USDC"), (str(rich.double.usdc), "EUR")):
            with app.app_context():
                answer = payouts.send("solana", Order(new_id(), target, 100, coin))
            assert isinstance(answer, Failed)

    def test_a_house_that_cannot_sign_pays_nobody(self, app: Flask, rich: Purse) -> None:
        with taking_coins(app, rich.double, solana_wallet=str(rich.wallet)), app.app_context():
            answer = payouts.send("solana", Order(new_id(), str(Keypair().pubkey()), UNITS, "USDC"))
        assert isinstance(answer, Failed) and answer.code == "rail_closed"
        assert rich.sends() == []

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


class TestAfterARestore:
    def test_what_waits_is_not_signed_before_somebody_compared(self, app: Flask, rich: Purse) -> None:
        order = a_payout(app, rich, rich.double.wallet("ada"))
        restored(app)
        rich.send_all()
        assert looked(app, order) == Unknown()
        compared(app)
        rich.send_all()
        assert isinstance(looked(app, order), Sent)

    def test_what_had_gone_before_does_not_go_again(self, app: Flask, rich: Purse) -> None:
        """Its row is as it was before it was signed. The clock looks at the wallet meanwhile."""
        before = rich.on_chain()["USDC"]
        order = a_payout(app, rich, rich.double.wallet("ada"))
        signature = went(app, rich, order)
        restored(app)
        rich.look()
        compared(app)
        rich.send_all()
        assert looked(app, order) == Sent(signature)
        assert before - rich.on_chain()["USDC"] == order.amount
        book_payout(app, order, order.amount)
        rich.assert_square()

    def test_what_had_gone_before_its_row_was_there_again_is_left_to_somebody(
        self, app: Flask, rich: Purse
    ) -> None:
        order = Order(new_id(), str(rich.double.wallet("ada")), 20 * UNITS, "USDC")
        before = rich.on_chain()["USDC"]
        went(app, rich, order)
        restored(app)
        rich.look()
        compared(app)
        with app.app_context():
            assert payouts.send("solana", order) == Unknown()
        rich.send_all()
        assert before - rich.on_chain()["USDC"] == order.amount
        with app.app_context():
            opened = {one.kind for one in db.session.query(Case.kind).filter_by(state="open")}
            assert {"left_by_hand", "send_unclear"} <= opened
        rich.assert_square()
