"""The play wallet: keys that live here, and real transactions signed with them."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from solders.address_lookup_table_account import AddressLookupTableAccount
from solders.hash import Hash
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction

from workers.doubles.chain import pay, programs, relay, tokens
from workers.doubles.chain.chain import DECIMALS, LAMPORTS, USDC, Chain
from workers.doubles.chain.pay import Ask, Unpayable
from workers.doubles.chain.programs import LOOKUP_TABLES, SYSTEM
from workers.doubles.chain.slots import Level

SOL_DECIMALS = 9
FIRST_LAMPORTS = 50 * LAMPORTS
FIRST_USDC = 5_000 * 10**DECIMALS
SOMETHING_MORE = 1_000


@dataclass(frozen=True)
class Changes:
    """How a payer departs from what was asked. Without any, the transaction is what the link wants."""

    amount: Decimal | None = None
    # Other than asked: a mint, or None for SOL.
    mint: Pubkey | None = None
    other_token: bool = False
    recipient: Pubkey | None = None
    references: tuple[Pubkey, ...] | None = None
    memo: str | None = None
    # Several transfers in one transaction, each of the amount.
    transfers: int = 1
    # Instructions of the wallet's own, before and after.
    extra: bool = False
    # The old token transfer that names no mint.
    unchecked: bool = False
    # The token transfer inside of the token program's `batch`: it is no instruction of its own.
    batched: bool = False
    # A program makes the transfer, as for wallets that are programs: an inner instruction.
    inner: bool = False
    versioned: bool = False
    lookup_table: bool = False
    # Lands, pays the fee and does nothing else.
    fails: bool = False


@dataclass(frozen=True)
class Wallet:
    chain: Chain
    key: Keypair
    changes: Changes = field(default_factory=Changes)

    @property
    def address(self) -> Pubkey:
        return self.key.pubkey()

    @property
    def lamports(self) -> int:
        account = self.chain.account(self.address, self.chain.cut(Level.PROCESSED))
        return account.lamports if account else 0

    @property
    def usdc(self) -> int:
        account = programs.token_account(self.address, USDC)
        held = tokens.holding(self.chain.account(account, self.chain.cut(Level.PROCESSED)))
        return held.amount if held else 0

    def pay(self, ask: Ask) -> str:
        """The signature of a transfer just as it was asked for, or as the changes say."""
        instructions = self._instructions(ask)
        return self.chain.submit(self._signed(instructions), try_first=not self.changes.fails)

    def _instructions(self, ask: Ask) -> list[Instruction]:
        changes = self.changes
        mint = changes.mint if changes.other_token else ask.mint
        recipient = changes.recipient or ask.recipient
        amount = ask.amount if changes.amount is None else changes.amount
        if amount is None:
            raise Unpayable("Say how much to pay.")
        references = ask.references if changes.references is None else changes.references
        text = ask.memo if changes.memo is None else changes.memo
        before, transfer = self._transfer(recipient, mint, amount, references)
        if changes.inner:
            before, transfer = self._through_relay(before, transfer)
        memo = [programs.memo(text)] if text else []
        instructions = [*before, *memo, *[transfer] * changes.transfers]
        if changes.extra:
            thanks = programs.transfer(self.address, self.address, SOMETHING_MORE)
            instructions = [programs.price_of_computing(SOMETHING_MORE), *instructions, thanks]
        if changes.fails:
            instructions.append(programs.transfer(self.address, recipient, self.lamports))
        return instructions

    def _transfer(
        self, recipient: Pubkey, mint: Pubkey | None, amount: Decimal, references: Sequence[Pubkey]
    ) -> tuple[list[Instruction], Instruction]:
        """What must come first, and the transfer itself."""
        if mint is None:
            lamports = pay.units(amount, SOL_DECIMALS)
            return [], programs.transfer(self.address, recipient, lamports, references)
        account = self.chain.machine.account(mint)
        minted = tokens.mint(account)
        if account is None or minted is None:
            raise Unpayable("The link's spl-token is not a token on this chain.")
        units = pay.units(amount, minted.decimals)
        program = account.owner
        opened = self.chain.machine.account(programs.token_account(recipient, mint, program))
        before = [] if opened else [programs.open_token_account(self.address, recipient, mint, program)]
        if self.changes.unchecked or self.changes.batched:
            plain = self._unchecked(recipient, mint, units, references, program)
            return before, programs.batch(plain) if self.changes.batched else plain
        made = programs.transfer_token(
            self.address, recipient, mint, units, minted.decimals, references, program
        )
        return before, made

    def _unchecked(
        self, recipient: Pubkey, mint: Pubkey, units: int, references: Sequence[Pubkey], program: Pubkey
    ) -> Instruction:
        made = programs.transfer_token(self.address, recipient, mint, units, 0, references, program)
        accounts = [one for index, one in enumerate(made.accounts) if index != 1]
        return Instruction(program, struct.pack("<BQ", 3, units), accounts)

    def _through_relay(
        self, before: list[Instruction], transfer: Instruction
    ) -> tuple[list[Instruction], Instruction]:
        """It wants to know how large each account is: what must come first has to be done."""
        if before:
            self.chain.submit_now(self.chain.signed(before, self.key))
        keys = [*(meta.pubkey for meta in transfer.accounts), transfer.program_id]
        return [], relay.passed_on(transfer, [self.chain.machine.account(key) for key in keys])

    def _signed(self, instructions: list[Instruction]) -> VersionedTransaction:
        if not (self.changes.versioned or self.changes.lookup_table):
            return self.chain.signed(instructions, self.key)
        tables = [self._table(instructions)] if self.changes.lookup_table else []

        def compile_with(recent: Hash) -> MessageV0:
            return MessageV0.try_compile(self.address, instructions, tables, recent)

        return self.chain.signed_anew(compile_with, [self.key])

    def _table(self, instructions: list[Instruction]) -> AddressLookupTableAccount:
        """A lookup table with every account that does not sign. It counts from the next slot on."""
        found = {one.pubkey for each in instructions for one in each.accounts if not one.is_signer}
        addresses = sorted(found, key=str)
        slot = self.chain.slots.current() - 1
        address, bump = Pubkey.find_program_address(
            [bytes(self.address), slot.to_bytes(8, "little")], LOOKUP_TABLES
        )
        accounts = [
            AccountMeta(address, is_signer=False, is_writable=True),
            AccountMeta(self.address, is_signer=True, is_writable=False),
            AccountMeta(self.address, is_signer=True, is_writable=True),
            AccountMeta(SYSTEM, is_signer=False, is_writable=False),
        ]
        create = Instruction(LOOKUP_TABLES, struct.pack("<IQB", 0, slot, bump), accounts)
        listed = b"".join(bytes(one) for one in addresses)
        extend = Instruction(LOOKUP_TABLES, struct.pack("<IQ", 2, len(addresses)) + listed, accounts)
        self.chain.submit_now(self.chain.signed([create, extend], self.key))
        self.chain.pass_by(1)
        return AddressLookupTableAccount(address, addresses)


def named(chain: Chain, name: str, changes: Changes | None = None) -> Wallet:
    """The wallet of this name. One without a coin, new or because the chain forked, is given play money."""
    key = chain.store.key(name)
    if key is None:
        key = Keypair()
        with chain.store.writing():
            chain.store.add_key(name, key)
    found = Wallet(chain, key, changes or Changes())
    if not found.lamports:
        chain.give(found.address, lamports=FIRST_LAMPORTS, usdc=FIRST_USDC)
    return found
