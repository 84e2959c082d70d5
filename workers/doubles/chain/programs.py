"""Programs that the chain has, and their instructions as wallets write them."""

import struct
from collections.abc import Sequence

from solders.instruction import AccountMeta, Instruction
from solders.pubkey import Pubkey
from solders.system_program import ID as SYSTEM
from solders.system_program import CreateAccountParams, TransferParams, create_account
from solders.system_program import transfer as _system_transfer
from solders.token import ID as TOKEN
from solders.token.associated import get_associated_token_address

__all__ = ["ASSOCIATED", "LOOKUP_TABLES", "MEMO", "MEMO_OLD", "SYSTEM", "TOKEN", "TOKEN_2022"]

TOKEN_2022 = Pubkey.from_string("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb")
ASSOCIATED = Pubkey.from_string("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL")
MEMO = Pubkey.from_string("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr")
MEMO_OLD = Pubkey.from_string("Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo")
LOOKUP_TABLES = Pubkey.from_string("AddressLookupTab1e1111111111111111111111111")
MINT_SIZE = 82
COMPUTE_BUDGET = Pubkey.from_string("ComputeBudget111111111111111111111111111111")


def token_account(wallet: Pubkey, mint: Pubkey, program: Pubkey = TOKEN) -> Pubkey:
    """Where this wallet keeps this token."""
    return get_associated_token_address(wallet, mint, program)


def transfer(source: Pubkey, target: Pubkey, lamports: int, references: Sequence[Pubkey] = ()) -> Instruction:
    made = _system_transfer(TransferParams(from_pubkey=source, to_pubkey=target, lamports=lamports))
    return _with_references(made, references)


def transfer_token(  # noqa: PLR0913, PLR0917 - it has these parts
    owner: Pubkey,
    target: Pubkey,
    mint: Pubkey,
    amount: int,
    decimals: int,
    references: Sequence[Pubkey] = (),
    program: Pubkey = TOKEN,
) -> Instruction:
    """`transferChecked` between the two wallets' own accounts for this token."""
    accounts = [
        AccountMeta(token_account(owner, mint, program), is_signer=False, is_writable=True),
        AccountMeta(mint, is_signer=False, is_writable=False),
        AccountMeta(token_account(target, mint, program), is_signer=False, is_writable=True),
        AccountMeta(owner, is_signer=True, is_writable=False),
    ]
    made = Instruction(program, struct.pack("<BQB", 12, amount, decimals), accounts)
    return _with_references(made, references)


def batch(one: Instruction) -> Instruction:
    data = bytes([255, len(one.accounts), len(one.data)]) + bytes(one.data)
    return Instruction(one.program_id, data, one.accounts)


def mint_to(
    mint: Pubkey, wallet: Pubkey, authority: Pubkey, amount: int, program: Pubkey = TOKEN
) -> Instruction:
    accounts = [
        AccountMeta(mint, is_signer=False, is_writable=True),
        AccountMeta(token_account(wallet, mint, program), is_signer=False, is_writable=True),
        AccountMeta(authority, is_signer=True, is_writable=False),
    ]
    return Instruction(program, struct.pack("<BQ", 7, amount), accounts)


def create_mint(
    authority: Pubkey, mint: Pubkey, rent: int, decimals: int, program: Pubkey
) -> list[Instruction]:
    account = create_account(
        CreateAccountParams(
            from_pubkey=authority, to_pubkey=mint, lamports=rent, space=MINT_SIZE, owner=program
        )
    )
    data = bytes([20, decimals]) + bytes(authority) + bytes(1)
    return [account, Instruction(program, data, [AccountMeta(mint, is_signer=False, is_writable=True)])]


def open_token_account(payer: Pubkey, wallet: Pubkey, mint: Pubkey, program: Pubkey = TOKEN) -> Instruction:
    """Nothing happens when it is open already."""
    accounts = [
        AccountMeta(payer, is_signer=True, is_writable=True),
        AccountMeta(token_account(wallet, mint, program), is_signer=False, is_writable=True),
        AccountMeta(wallet, is_signer=False, is_writable=False),
        AccountMeta(mint, is_signer=False, is_writable=False),
        AccountMeta(SYSTEM, is_signer=False, is_writable=False),
        AccountMeta(program, is_signer=False, is_writable=False),
    ]
    return Instruction(ASSOCIATED, b"\1", accounts)


def memo(text: str) -> Instruction:
    return Instruction(MEMO, text.encode(), [])


def price_of_computing(micro_lamports: int) -> Instruction:
    return Instruction(COMPUTE_BUDGET, struct.pack("<BQ", 3, micro_lamports), [])


def _with_references(instruction: Instruction, references: Sequence[Pubkey]) -> Instruction:
    """Keys that sign nothing and are not written: only there to be found by."""
    keys = [AccountMeta(key, is_signer=False, is_writable=False) for key in references]
    return Instruction(instruction.program_id, bytes(instruction.data), [*instruction.accounts, *keys])
