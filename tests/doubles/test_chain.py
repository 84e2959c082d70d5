"""The local chain, asked by the real client over a real socket."""

from pathlib import Path
from typing import Any

import pytest
from solana.rpc.commitment import Confirmed, Finalized, Processed
from solana.rpc.core import RPCException
from solana.rpc.models import TokenAccountOpts
from solders.hash import Hash
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.rpc.errors import SendTransactionPreflightFailureMessage
from solders.signature import Signature
from solders.transaction import VersionedTransaction
from solders.transaction_status import ParsedInstruction, UiParsedMessage, UiTransaction
from spl.token.constants import TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID
from spl.token.instructions import get_associated_token_address

from tests.doubles.chain import USDC, ChainDouble, chain_double, pay_link
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
)
from tests.support import eventually


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
                ("getSignaturesForAddress", str(USDC), {"limit": "all"}),
                ("getMinimumBalanceForRentExemption", "much"),
            )
        ]
        assert codes == [-32601, *[-32602] * 10]
