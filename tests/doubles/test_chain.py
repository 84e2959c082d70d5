"""The local chain, asked by the real client over a real socket."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, OpenerDirector, Request, build_opener

import pytest
from bs4 import BeautifulSoup
from httpx2 import HTTPStatusError
from solana.exceptions import SolanaRpcException
from solana.rpc.commitment import Commitment, Confirmed, Finalized, Processed
from solana.rpc.core import RPCException
from solana.rpc.models import TokenAccountOpts, TxOpts
from solders.hash import Hash
from solders.keypair import Keypair
from solders.message import Message, MessageV0
from solders.pubkey import Pubkey
from solders.rpc.errors import NodeUnhealthyMessage, SendTransactionPreflightFailureMessage
from solders.signature import Signature
from solders.system_program import TransferParams, transfer
from solders.transaction import VersionedTransaction
from solders.transaction_status import EncodedConfirmedTransactionWithStatusMeta as Found
from solders.transaction_status import ParsedInstruction, UiParsedMessage, UiTransaction
from spl.token.constants import ASSOCIATED_TOKEN_PROGRAM_ID, TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID
from spl.token.instructions import get_associated_token_address

from tests.doubles.chain import USDC, ChainDouble, Refused, chain_double, pay_link
from tests.support import eventually

LAMPORTS = 1_000_000_000
MEMO = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChainDouble]:
    with chain_double(tmp_path_factory.mktemp("chain")) as double:
        yield double


@pytest.fixture
def chain(running: ChainDouble) -> ChainDouble:
    running.no_faults()
    return running


@pytest.fixture
def shop() -> Pubkey:
    """Somebody who is paid; nobody knows them yet."""
    return Keypair().pubkey()


@pytest.fixture
def reference() -> Pubkey:
    return Keypair().pubkey()


def balance(chain: ChainDouble, key: Pubkey, commitment: Commitment = Processed) -> int:
    return chain.ask(lambda client: client.get_balance(key, commitment)).value


def tokens(chain: ChainDouble, owner: Pubkey, mint: Pubkey = USDC, program: Pubkey = TOKEN_PROGRAM_ID) -> int:
    account = get_associated_token_address(owner, mint, program)
    return int(chain.ask(lambda client: client.get_token_account_balance(account, Processed)).value.amount)


def found_by(chain: ChainDouble, key: Pubkey, commitment: Commitment = Confirmed, **more: Any) -> list[Any]:
    return list(
        chain.ask(lambda client: client.get_signatures_for_address(key, commitment=commitment, **more)).value
    )


def signatures_by(
    chain: ChainDouble, key: Pubkey, commitment: Commitment = Confirmed, **more: Any
) -> list[str]:
    return [str(one.signature) for one in found_by(chain, key, commitment, **more)]


def read(chain: ChainDouble, signature: str, encoding: str = "json", **more: Any) -> Found:
    options: dict[str, Any] = {"commitment": Confirmed, "max_supported_transaction_version": 0} | more
    wanted = Signature.from_string(signature)
    found = chain.ask(lambda client: client.get_transaction(wanted, encoding, **options)).value
    assert found is not None
    return found


def status(chain: ChainDouble, signature: str, *, search: bool = True) -> Any:
    wanted = [Signature.from_string(signature)]
    return chain.ask(
        lambda client: client.get_signature_statuses(wanted, search_transaction_history=search)
    ).value[0]


def a_rich_key(chain: ChainDouble, sol: str = "10", usdc: str = "0") -> Keypair:
    key = Keypair()
    chain.faucet(key.pubkey(), sol=sol, usdc=usdc)
    return key


def a_transfer(
    chain: ChainDouble, key: Keypair, target: Pubkey, lamports: int, *, recent: Hash | None = None
) -> VersionedTransaction:
    latest = recent or chain.ask(lambda client: client.get_latest_blockhash(Processed)).value.blockhash
    instruction = transfer(TransferParams(from_pubkey=key.pubkey(), to_pubkey=target, lamports=lamports))
    return VersionedTransaction(Message.new_with_blockhash([instruction], key.pubkey(), latest), [key])


def send(chain: ChainDouble, sent: VersionedTransaction, *, skip_preflight: bool = False) -> str:
    options = TxOpts(skip_preflight=skip_preflight, preflight_commitment=Processed)
    return str(chain.ask(lambda client: client.send_raw_transaction(bytes(sent), options)).value)


class TestSending:
    def test_a_transfer_of_the_real_client_arrives(self, chain: ChainDouble, shop: Pubkey) -> None:
        key = a_rich_key(chain)
        signature = send(chain, a_transfer(chain, key, shop, 2 * LAMPORTS))
        assert balance(chain, shop) == 2 * LAMPORTS
        assert balance(chain, key.pubkey()) == 8 * LAMPORTS - 5_000
        assert status(chain, signature).err is None

    def test_nobody_can_send_in_the_name_of_another(self, chain: ChainDouble, shop: Pubkey) -> None:
        key = a_rich_key(chain)
        good = a_transfer(chain, key, shop, LAMPORTS)
        forged = VersionedTransaction.populate(good.message, [Keypair().sign_message(b"something else")])
        with pytest.raises(RPCException, match="SignatureVerificationFailure"):
            send(chain, forged, skip_preflight=True)
        assert balance(chain, shop) == 0

    def test_who_has_too_little_is_told_before(self, chain: ChainDouble, shop: Pubkey) -> None:
        key = a_rich_key(chain, sol="1")
        with pytest.raises(RPCException) as refused:
            send(chain, a_transfer(chain, key, shop, 5 * LAMPORTS))
        (said,) = refused.value.args
        assert isinstance(said, SendTransactionPreflightFailureMessage)
        assert "custom program error: 0x1" in said.message
        assert any("insufficient lamports" in line for line in said.data.logs or [])

    def test_without_a_try_before_it_lands_as_failed_and_can_be_found(
        self, chain: ChainDouble, shop: Pubkey
    ) -> None:
        key = a_rich_key(chain, sol="1")
        signature = send(chain, a_transfer(chain, key, shop, 5 * LAMPORTS), skip_preflight=True)
        chain.tick()
        (found, *_) = found_by(chain, shop)
        assert str(found.signature) == signature
        assert found.err is not None
        meta = read(chain, signature).transaction.meta
        assert meta is not None and meta.err is not None
        assert (balance(chain, shop), balance(chain, key.pubkey())) == (0, LAMPORTS - 5_000)

    def test_a_transaction_lands_once(self, chain: ChainDouble, shop: Pubkey) -> None:
        key = a_rich_key(chain)
        sent = a_transfer(chain, key, shop, LAMPORTS)
        first = send(chain, sent)
        assert send(chain, sent, skip_preflight=True) == first
        with pytest.raises(RPCException, match="already been processed"):
            send(chain, sent)
        assert balance(chain, shop) == LAMPORTS

    def test_a_blockhash_counts_for_150_slots(self, chain: ChainDouble, shop: Pubkey) -> None:
        key = a_rich_key(chain)
        latest = chain.ask(lambda client: client.get_latest_blockhash(Processed)).value
        sent = a_transfer(chain, key, shop, LAMPORTS, recent=latest.blockhash)
        chain.tick(151)
        answer = chain.rpc("isBlockhashValid", str(latest.blockhash), {"commitment": "processed"})
        assert answer["result"]["value"] is False
        assert chain.ask(lambda client: client.get_block_height(Processed)).value > (
            latest.last_valid_block_height
        )
        with pytest.raises(RPCException, match="Blockhash not found"):
            send(chain, sent)
        assert status(chain, send(chain, sent, skip_preflight=True)) is None
        assert balance(chain, shop) == 0

    def test_a_check_at_finalized_does_not_know_a_blockhash_of_just_now(
        self, chain: ChainDouble, shop: Pubkey
    ) -> None:
        sent = a_transfer(chain, a_rich_key(chain), shop, LAMPORTS)
        with pytest.raises(RPCException, match="Blockhash not found"):
            chain.ask(lambda client: client.send_raw_transaction(bytes(sent)))
        chain.tick(32)
        chain.ask(lambda client: client.send_raw_transaction(bytes(sent)))
        assert balance(chain, shop) == LAMPORTS

    def test_trying_out_changes_nothing(self, chain: ChainDouble, shop: Pubkey) -> None:
        key = a_rich_key(chain)
        sent = a_transfer(chain, key, shop, LAMPORTS)
        tried = chain.ask(
            lambda client: client.simulate_transaction(sent, sig_verify=True, commitment=Processed)
        ).value
        assert tried.err is None
        assert tried.units_consumed == 150
        assert balance(chain, shop) == 0
        assert status(chain, str(sent.signatures[0])) is None

    def test_what_is_no_transaction_is_refused(self, chain: ChainDouble) -> None:
        for text, encoding in (("AAAA", "base64"), ("0OIl", "base58"), ("", "base64"), ("AAAA", "hex")):
            answer = chain.rpc("sendTransaction", text, {"encoding": encoding})
            assert answer["error"]["code"] == -32602


class TestThePlayWallet:
    def test_it_pays_what_the_link_asks_for(
        self, chain: ChainDouble, shop: Pubkey, reference: Pubkey
    ) -> None:
        (signature,) = chain.pay(pay_link(shop, "0.125", references=(reference,), memo="Order 7"))
        assert balance(chain, shop) == 125_000_000
        chain.tick()
        (found,) = found_by(chain, reference)
        assert (str(found.signature), found.memo) == (signature, "[7] Order 7")

    def test_the_memo_stands_second_to_last_and_references_only_on_the_transfer(
        self, chain: ChainDouble, shop: Pubkey, reference: Pubkey
    ) -> None:
        second = Keypair().pubkey()
        link = pay_link(shop, "1.5", mint=USDC, references=(reference, second), memo="Order 8")
        (signature,) = chain.pay(link)
        chain.tick()
        told = read(chain, signature, "base64").transaction.transaction
        assert isinstance(told, VersionedTransaction)
        keys = told.message.account_keys
        *_, memo, payment = told.message.instructions
        assert (str(keys[memo.program_id_index]), bytes(memo.data)) == (MEMO, b"Order 8")
        assert keys[payment.program_id_index] == TOKEN_PROGRAM_ID
        assert bytes(payment.data)[0] == 12
        assert [keys[index] for index in payment.accounts][-2:] == [reference, second]
        only_read = told.message.header.num_readonly_unsigned_accounts
        assert {reference, second} <= set(keys[-only_read:])

    def test_the_account_for_a_token_is_opened_once(self, chain: ChainDouble, shop: Pubkey) -> None:
        first, second = (chain.pay(pay_link(shop, "2.25", mint=USDC))[0] for _ in range(2))
        chain.tick()
        assert tokens(chain, shop) == 4_500_000
        programs = [str(ASSOCIATED_TOKEN_PROGRAM_ID) in str(read(chain, one)) for one in (first, second)]
        assert programs == [True, False]

    def test_it_pays_short_over_twice_and_elsewhere_when_told(
        self, chain: ChainDouble, shop: Pubkey, reference: Pubkey
    ) -> None:
        link, elsewhere = pay_link(shop, "1", references=(reference,)), Keypair().pubkey()
        chain.pay(link, amount="0.4")
        chain.pay(link, amount="3")
        chain.pay(link, times=2)
        chain.pay(link, recipient=str(elsewhere), memo="not for you")
        chain.pay(link, token="USDC")
        assert balance(chain, shop) == int(5.4 * LAMPORTS)
        assert (balance(chain, elsewhere), tokens(chain, shop)) == (LAMPORTS, 1_000_000)
        chain.tick()
        assert len(signatures_by(chain, reference)) == 6

    def test_it_leaves_out_the_reference_when_told(
        self, chain: ChainDouble, shop: Pubkey, reference: Pubkey
    ) -> None:
        chain.pay(pay_link(shop, "1", references=(reference,)), references=False)
        chain.tick()
        assert balance(chain, shop) == LAMPORTS
        assert found_by(chain, reference) == []

    def test_it_puts_two_transfers_into_one_transaction_when_told(
        self, chain: ChainDouble, shop: Pubkey, reference: Pubkey
    ) -> None:
        (signature,) = chain.pay(pay_link(shop, "1", references=(reference,)), transfers=2)
        chain.tick()
        assert balance(chain, shop) == 2 * LAMPORTS
        assert signatures_by(chain, reference) == [signature]

    def test_it_adds_instructions_of_its_own_when_told(
        self, chain: ChainDouble, shop: Pubkey, reference: Pubkey
    ) -> None:
        (signature,) = chain.pay(pay_link(shop, "1", references=(reference,)), extra=True)
        chain.tick()
        told = read(chain, signature).transaction.transaction
        assert isinstance(told, UiTransaction)
        assert len(told.message.instructions) == 3

    def test_it_pays_in_another_token_when_told(
        self, chain: ChainDouble, shop: Pubkey, reference: Pubkey
    ) -> None:
        other = chain.mint(chain.wallet(), "1000", decimals=2)
        newer = chain.mint(chain.wallet(), "1000", token_2022=True)
        link = pay_link(shop, "12", mint=USDC, references=(reference,))
        chain.pay(link, token=str(other))
        chain.pay(link, token=str(newer))
        assert tokens(chain, shop, other) == 1_200
        assert tokens(chain, shop, newer, TOKEN_2022_PROGRAM_ID) == 12_000_000

    def test_it_uses_the_transfer_that_names_no_mint_when_told(
        self, chain: ChainDouble, shop: Pubkey
    ) -> None:
        (signature,) = chain.pay(pay_link(shop, "3", mint=USDC), unchecked=True)
        chain.tick()
        assert tokens(chain, shop) == 3_000_000
        assert '"type":"transfer"' in read(chain, signature, "jsonParsed").to_json()

    def test_it_sends_what_fails_on_the_chain_when_told(
        self, chain: ChainDouble, shop: Pubkey, reference: Pubkey
    ) -> None:
        (signature,) = chain.pay(pay_link(shop, "1", references=(reference,)), fails=True)
        chain.tick()
        (found,) = found_by(chain, reference)
        assert str(found.signature) == signature
        assert found.err is not None
        assert balance(chain, shop) == 0

    @pytest.mark.parametrize(
        "rest",
        [
            "?amount=1e3",
            "?amount=.5",
            "?amount=-1",
            "?amount=1.0000000001",
            "?amount=1&reference=abc",
            "?amount=1&spl-token=abc",
            "?amount=1&amount=2",
            "",
        ],
    )
    def test_it_refuses_links_that_break_the_rules(self, chain: ChainDouble, shop: Pubkey, rest: str) -> None:
        with pytest.raises(Refused) as refused:
            chain.pay(f"solana:{shop}{rest}")
        assert refused.value.code == 422
        assert balance(chain, shop) == 0


class TestReadingTransactions:
    @pytest.mark.parametrize("encoding", ["json", "jsonParsed", "base64", "base58"])
    @pytest.mark.parametrize("kind", ["legacy", "versioned", "lookup_table"])
    def test_every_kind_can_be_read_in_every_encoding(
        self, chain: ChainDouble, shop: Pubkey, kind: str, encoding: str
    ) -> None:
        how: dict[str, Any] = {kind: True}
        (signature,) = chain.pay(pay_link(shop, "1", mint=USDC, memo="é"), **how)
        chain.tick()
        found = read(chain, signature, encoding)
        meta = found.transaction.meta
        assert meta is not None
        assert str(found.transaction.version).endswith("Legacy" if kind == "legacy" else "0")
        assert found.block_time is not None
        assert meta.err is None and meta.fee == 5_000
        assert len(meta.pre_balances) == len(meta.post_balances) > 4

    def test_a_versioned_one_is_kept_from_who_does_not_know_versions(
        self, chain: ChainDouble, shop: Pubkey
    ) -> None:
        (signature,) = chain.pay(pay_link(shop, "1"), versioned=True)
        chain.tick()
        with pytest.raises(RPCException, match="maxSupportedTransactionVersion"):
            read(chain, signature, max_supported_transaction_version=None)
        answer = chain.rpc("getTransaction", signature, {"commitment": "confirmed"})
        assert answer["error"]["code"] == -32015

    def test_looked_up_addresses_are_told(self, chain: ChainDouble, shop: Pubkey, reference: Pubkey) -> None:
        chain.pay(pay_link(shop, "1", mint=USDC))
        link = pay_link(shop, "1", mint=USDC, references=(reference,))
        (signature,) = chain.pay(link, lookup_table=True)
        chain.tick()
        meta = read(chain, signature).transaction.meta
        assert meta is not None and meta.loaded_addresses is not None
        assert get_associated_token_address(shop, USDC) in meta.loaded_addresses.writable
        assert reference in meta.loaded_addresses.readonly
        assert signatures_by(chain, reference) == [signature]

    def test_balances_before_and_after_tell_the_payment(self, chain: ChainDouble, shop: Pubkey) -> None:
        chain.pay(pay_link(shop, "1", mint=USDC))
        (signature,) = chain.pay(pay_link(shop, "2.5", mint=USDC))
        chain.tick()
        meta = read(chain, signature).transaction.meta
        assert meta is not None and meta.pre_token_balances and meta.post_token_balances
        before, after = (
            {one.owner: one for one in balances}[shop]
            for balances in (meta.pre_token_balances, meta.post_token_balances)
        )
        assert (before.ui_token_amount.amount, after.ui_token_amount.amount) == ("1000000", "3500000")
        assert (after.mint, after.ui_token_amount.decimals) == (USDC, 6)

    def test_inner_instructions_are_told(self, chain: ChainDouble, shop: Pubkey) -> None:
        (signature,) = chain.pay(pay_link(shop, "1", mint=USDC))
        chain.tick()
        meta = read(chain, signature).transaction.meta
        assert meta is not None and meta.inner_instructions
        assert [one.index for one in meta.inner_instructions] == [0]
        assert len(meta.inner_instructions[0].instructions) == 4

    def test_parsed_instructions_name_the_payment(self, chain: ChainDouble, shop: Pubkey) -> None:
        (signature,) = chain.pay(pay_link(shop, "0.75", mint=USDC, memo="Order 9"))
        chain.tick()
        told = read(chain, signature, "jsonParsed").transaction.transaction
        assert isinstance(told, UiTransaction) and isinstance(told.message, UiParsedMessage)
        kinds = [one.program for one in told.message.instructions if isinstance(one, ParsedInstruction)]
        assert kinds == ["spl-associated-token-account", "spl-memo", "spl-token"]

    def test_lists_come_newest_first_and_in_pages(
        self, chain: ChainDouble, shop: Pubkey, reference: Pubkey
    ) -> None:
        sent = chain.pay(pay_link(shop, "0.01", references=(reference,)), times=5)
        chain.tick()
        newest_first = sent[::-1]
        assert signatures_by(chain, reference) == newest_first
        assert signatures_by(chain, reference, limit=2) == newest_first[:2]
        third, last = Signature.from_string(newest_first[2]), Signature.from_string(newest_first[4])
        assert signatures_by(chain, reference, before=third) == newest_first[3:]
        assert signatures_by(chain, reference, until=last) == newest_first[:4]
        assert signatures_by(chain, reference, before=third, until=last) == [newest_first[3]]


class TestCommitment:
    def test_a_transaction_is_processed_then_confirmed_then_finalized(
        self, chain: ChainDouble, shop: Pubkey, reference: Pubkey
    ) -> None:
        (signature,) = chain.pay(pay_link(shop, "1", references=(reference,)))

        def seen() -> tuple[str, int, int, list[int]]:
            name = str(status(chain, signature).confirmation_status).rpartition(".")[2]
            confirmed, finalized = (len(found_by(chain, reference, at)) for at in (Confirmed, Finalized))
            return (
                name,
                confirmed,
                finalized,
                [balance(chain, shop, at) // LAMPORTS for at in (Processed, Confirmed, Finalized)],
            )

        assert seen() == ("Processed", 0, 0, [1, 0, 0])
        chain.tick()
        assert seen() == ("Confirmed", 1, 0, [1, 1, 0])
        assert status(chain, signature).confirmations == 1
        chain.tick(30)
        assert seen() == ("Confirmed", 1, 0, [1, 1, 0])
        chain.tick()
        assert seen() == ("Finalized", 1, 1, [1, 1, 1])
        assert status(chain, signature).confirmations is None

    def test_a_transaction_is_shown_from_confirmed_on(self, chain: ChainDouble, shop: Pubkey) -> None:
        (signature,) = chain.pay(pay_link(shop, "1"))
        wanted = Signature.from_string(signature)
        assert chain.ask(lambda client: client.get_transaction(wanted, commitment=Confirmed)).value is None
        for method in ("getTransaction", "getSignaturesForAddress"):
            subject = signature if method == "getTransaction" else str(shop)
            answer = chain.rpc(method, subject, {"commitment": "processed"})
            assert "below `confirmed`" in answer["error"]["message"]

    def test_old_ones_are_known_to_who_searches(self, chain: ChainDouble, shop: Pubkey) -> None:
        (signature,) = chain.pay(pay_link(shop, "1"))
        chain.tick(200)
        assert status(chain, signature, search=False) is None
        assert status(chain, signature).err is None

    def test_the_real_client_waits_for_a_confirmation(self, tmp_path: Path) -> None:
        with chain_double(tmp_path, slot_ms=100) as quick:
            (signature,) = quick.pay(pay_link(Keypair().pubkey(), "1"))
            wanted = Signature.from_string(signature)
            told = quick.ask(lambda client: client.confirm_transaction(wanted, Confirmed, 0.05))
            assert told.value[0] is not None
            eventually(lambda: "Finalized" in str(status(quick, signature).confirmation_status))


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


class TestAccounts:
    def test_usdc_is_at_an_address_that_never_changes(self, chain: ChainDouble) -> None:
        assert str(USDC) == "EGwPKCG2JyWUpFDquN3pKZs34WrDDdx9zLyPjWsueVsk"
        chain.wallet()
        supply = chain.ask(lambda client: client.get_token_supply(USDC, Processed)).value
        assert supply.decimals == 6
        assert int(supply.amount) >= 5_000_000_000
        told = chain.ask(lambda client: client.get_account_info_json_parsed(USDC, Processed)).value
        assert told is not None and '"type":"mint"' in told.to_json()

    def test_accounts_are_told_as_bytes_and_in_words(self, chain: ChainDouble, shop: Pubkey) -> None:
        chain.faucet(shop, sol="1", usdc="7")
        account = get_associated_token_address(shop, USDC)
        raw = chain.ask(lambda client: client.get_account_info(account, Processed)).value
        assert raw is not None
        assert (raw.owner, bytes(raw.data)[32:64], len(raw.data)) == (TOKEN_PROGRAM_ID, bytes(shop), 165)
        told = chain.ask(lambda client: client.get_account_info_json_parsed(account, Processed)).value
        assert told is not None
        assert '"uiAmountString":"7"' in told.to_json()
        wanted = [account, Keypair().pubkey(), shop]
        several = chain.ask(lambda client: client.get_multiple_accounts(wanted, Processed)).value
        assert [one and one.lamports for one in several] == [2_039_280, None, LAMPORTS]

    def test_tokens_of_an_owner_are_listed(self, chain: ChainDouble, shop: Pubkey) -> None:
        chain.faucet(shop, usdc="7")
        newer = chain.mint(shop, "5", token_2022=True)
        by_mint, by_program = (
            TokenAccountOpts(mint=USDC),
            TokenAccountOpts(program_id=TOKEN_2022_PROGRAM_ID),
        )
        usdc = chain.ask(lambda client: client.get_token_accounts_by_owner(shop, by_mint, Processed)).value
        assert [one.pubkey for one in usdc] == [get_associated_token_address(shop, USDC)]
        others = chain.ask(
            lambda client: client.get_token_accounts_by_owner_json_parsed(shop, by_program, Processed)
        ).value
        assert [f'"mint":"{newer}"' in one.to_json() for one in others] == [True]
        assert (
            chain.ask(lambda client: client.get_token_accounts_by_owner(shop, by_mint, Finalized)).value == []
        )

    def test_the_chain_tells_about_itself(self, chain: ChainDouble, shop: Pubkey) -> None:
        assert chain.ask(lambda client: client.is_connected())
        assert chain.ask(lambda client: client.get_version()).value.solana_core
        genesis = chain.ask(lambda client: client.get_genesis_hash()).value
        assert genesis != Hash.default()
        slot = chain.ask(lambda client: client.get_slot(Processed)).value
        info = chain.ask(lambda client: client.get_epoch_info(Processed)).value
        assert info.absolute_slot >= slot > info.block_height
        assert chain.ask(lambda client: client.get_first_available_block()).value <= slot
        chain.tick(33)
        assert chain.ask(lambda client: client.get_blocks(slot, slot + 1)).value == [slot, slot + 1]
        assert chain.ask(lambda client: client.get_block_time(slot)).value
        rent = chain.ask(lambda client: client.get_minimum_balance_for_rent_exemption(165)).value
        assert rent == 2_039_280
        assert chain.ask(lambda client: client.get_recent_prioritization_fees()).value
        latest = chain.ask(lambda client: client.get_latest_blockhash(Processed)).value.blockhash
        message = MessageV0.try_compile(shop, [], [], latest)
        assert chain.ask(lambda client: client.get_fee_for_message(message, Processed)).value == 5_000

    def test_an_airdrop_is_a_transaction(self, chain: ChainDouble, shop: Pubkey) -> None:
        signature = chain.ask(lambda client: client.request_airdrop(shop, LAMPORTS)).value
        chain.tick()
        assert signatures_by(chain, shop) == [str(signature)]
        assert balance(chain, shop) == LAMPORTS

    def test_what_cannot_be_asked_is_said(self, chain: ChainDouble) -> None:
        codes = [
            chain.rpc(method, *params)["error"]["code"]
            for method, *params in (
                ("getNothing",),
                ("getBalance",),
                ("getBalance", "abc"),
                ("getBalance", 7),
                ("getBalance", str(USDC), "finalized"),
                ("getBalance", str(USDC), {"commitment": "soon"}),
                ("getTokenAccountBalance", str(USDC)),
                ("getTransaction", "abc"),
                ("getSignaturesForAddress", str(USDC), {"limit": 1_001}),
            )
        ]
        assert codes == [-32601, *[-32602] * 8]


class Browser:
    """Follows no redirect, runs no script, keeps cookies."""

    def __init__(self, chain: ChainDouble) -> None:
        self.chain = chain

        class Stay(HTTPRedirectHandler):
            def redirect_request(self, *_: Any) -> None:
                return None

        self._opener: OpenerDirector = build_opener(HTTPCookieProcessor(CookieJar()), Stay())

    def open(self, path: str, form: dict[str, str] | None = None, **headers: str) -> tuple[int, str, str]:
        """Status, page and where it leads."""
        data = urlencode(form).encode() if form is not None else None
        request = Request(self.chain.url + path, data, headers)  # noqa: S310 - our own
        try:
            with self._opener.open(request, timeout=30) as response:
                return response.status, response.read().decode(), ""
        except HTTPError as error:
            with error:
                return error.code, error.read().decode(), error.headers.get("Location", "")

    def wallet(self, link: str, back: str = "") -> tuple[BeautifulSoup, dict[str, str]]:
        """The page, and what its form would send."""
        _, html, _ = self.open(f"/wallet?{urlencode({'uri': link, 'return': back})}")
        soup = BeautifulSoup(html, "lxml")
        fields = soup.select("form[action='/wallet'] input")
        return soup, {str(one["name"]): str(one.get("value", "")) for one in fields}


class TestTheWalletsPage:
    BACK = "http://localhost:3000/invoices/7"

    def test_it_shows_what_is_asked_and_pays_when_approved(
        self, chain: ChainDouble, shop: Pubkey, reference: Pubkey
    ) -> None:
        browser = Browser(chain)
        link = pay_link(
            shop, "4.5", mint=USDC, references=(reference,), label="Mira", message="Gold, May", memo="INV-7"
        )
        soup, form = browser.wallet(link, self.BACK)
        text = re.sub(r"\s+", " ", soup.get_text())
        for shown in ("Play wallet", "play money", "4.5 USDC", "Mira", "Gold, May", "INV-7", "5,000 USDC"):
            assert shown in text
        assert not soup.find("script")
        assert browser.open("/wallet", form | {"answer": "approve"})[::2] == (303, self.BACK)
        chain.tick()
        assert tokens(chain, shop) == 4_500_000
        assert len(signatures_by(chain, reference)) == 1
        assert "4,995.5 USDC" in re.sub(r"\s+", " ", browser.wallet(link)[0].get_text())

    def test_a_double_click_pays_once(self, chain: ChainDouble, shop: Pubkey) -> None:
        browser = Browser(chain)
        _, form = browser.wallet(pay_link(shop, "1"), self.BACK)
        for _ in range(2):
            assert browser.open("/wallet", form | {"answer": "approve"})[0] == 303
        assert balance(chain, shop) == LAMPORTS

    def test_who_declines_goes_back_and_pays_nothing(self, chain: ChainDouble, shop: Pubkey) -> None:
        browser = Browser(chain)
        _, form = browser.wallet(pay_link(shop, "1"), self.BACK)
        assert browser.open("/wallet", form | {"answer": "decline"})[::2] == (303, self.BACK)
        assert balance(chain, shop) == 0

    def test_who_has_too_little_is_told_and_gets_more(self, chain: ChainDouble, shop: Pubkey) -> None:
        browser = Browser(chain)
        _, form = browser.wallet(pay_link(shop, "6000", mint=USDC), self.BACK)
        code, html, _ = browser.open("/wallet", form | {"answer": "approve"})
        assert code == 422
        assert "not enough play money" in html
        assert "10,000" in browser.open("/wallet/faucet", form)[1]
        _, form = browser.wallet(pay_link(shop, "6000", mint=USDC), self.BACK)
        assert browser.open("/wallet", form | {"answer": "approve"})[0] == 303
        assert tokens(chain, shop) == 6_000_000_000

    def test_without_an_amount_one_is_asked_for(self, chain: ChainDouble, shop: Pubkey) -> None:
        browser = Browser(chain)
        _, form = browser.wallet(pay_link(shop), self.BACK)
        assert browser.open("/wallet", form | {"answer": "approve"})[0] == 422
        assert browser.open("/wallet", form | {"answer": "approve", "amount": "0.5"})[0] == 303
        assert balance(chain, shop) == LAMPORTS // 2

    def test_a_bad_link_is_said_so(self, chain: ChainDouble) -> None:
        _, html, _ = Browser(chain).open("/wallet?uri=solana:nobody")
        assert "is not an address" in html

    def test_it_leads_only_home(self, chain: ChainDouble, shop: Pubkey) -> None:
        browser = Browser(chain)
        for back in ("https://evil.example/", "javascript:alert(1)", "//evil.example"):
            _, form = browser.wallet(pay_link(shop, "1"), back)
            assert form["return"] == ""
            code, html, target = browser.open("/wallet", form | {"answer": "approve", "return": back})
            assert (code, target) == (200, "")
            assert "Sent." in html

    def test_another_site_cannot_press_its_buttons(self, chain: ChainDouble, shop: Pubkey) -> None:
        browser = Browser(chain)
        _, form = browser.wallet(pay_link(shop, "1"), self.BACK)
        answer = browser.open("/wallet", form | {"answer": "approve"}, Origin="https://evil.example")
        assert answer[0] == 403
        assert balance(chain, shop) == 0

    def test_pages_may_ask_the_chain_but_not_its_switches(self, chain: ChainDouble) -> None:
        browser = Browser(chain)
        assert browser.open("/_double/tick", {}, Origin="http://localhost:3000")[0] == 403
        request = Request(  # noqa: S310 - our own
            chain.url,
            method="OPTIONS",
            headers={
                "Origin": "http://localhost:3000",
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "content-type,solana-client",
            },
        )
        with build_opener().open(request, timeout=30) as response:
            assert response.headers["Access-Control-Allow-Origin"] == "*"
            assert response.headers["Access-Control-Allow-Headers"] == "content-type,solana-client"
