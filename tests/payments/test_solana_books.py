"""The house's own coins: in cold storage, moved by hand, and the chain against the books."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from solana.rpc.commitment import Processed
from solders.keypair import Keypair
from solders.message import Message
from solders.system_program import ID as SYSTEM
from solders.system_program import CreateAccountParams, create_account
from solders.transaction import VersionedTransaction

from app.kit import clock
from app.kit.clock import FixedClock
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account, Entry, Leg, post
from app.payments.solana import jobs
from app.platform.transaction import transaction
from tests.doubles.between import odd_node
from tests.doubles.chain_questions import a_rich_key, a_transfer, send
from tests.payments.coins import UNITS, Purse, taking_coins
from tests.payments.test_solana_rare import account_of, moved, opened, run
from tests.payments.test_solana_sending import a_payout, book_payout


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

    def test_what_arrives_elsewhere_while_it_is_reckoned_is_not_sent_twice(
        self, app: Flask, rich: Purse
    ) -> None:
        """The balance was told before a payout left, and its row was looked for after it had ended."""
        cold = {"solana_cold_wallet": str(Keypair().pubkey()), "solana_float_usdc": Decimal(50)}
        with odd_node(rich.double.url) as node:
            with taking_coins(app, rich.double, solana_rpc_url=[node.url], **cold) as purse:
                there = purse.on_chain()["USDC"]
                a_payout(app, rich, Keypair().pubkey())
                purse.work_off()
                ended: list[object] = []

                def meanwhile(said: dict[str, Any]) -> dict[str, Any]:
                    if not ended:
                        ended.append(said)
                        rich.double.finalize()
                        rich.run(jobs.push_sends)
                    return said

                node.instead("getMultipleAccounts", meanwhile)
                purse.run(jobs.sweep_to_cold)
                assert rich.sends()[0].state == "succeeded"
                (swept,) = [one.amount for one in rich.sends() if (one.kind, one.coin) == ("cold", "USDC")]
            assert swept == there - (50 + 20) * UNITS
        rich.fill(usdc="100")

    def test_what_cannot_go_there_is_told(self, app: Flask, rich: Purse) -> None:
        cold = {"solana_cold_wallet": str(Keypair().pubkey()), "solana_float_usdc": Decimal(50)}
        with taking_coins(app, rich.double, **cold) as purse:
            there = purse.on_chain()
            purse.run(jobs.sweep_to_cold)
            with taking_coins(app, rich.double, solana_wallet=str(rich.wallet), **cold) as watching:
                watching.send_all()
        asked = {send.coin: send.amount for send in rich.sends()}
        assert {send.state for send in rich.sends()} == {"failed"}
        told = [detail for kind, detail in rich.cases() if kind == "cold_failed"]
        assert {one["coin"]: one["amount"] for one in told} == asked
        assert "USDC" in asked and rich.on_chain() == there


class TestByHand:
    def test_what_its_owner_moved_is_on_the_books_and_told(self, app: Flask, rich: Purse) -> None:
        key = rich.key
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

    def test_what_the_house_kept_elsewhere_is_its_own(self, app: Flask, rich: Purse) -> None:
        """It fell to another account of its wallet, and its owner moves it to the right one."""
        giver, other = a_rich_key(rich.double, sol="1", usdc="7"), Keypair()
        there, ours, right = other.pubkey(), rich.wallet, account_of(rich.wallet)
        opening = opened(giver.pubkey(), there, ours)
        given = moved(account_of(giver.pubkey()), there, giver.pubkey(), 7 * UNITS)
        run(rich.double, giver, *opening, given, more=(other,))
        before, cases = rich.booked(Kind.OWNER, "USDC"), rich.cases()
        run(rich.double, rich.key, moved(there, right, ours, 7 * UNITS))
        rich.settle()
        assert rich.booked(Kind.OWNER, "USDC") - before == 7 * UNITS
        assert rich.cases() == cases
        rich.assert_square()

    def test_what_no_transfer_explains_is_told(self, app: Flask, rich: Purse) -> None:
        """Its key opened an account: money left, and no instruction that we read says so."""
        key, other = rich.key, Keypair()
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

    @pytest.mark.parametrize("booked", [None, 19 * UNITS], ids=["not at all", "too little"])
    def test_a_payout_that_was_not_booked_as_it_left_is_a_case(
        self, app: Flask, rich: Purse, booked: int | None
    ) -> None:
        order = a_payout(app, rich, Keypair().pubkey())
        rich.send_all()
        if booked:
            book_payout(app, order, booked)
        with clock.using(FixedClock(clock.now() + timedelta(hours=1))):
            rich.run(jobs.check_books)
        told = dict(rich.cases())["no_entry"]
        assert (told["amount"], told["coin"]) == (-20 * UNITS, "USDC")
