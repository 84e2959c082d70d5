"""Reading instructions from their bytes: what moves, and nothing else, whatever the bytes are."""

import struct

from hypothesis import given
from hypothesis import strategies as st
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.system_program import ID as SYSTEM
from solders.system_program import TransferWithSeedParams, transfer_with_seed
from spl.token.constants import TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID

from app.payments.gateways.solana import base58
from app.payments.gateways.solana.parsing import Instruction, Move, moves
from workers.doubles.chain import base58 as other_base58

KEYS = tuple(Keypair().pubkey() for _ in range(8))
PROGRAMS = st.sampled_from([SYSTEM, TOKEN_PROGRAM_ID, TOKEN_2022_PROGRAM_ID, KEYS[0]])


def moved(program: Pubkey, data: bytes, accounts: tuple[Pubkey, ...] = KEYS) -> list[Move]:
    return list(moves([Instruction("3", program, accounts, data)]))


@given(PROGRAMS, st.binary(max_size=60), st.integers(0, 8))
def test_no_bytes_are_too_strange(program: Pubkey, data: bytes, accounts: int) -> None:
    for one in moved(program, data, KEYS[:accounts]):
        assert one.amount >= 0 and one.place.startswith("3")


@given(st.binary(max_size=40))
def test_base_58_is_what_others_write(raw: bytes) -> None:
    assert base58.decode(other_base58.encode(raw)) == raw


def test_a_transfer_of_a_derived_account_counts_too() -> None:
    made = transfer_with_seed(
        TransferWithSeedParams(
            from_pubkey=KEYS[0], from_base=KEYS[1], from_seed="s", from_owner=KEYS[2], to_pubkey=KEYS[3],
            lamports=7,
        )
    )  # fmt: skip
    accounts = tuple(one.pubkey for one in made.accounts)
    (found,) = moved(SYSTEM, bytes(made.data), accounts)
    assert (found.source, found.target, found.amount) == (KEYS[0], KEYS[3], 7)


def test_a_transfer_with_a_fee_is_seen() -> None:
    (found,) = moved(TOKEN_2022_PROGRAM_ID, struct.pack("<BBQBQ", 26, 1, 500, 6, 5))
    assert (found.source, found.target, found.by, found.amount) == (KEYS[0], KEYS[2], KEYS[3], 500)


def test_a_batch_says_whose_accounts_are_whose() -> None:
    one, other = struct.pack("<BQ", 3, 5), struct.pack("<BQB", 12, 6, 6)
    data = bytes([255, 3, len(one)]) + one + bytes([4, len(other)]) + other
    first, second = moved(TOKEN_PROGRAM_ID, data)
    assert (first.place, first.target, first.amount, first.keys) == ("3-0", KEYS[1], 5, KEYS[:3])
    assert (second.place, second.target, second.amount) == ("3-1", KEYS[5], 6)
    assert (first.by, second.by) == (KEYS[2], KEYS[6])
    # A batch in a batch is nothing that the program does.
    assert moved(TOKEN_PROGRAM_ID, bytes([255, 3, len(data)]) + data) == []
