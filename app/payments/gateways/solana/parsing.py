"""Transfers in a transaction: its own instructions, those that programs made, those packed in a batch.

Read from their bytes, as the programs read them. A place names an instruction for good: "2" is the third one,
"2.0" the first that it made, "2-1" the second in its batch.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from solders.pubkey import Pubkey
from solders.system_program import ID as SYSTEM
from spl.token.constants import TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID

SYSTEM_TRANSFER, SYSTEM_TRANSFER_WITH_SEED = 2, 11
TOKEN_TRANSFER, TOKEN_TRANSFER_CHECKED, TOKEN_WITH_FEE, TOKEN_BATCH = 3, 12, 26, 255
CHECKED_WITH_FEE = b"\1"
TOKEN_PROGRAMS = {TOKEN_PROGRAM_ID, TOKEN_2022_PROGRAM_ID}


@dataclass(frozen=True, slots=True)
class Instruction:
    place: str
    program: Pubkey
    accounts: tuple[Pubkey, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Move:
    """From account to account, and by whom; of tokens these are token accounts."""

    place: str
    program: Pubkey
    source: Pubkey
    target: Pubkey
    by: Pubkey
    amount: int
    keys: tuple[Pubkey, ...]


def moves(instructions: Sequence[Instruction]) -> Iterator[Move]:
    for one in instructions:
        if one.program == SYSTEM:
            yield from _system(one)
        elif one.program in TOKEN_PROGRAMS:
            yield from _token(one)


def _system(one: Instruction) -> Iterator[Move]:
    if len(one.data) < 12:
        return
    kind, lamports = struct.unpack_from("<IQ", one.data)
    if kind == SYSTEM_TRANSFER and len(one.accounts) >= 2:
        yield _move(one, 0, 1, 0, lamports)
    elif kind == SYSTEM_TRANSFER_WITH_SEED and len(one.accounts) >= 3:
        yield _move(one, 0, 2, 0, lamports)


def _token(one: Instruction) -> Iterator[Move]:
    kind = one.data[0] if one.data else None
    if kind == TOKEN_BATCH:
        for each in _batched(one):
            yield from _token(each)
    elif kind == TOKEN_TRANSFER and len(one.accounts) >= 3 and len(one.data) >= 9:
        yield _move(one, 0, 1, 2, _u64(one.data, 1))
    elif kind == TOKEN_TRANSFER_CHECKED and len(one.accounts) >= 4 and len(one.data) >= 9:
        yield _move(one, 0, 2, 3, _u64(one.data, 1))
    elif kind == TOKEN_WITH_FEE and one.data[1:2] == CHECKED_WITH_FEE and len(one.data) >= 10:
        yield _move(one, 0, 2, 3, _u64(one.data, 2))


def _batched(one: Instruction) -> Iterator[Instruction]:
    """Each says how many of the accounts are its own, and how many bytes."""
    data, accounts, number = one.data[1:], one.accounts, 0
    while len(data) >= 2:
        count, size = data[0], data[1]
        inner = data[2 : 2 + size]
        if not inner or inner[0] == TOKEN_BATCH:
            return
        yield Instruction(f"{one.place}-{number}", one.program, accounts[:count], inner)
        data, accounts, number = data[2 + size :], accounts[count:], number + 1


def _move(one: Instruction, source: int, target: int, by: int, amount: int) -> Move:
    named = one.accounts
    return Move(one.place, one.program, named[source], named[target], named[by], amount, named)


def _u64(data: bytes, at: int) -> int:
    (found,) = struct.unpack_from("<Q", data, at)
    return int(found)
