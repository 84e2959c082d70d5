"""What can go wrong with the local chain on purpose, and what must not."""

import contextlib
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from threading import Thread

import pytest
from httpx2 import HTTPStatusError
from solana.exceptions import SolanaRpcException
from solana.rpc.commitment import Confirmed, Finalized, Processed
from solana.rpc.core import RPCException
from solana.rpc.models import TxOpts
from solders.errors import SerdeJSONError
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.rpc.errors import NodeUnhealthyMessage
from solders.signature import Signature

from tests.doubles.chain import USDC, ChainDouble, Refused, chain_double, pay_link
from tests.doubles.chain_questions import (
    LAMPORTS,
    a_rich_key,
    a_transfer,
    balance,
    found_by,
    read,
    send,
    signatures_by,
    status,
    tokens,
)
from tests.support import eventually


class TestWhatGoesWrong:
    def test_a_dropped_transaction_never_lands(self, chain: ChainDouble, shop: Pubkey) -> None:
        chain.fault("drop")
        (dropped, landed) = chain.pay(pay_link(shop, "1"), times=2)
        chain.finalize()
        assert status(chain, dropped) is None
        assert status(chain, landed) is not None
        assert balance(chain, shop) == LAMPORTS

    def test_a_delayed_one_lands_later(self, chain: ChainDouble, shop: Pubkey) -> None:
        chain.fault("delay", slots=10)
        (signature,) = chain.pay(pay_link(shop, "1"))
        chain.tick(9)
        assert (status(chain, signature), balance(chain, shop)) == (None, 0)
        chain.tick()
        assert (status(chain, signature).err, balance(chain, shop)) == (None, LAMPORTS)

    def test_one_delayed_for_too_long_is_lost(self, chain: ChainDouble, shop: Pubkey) -> None:
        chain.fault("delay", slots=200)
        (signature,) = chain.pay(pay_link(shop, "1"))
        chain.tick(250)
        assert (status(chain, signature), balance(chain, shop)) == (None, 0)

    def test_one_that_is_held_is_not_finalized_until_it_is_let_go(
        self, chain: ChainDouble, shop: Pubkey, reference: Pubkey
    ) -> None:
        chain.fault("never_finalize")
        (signature,) = chain.pay(pay_link(shop, "1", references=(reference,)))
        chain.tick(100)
        assert signatures_by(chain, reference, Confirmed) == [signature]
        assert signatures_by(chain, reference, Finalized) == []
        assert balance(chain, shop, Finalized) == 0
        chain.finalize(signature)
        assert signatures_by(chain, reference, Finalized) == [signature]

    def test_a_confirmed_one_vanishes_with_its_fork_and_later_ones_stay(
        self, chain: ChainDouble, shop: Pubkey, reference: Pubkey
    ) -> None:
        gone, later, latest = chain.pay(pay_link(shop, "1", references=(reference,)), times=3)
        chain.tick()
        assert balance(chain, shop) == 3 * LAMPORTS
        chain.fork(gone)
        assert status(chain, gone) is None
        assert (balance(chain, shop), balance(chain, shop, Confirmed)) == (2 * LAMPORTS, 2 * LAMPORTS)
        chain.finalize()
        assert signatures_by(chain, reference, Finalized) == [latest, later]

    def test_what_rested_on_the_one_that_vanished_has_failed(
        self, chain: ChainDouble, shop: Pubkey, reference: Pubkey
    ) -> None:
        opened, rested = chain.pay(pay_link(shop, "1", mint=USDC, references=(reference,)), times=2)
        chain.tick()
        chain.fork(opened)
        (found,) = found_by(chain, reference)
        assert str(found.signature) == rested
        assert found.err is not None

    def test_what_vanished_can_be_sent_again(self, chain: ChainDouble, shop: Pubkey) -> None:
        key = a_rich_key(chain)
        sent = a_transfer(chain, key, shop, LAMPORTS)
        signature = send(chain, sent)
        chain.tick()
        chain.fork(signature)
        assert (balance(chain, shop), balance(chain, key.pubkey())) == (0, 10 * LAMPORTS)
        assert send(chain, sent) == signature
        assert balance(chain, shop) == LAMPORTS

    def test_what_is_finalized_stays(self, chain: ChainDouble, shop: Pubkey) -> None:
        (signature,) = chain.pay(pay_link(shop, "1"))
        chain.finalize()
        with pytest.raises(Refused, match="finalized transactions stay"):
            chain.fork(signature)

    def test_a_node_refuses_too_many_questions(self, chain: ChainDouble, shop: Pubkey) -> None:
        chain.fault("rpc_error_429", method="getBalance", times=2)
        chain.ask(lambda client: client.get_slot())
        for _ in range(2):
            with pytest.raises(SolanaRpcException) as refused:
                balance(chain, shop)
            cause = refused.value.__cause__
            assert isinstance(cause, HTTPStatusError)
            assert (cause.response.status_code, cause.response.headers["Retry-After"]) == (429, "1")
        assert balance(chain, shop) == 0

    def test_a_node_breaks_down(self, chain: ChainDouble, shop: Pubkey) -> None:
        chain.fault("rpc_error_500")
        with pytest.raises(SolanaRpcException):
            balance(chain, shop)
        assert balance(chain, shop) == 0

    def test_a_node_answers_in_a_shape_that_the_client_cannot_read(
        self, chain: ChainDouble, reference: Pubkey
    ) -> None:
        chain.fault("malformed", method="getSignaturesForAddress")
        with pytest.raises(SerdeJSONError):
            found_by(chain, reference)
        assert found_by(chain, reference) == []

    def test_a_node_answers_with_what_lets_the_client_panic(
        self, chain: ChainDouble, shop: Pubkey, reference: Pubkey
    ) -> None:
        chain.pay(pay_link(shop, "1", references=(reference,)))
        chain.tick()
        chain.fault("garbled", method="getSignaturesForAddress")
        with pytest.raises(BaseException) as trouble:
            signatures_by(chain, reference)
        assert type(trouble.value).__name__ == "PanicException"
        assert not isinstance(trouble.value, Exception)

    def test_a_node_says_that_it_is_behind(self, chain: ChainDouble) -> None:
        chain.fault("rpc_behind", slots=42)
        with pytest.raises(RPCException) as refused:
            chain.ask(lambda client: client.get_slot())
        (said,) = refused.value.args
        assert isinstance(said, NodeUnhealthyMessage)
        assert said.data.num_slots_behind == 42

    def test_a_node_that_is_behind_and_does_not_know_it(
        self, chain: ChainDouble, shop: Pubkey, reference: Pubkey
    ) -> None:
        chain.pay(pay_link(shop, "1", references=(reference,)))
        chain.tick(5)
        chain.fault("stale", slots=10, times=2)
        assert found_by(chain, reference) == []
        assert balance(chain, shop) == 0
        assert len(found_by(chain, reference)) == 1

    def test_a_node_that_is_behind_knows_no_name_it_has_not_heard_of(
        self, chain: ChainDouble, shop: Pubkey, reference: Pubkey
    ) -> None:
        """Until what it does not know it lists all; before that, nothing."""
        (old,) = chain.pay(pay_link(shop, "1", references=(reference,)))
        chain.tick(20)
        (new,) = chain.pay(pay_link(shop, "1", references=(reference,)))
        chain.tick()
        newest = Signature.from_string(new)
        assert signatures_by(chain, reference, until=newest) == []
        chain.fault("stale", slots=10, times=2)
        assert signatures_by(chain, reference, until=newest) == [old]
        assert signatures_by(chain, reference, before=newest) == []
        assert signatures_by(chain, reference, before=newest) == [old]

    def test_who_names_a_newer_slot_is_not_told_what_is_old(self, chain: ChainDouble, shop: Pubkey) -> None:
        slot = chain.ask(lambda client: client.get_slot(Processed)).value
        options = {"commitment": "processed", "minContextSlot": slot}
        assert chain.rpc("getBalance", str(shop), options)["result"]["value"] == 0
        chain.fault("stale", slots=10)
        assert chain.rpc("getBalance", str(shop), options)["error"]["code"] == -32016

    def test_a_line_breaks_off_after_the_transaction_was_taken(
        self, chain: ChainDouble, shop: Pubkey
    ) -> None:
        key = a_rich_key(chain)
        sent = a_transfer(chain, key, shop, LAMPORTS)
        chain.fault("timeout_after", method="sendTransaction")
        with pytest.raises(SolanaRpcException):
            chain.ask(
                lambda client: client.send_raw_transaction(bytes(sent), TxOpts(skip_preflight=True)),
                max_transport_retries=0,
            )
        assert status(chain, str(sent.signatures[0])).err is None
        assert balance(chain, shop) == LAMPORTS

    def test_a_fault_that_nobody_knows_is_refused(self, chain: ChainDouble) -> None:
        with pytest.raises(Refused, match="kind must be one of"):
            chain.fault("gremlins")


class TestRestart:
    def test_nothing_that_was_acknowledged_is_lost_with_kill_9(self, tmp_path: Path) -> None:
        shop, reference = Keypair().pubkey(), Keypair().pubkey()
        with chain_double(tmp_path) as double:
            payer = double.wallet()
            double.fault("delay", slots=3)
            (waiting,) = double.pay(pay_link(shop, "2"))
            (first,) = double.pay(pay_link(shop, "1", references=(reference,)))
            double.tick()
            (second,) = double.pay(pay_link(shop, "4", mint=USDC, references=(reference,)))
            before = (balance(double, payer), tokens(double, payer), tokens(double, shop))
            slot = double.ask(lambda client: client.get_slot(Processed)).value
            double.restart()
            assert (balance(double, payer), tokens(double, payer), tokens(double, shop)) == before
            assert double.ask(lambda client: client.get_slot(Processed)).value >= slot
            assert signatures_by(double, reference) == [first]
            assert (balance(double, shop), balance(double, shop, Confirmed)) == (LAMPORTS, LAMPORTS)
            double.tick(2)
            assert signatures_by(double, reference) == [second, first]
            assert balance(double, shop) == 3 * LAMPORTS
            assert status(double, waiting).err is None
            double.fork(second)
            assert signatures_by(double, reference) == [first]
            double.pay(pay_link(shop, "1", mint=USDC))
            assert tokens(double, shop) == 1_000_000

    def test_killed_in_the_middle_of_payments_it_has_each_that_it_answered(self, tmp_path: Path) -> None:
        shop, answered = Keypair().pubkey(), list[str]()

        def pay_on(double: ChainDouble) -> None:
            with contextlib.suppress(OSError, HTTPException):
                while True:
                    answered.extend(double.pay(pay_link(shop, "0.001"), memo=str(len(answered))))

        with chain_double(tmp_path) as double:
            double.wallet()
            payers = [Thread(target=pay_on, args=(double,)) for _ in range(4)]
            for payer in payers:
                payer.start()
            eventually(lambda: len(answered) > 40)
            double.kill()
            for payer in payers:
                payer.join()
            double.start()
            assert all(status(double, signature).err is None for signature in answered)
            landed = balance(double, shop) // 1_000_000
            assert len(answered) <= landed <= len(answered) + len(payers)


class TestTime:
    def test_time_follows_the_clock_file_and_never_goes_back(self, tmp_path: Path) -> None:
        clock = tmp_path / "clock"
        clock.write_text("0")
        with chain_double(tmp_path / "state", slot_ms=400, clock_file=clock) as double:
            first = double.ask(lambda client: client.get_slot(Processed)).value
            (signature,) = double.pay(pay_link(Keypair().pubkey(), "1"))
            clock.write_text("1d")
            later = double.ask(lambda client: client.get_slot(Processed)).value
            assert later - first >= 24 * 3600 / 0.4
            assert "Finalized" in str(status(double, signature).confirmation_status)
            (next_day,) = double.pay(pay_link(Keypair().pubkey(), "1"))
            double.tick()
            at = read(double, next_day).block_time
            assert at is not None
            assert abs(at - datetime.now(UTC).timestamp() - 24 * 3600) < 60
            clock.write_text("-1d")
            back = double.ask(lambda client: client.get_slot(Processed)).value
            assert back >= later
            eventually(lambda: double.ask(lambda client: client.get_slot(Processed)).value > back)
