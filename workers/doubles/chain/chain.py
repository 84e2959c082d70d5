"""The chain: takes transactions, puts them into slots, forgets them again when it forks.

Everything in the virtual machine is final at once. That a transaction is confirmed a slot later, finalized
32 slots later, or vanishes before, is told here: each keeps what its accounts were before, so that a reader
who sees less than all gets the older accounts, and a fork can go back and play the rest again.
"""

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from typing import Any

from solders.account import Account
from solders.hash import Hash
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.message import Message, MessageV0
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction

from workers.doubles.chain import USDC as ADDRESS_OF_USDC
from workers.doubles.chain import programs, tokens
from workers.doubles.chain.faults import OF_TRANSACTIONS, Faults
from workers.doubles.chain.machine import Machine, Run
from workers.doubles.chain.programs import SYSTEM, TOKEN
from workers.doubles.chain.slots import BLOCKHASH_LIVES, DEPTH, Level, Slots, blockhash, slot_of
from workers.doubles.chain.store import Cut, Landed, Store

LAMPORTS = 1_000_000_000
DECIMALS = 6
# No fork goes back as far.
UNDONE_AT_MOST = 300
# Our own transactions prefer blockhashes that count for a while yet.
FRESH = 50
FAUCET_LAMPORTS = 400_000_000 * LAMPORTS


# Gives play money and can make more USDC; the same on every such chain.
FAUCET = Keypair.from_seed(hashlib.sha256(b"fanlight play chain: faucet").digest())
USDC = Pubkey.from_string(ADDRESS_OF_USDC)


class Refusal(Exception):
    """No block would take this transaction; `run` tells why when it was tried out."""

    def __init__(self, why: Any, run: Run | None = None) -> None:
        super().__init__(str(why))
        self.why, self.run = why, run


class Chain:
    def __init__(self, store: Store, now: Callable[[], datetime], slot_seconds: float) -> None:
        self.store = store
        self.slots = Slots(now, slot_seconds, store.anchor())
        self.faults = Faults()
        self.machine = Machine()
        self._lock = threading.RLock()
        self._numbers = count()
        self._forgotten = 0
        self._load()

    def _load(self) -> None:
        with self.store.writing():
            if not list(self.store.accounts()):
                self._begin()
        for address, account in self.store.accounts():
            self.machine.put(address, account)

    def _begin(self) -> None:
        mint = tokens.mint_bytes(FAUCET.pubkey(), DECIMALS)
        self.store.put_account(USDC, Account(self.machine.rent(len(mint)), mint, TOKEN))
        self.store.put_account(FAUCET.pubkey(), Account(FAUCET_LAMPORTS, b"", SYSTEM))
        self.store.set_anchor(self.slots.anchor)

    @contextmanager
    def alone(self) -> Iterator["Chain"]:
        """One at a time, with everything landed that is due."""
        with self._lock:
            self._land_waiting()
            yield self

    # Reading

    def cut(self, level: Level, behind: int = 0) -> Cut:
        return Cut(self.slots.current() - DEPTH[level] - behind, level)

    def account(self, address: Pubkey, cut: Cut) -> Account | None:
        earlier = self.store.before(address, cut)
        return earlier[0] if earlier else self.machine.account(address)

    def level(self, landed: Landed, behind: int = 0) -> Level | None:
        """How far it has come; None for who does not know of it yet."""
        seen = [level for level in Level if self.cut(level, behind).sees(landed)]
        return max(seen, default=None)

    # Taking transactions

    def submit(self, transaction: VersionedTransaction, *, try_first: bool = True) -> str:
        """Its signature, as soon as the node has it; whether it lands is another question."""
        signature = str(transaction.signatures[0])
        if try_first:
            self.check(transaction)
        fault = self.faults.take(OF_TRANSACTIONS)
        kind = fault.kind if fault else ""
        reach = {"never_confirm": Level.PROCESSED, "never_finalize": Level.CONFIRMED}.get(
            kind, Level.FINALIZED
        )
        if kind == "delay" and fault:
            with self.store.writing():
                self.store.wait(transaction, self.slots.current() + fault.slots, reach)
        elif kind != "drop":
            self._take(transaction, self.slots.current(), reach)
        return signature

    def check(self, transaction: VersionedTransaction, known: Cut | None = None) -> None:
        run = self.try_out(transaction, known)
        if run.meta["err"] is not None:
            raise Refusal(run.meta["err"], run)

    def try_out(
        self,
        transaction: VersionedTransaction,
        known: Cut | None = None,
        *,
        signed: bool = True,
        any_blockhash: bool = False,
    ) -> Run:
        """What it would do now. Whoever tries it out may not know the newest blockhashes yet."""
        if self.store.transaction(str(transaction.signatures[0])):
            raise Refusal("AlreadyProcessed")
        slot = self.slots.current()
        newest = known.slot if known else slot
        if not any_blockhash and slot_of(transaction.message.recent_blockhash, newest) is None:
            raise Refusal("BlockhashNotFound")
        return self.machine.try_out(transaction, slot, self.slots.time(), signed=signed)

    def _land_waiting(self) -> None:
        for transaction, slot, reach in self.store.due(self.slots.current()):
            self._take(transaction, slot, reach)
            with self.store.writing():
                self.store.stop_waiting(transaction)

    def _take(self, transaction: VersionedTransaction, slot: int, reach: Level) -> None:
        """Into a block, unless no block would: then it is as if it had never been sent."""
        known = self.store.transaction(str(transaction.signatures[0]))
        if known or slot_of(transaction.message.recent_blockhash, slot) is None:
            return
        with self._all_or_nothing():
            self._land(transaction, slot, self.slots.time_of(slot), reach)
            self._forget_old()
            self.store.set_anchor(self.slots.anchor)

    def _forget_old(self) -> None:
        """Now and then: what accounts were so long ago is not asked for any more."""
        oldest = self.slots.current() - UNDONE_AT_MOST
        if oldest > self._forgotten + UNDONE_AT_MOST:
            self.store.forget_before(oldest)
            self._forgotten = oldest

    def _land(
        self,
        transaction: VersionedTransaction,
        slot: int,
        time: int,
        reach: Level,
        number: int | None = None,
    ) -> None:
        run = self.machine.run(transaction, slot, time)
        if not run.lands:
            return
        added = self.store.add(
            transaction,
            slot=slot,
            time=time,
            reach=reach,
            meta=run.meta,
            memo=run.memo,
            mentions=run.keys.all,
            number=number,
        )
        for address in run.changed:
            self.store.add_write(added, address, run.before[address])
            self.store.put_account(address, run.after[address])

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        """The machine goes back too when what it did could not be kept."""
        try:
            with self.store.writing():
                yield
        except BaseException:
            self.machine = Machine()
            self._load()
            raise

    # Time and forks

    def pass_by(self, slots: int) -> None:
        with self.store.writing():
            self.slots.pass_by(slots)
            self.store.set_anchor(self.slots.anchor)
        self._land_waiting()

    def finalize(self, signature: str | None = None) -> None:
        """Now: what was held goes on, and 32 slots pass."""
        with self.store.writing():
            self.store.release(signature)
        self.pass_by(DEPTH[Level.FINALIZED])

    def fork(self, signature: str) -> None:
        """The block with this transaction is given up; the others stay, as far as they can without it."""
        gone = self.store.transaction(signature)
        if gone is None:
            raise Refusal("not found")
        if self.level(gone) is Level.FINALIZED:
            raise Refusal("finalized transactions stay")
        later = self.store.since(gone.number)
        with self._all_or_nothing():
            for landed in reversed(later):
                self._undo(landed)
            for landed in later[1:]:
                self._land(landed.transaction, landed.slot, landed.time, landed.reach, landed.number)

    def _undo(self, landed: Landed) -> None:
        for address, before in self.store.writes(landed.number):
            self.machine.put(address, before)
            self.store.put_account(address, before)
        self.store.remove(landed.number)

    # The faucet and our own transactions

    def give(self, wallet: Pubkey, *, lamports: int = 0, usdc: int = 0) -> str:
        """Play money out of nothing."""
        instructions = []
        if lamports:
            instructions.append(programs.transfer(FAUCET.pubkey(), wallet, lamports))
        if usdc:
            instructions += self._minting(wallet, USDC, usdc, TOKEN)
        return self.submit_now(self.signed(instructions, FAUCET))

    def _minting(self, wallet: Pubkey, mint: Pubkey, units: int, program: Pubkey) -> list[Instruction]:
        return [
            programs.open_token_account(FAUCET.pubkey(), wallet, mint, program),
            programs.mint_to(mint, wallet, FAUCET.pubkey(), units, program),
        ]

    def new_mint(self, wallet: Pubkey, units: int, *, decimals: int, program: Pubkey) -> Pubkey:
        """A token that is not USDC, with so much of it for this wallet."""
        key = Keypair()
        rent = self.machine.rent(programs.MINT_SIZE)
        instructions = [
            *programs.create_mint(FAUCET.pubkey(), key.pubkey(), rent, decimals, program),
            *self._minting(wallet, key.pubkey(), units, program),
        ]
        self.submit_now(self.signed(instructions, FAUCET, key))
        return key.pubkey()

    def submit_now(self, transaction: VersionedTransaction) -> str:
        """What the double does for itself meets no faults."""
        self.check(transaction)
        self._take(transaction, self.slots.current(), Level.FINALIZED)
        return str(transaction.signatures[0])

    def signed(self, instructions: Sequence[Instruction], *keys: Keypair) -> VersionedTransaction:
        """A new transaction each time, also when it says the same; the first key pays the fee."""

        def compile_with(recent: Hash) -> Message:
            return Message.new_with_blockhash(list(instructions), keys[0].pubkey(), recent)

        return self.signed_anew(compile_with, keys)

    def signed_anew(
        self, compile_with: Callable[[Hash], Message | MessageV0], keys: Sequence[Keypair]
    ) -> VersionedTransaction:
        """Signed over a recent blockhash, another than the time before."""
        first, current = next(self._numbers), self.slots.current()
        fresh = [(first + more) % FRESH for more in range(FRESH)]
        for back in [*fresh, *range(FRESH, BLOCKHASH_LIVES)]:
            made = VersionedTransaction(compile_with(blockhash(current - back)), list(keys))
            if self.store.transaction(str(made.signatures[0])) is None:
                return made
        raise Refusal("The same was sent too often; let a slot pass.")
