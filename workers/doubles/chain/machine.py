"""The Solana virtual machine: runs one transaction and tells everything that it did.

It knows no blocks. Blockhashes and repeated signatures are looked at before (`chain`).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from solders.account import Account
from solders.clock import Clock
from solders.litesvm import LiteSVM
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.rpc.responses import RpcConfirmedTransactionStatusWithSignature
from solders.signature import Signature
from solders.transaction import VersionedTransaction
from solders.transaction_metadata import FailedTransactionMetadata, TransactionMetadata

from workers.doubles.chain import base58, relay, tokens
from workers.doubles.chain.programs import LOOKUP_TABLES, MEMO, MEMO_OLD
from workers.doubles.chain.slots import BLOCKHASH_LIVES, SLOTS_OF_EPOCH, blockhash

# A lookup table's addresses begin here.
TABLE_HEAD = 56


@dataclass(frozen=True)
class Keys:
    """All accounts of a transaction, in the order that its instructions count them."""

    named: list[Pubkey]
    writable: list[Pubkey]
    readonly: list[Pubkey]

    @property
    def all(self) -> list[Pubkey]:
        return [*self.named, *self.writable, *self.readonly]


@dataclass(frozen=True)
class Run:
    """What a transaction did. `lands` is false when no block would take it."""

    keys: Keys
    meta: dict[str, Any]
    memo: str | None
    before: dict[Pubkey, Account | None]
    after: dict[Pubkey, Account | None]

    @property
    def lands(self) -> bool:
        return self.meta["err"] is None or bool(self.changed)

    @property
    def changed(self) -> list[Pubkey]:
        return [key for key in self.before if self.before[key] != self.after[key]]


class Machine:
    def __init__(self) -> None:
        self._svm = LiteSVM().with_blockhash_check(False).with_transaction_history(0)
        self._svm.add_program(relay.ADDRESS, relay.program())
        self._slot = 0

    def account(self, address: Pubkey) -> Account | None:
        return self._svm.get_account(address)

    def put(self, address: Pubkey, account: Account | None) -> None:
        self._svm.set_account(address, account or Account(0, b"", Pubkey.default()))

    def rent(self, size: int) -> int:
        return self._svm.minimum_balance_for_rent_exemption(size)

    def keys(self, transaction: VersionedTransaction) -> Keys:
        """With those that lookup tables add; a table that is not there adds none."""
        message = transaction.message
        named = list(message.account_keys)
        if not isinstance(message, MessageV0):
            return Keys(named, [], [])
        writable, readonly = [], []
        for lookup in message.address_table_lookups:
            table = self._table(lookup.account_key)
            writable += [table[index] for index in lookup.writable_indexes if index < len(table)]
            readonly += [table[index] for index in lookup.readonly_indexes if index < len(table)]
        return Keys(named, writable, readonly)

    def run(self, transaction: VersionedTransaction, slot: int, time: int) -> Run:
        self._set_time(slot, time)
        keys = self.keys(transaction)
        before = self._look(keys.all)
        result = self._svm.send_transaction(transaction)
        return self._told(transaction, keys, result, before, self._look(keys.all))

    def try_out(self, transaction: VersionedTransaction, slot: int, time: int, *, signed: bool) -> Run:
        """As `run`, with nothing changed afterwards."""
        self._set_time(slot, time)
        keys = self.keys(transaction)
        before = self._look(keys.all)
        self._svm.with_sigverify(signed)
        try:
            result = self._svm.simulate_transaction(transaction)
        finally:
            self._svm.with_sigverify(True)
        if isinstance(result, FailedTransactionMetadata):
            return self._told(transaction, keys, result, before, before)
        after = before | {key: Account.from_bytes(bytes(new)) for key, new in result.post_accounts()}
        return self._told(transaction, keys, result.meta(), before, after)

    def _told(
        self,
        transaction: VersionedTransaction,
        keys: Keys,
        result: TransactionMetadata | FailedTransactionMetadata,
        before: dict[Pubkey, Account | None],
        after: dict[Pubkey, Account | None],
    ) -> Run:
        failed = isinstance(result, FailedTransactionMetadata)
        error = _error_json(result.err()) if isinstance(result, FailedTransactionMetadata) else None
        details = result.meta() if isinstance(result, FailedTransactionMetadata) else result
        meta = {
            "err": error,
            "status": {"Err": error} if failed else {"Ok": None},
            "fee": details.fee(),
            "preBalances": [_lamports(before[key]) for key in keys.all],
            "postBalances": [_lamports(after[key]) for key in keys.all],
            "preTokenBalances": self._token_balances(keys.all, before),
            "postTokenBalances": self._token_balances(keys.all, after),
            "innerInstructions": _inner_json(details),
            "logMessages": details.logs(),
            "rewards": [],
            "loadedAddresses": {
                "writable": [str(key) for key in keys.writable],
                "readonly": [str(key) for key in keys.readonly],
            },
            "computeUnitsConsumed": details.compute_units_consumed(),
        }
        return Run(keys, meta, _memo(transaction, keys), before, after)

    def decimals(self, mint: Pubkey) -> int:
        found = tokens.mint(self.account(mint))
        return found.decimals if found else 0

    def _token_balances(
        self, keys: Sequence[Pubkey], accounts: dict[Pubkey, Account | None]
    ) -> list[dict[str, Any]]:
        held = [(index, tokens.holding(accounts[key])) for index, key in enumerate(keys)]
        return [
            {
                "accountIndex": index,
                "mint": str(one.mint),
                "owner": str(one.owner),
                "programId": str(one.program),
                "uiTokenAmount": tokens.amount_json(one.amount, self.decimals(one.mint)),
            }
            for index, one in held
            if one
        ]

    def _look(self, keys: Sequence[Pubkey]) -> dict[Pubkey, Account | None]:
        return {key: self._svm.get_account(key) for key in keys}

    def _table(self, address: Pubkey) -> list[Pubkey]:
        account = self.account(address)
        if account is None or account.owner != LOOKUP_TABLES:
            return []
        data = bytes(account.data)[TABLE_HEAD:]
        return [Pubkey(data[at : at + 32]) for at in range(0, len(data), 32)]

    def _set_time(self, slot: int, time: int) -> None:
        epoch = slot // SLOTS_OF_EPOCH
        self._svm.set_clock(Clock(slot, time, epoch, epoch + 1, time))
        if slot != self._slot:
            recent = range(slot - 1, slot - BLOCKHASH_LIVES, -1)
            self._svm.set_slot_hashes([(old, blockhash(old)) for old in recent])
            self._slot = slot


def _lamports(account: Account | None) -> int:
    return account.lamports if account else 0


def _error_json(error: Any) -> Any:
    """As an RPC node writes it: solders does, inside of its own answers."""
    whole = RpcConfirmedTransactionStatusWithSignature(Signature.default(), 0, err=error)
    return json.loads(whole.to_json())["err"]


def _inner_json(details: TransactionMetadata) -> list[dict[str, Any]]:
    return [
        {
            "index": index,
            "instructions": [
                {
                    "programIdIndex": one.instruction().program_id_index,
                    "accounts": list(one.instruction().accounts),
                    "data": base58.encode(bytes(one.instruction().data)),
                    "stackHeight": one.stack_height(),
                }
                for one in inner
            ],
        }
        for index, inner in enumerate(details.inner_instructions())
        if inner
    ]


def _memo(transaction: VersionedTransaction, keys: Keys) -> str | None:
    """As a list of signatures tells it: each memo with its length in front."""
    everyone = keys.all
    texts = [
        bytes(instruction.data)
        for instruction in transaction.message.instructions
        if everyone[instruction.program_id_index] in {MEMO, MEMO_OLD}
    ]
    return "; ".join(f"[{len(text)}] {text.decode(errors='replace')}" for text in texts) or None
