"""A program on the chain that passes an instruction on, as wallets do that are programs themselves.

What it passes on is an inner instruction: only the transaction's record tells of it. The program is so small
that its bytes are put together here. The runtime lays the accounts and the data of a call out in memory one
after the other; the program walks to the data, in which `passed_on` has put everything ready to be invoked.
"""

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from solders.account import Account
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair

ADDRESS = Keypair.from_seed(hashlib.sha256(b"fanlight play chain: relay").digest()).pubkey()

# Where the runtime puts what a program is called with, and how.
INPUT, HEAP = 0x4_0000_0000, 0x3_0000_0000
COUNT_SIZE, ACCOUNT_HEAD, ROOM_TO_GROW, RENT_EPOCH = 8, 88, 10_240, 8
KEY_AT, OWNER_AT, LAMPORTS_AT, LENGTH_AT = 8, 40, 72, 80
WORDS_OF_INFO = 7
NO_RENT = 2**64 - 1
INVOKE = b"sol_invoke_signed_c"


def passed_on(inner: Instruction, accounts: Sequence[Account | None]) -> Instruction:
    """A call of the relay that makes it call `inner`; `accounts` are those of `inner` and its program."""
    metas = [*inner.accounts, AccountMeta(inner.program_id, is_signer=False, is_writable=False)]
    places, after = [], INPUT + COUNT_SIZE
    for account in accounts:
        places.append(after)
        after = _aligned(after + ACCOUNT_HEAD + _size(account) + ROOM_TO_GROW) + RENT_EPOCH
    data_at = after + 8
    count = len(inner.accounts)
    metas_at = data_at + 16 + 40
    infos_at = metas_at + 16 * count
    inner_at = infos_at + 56 * count
    data = struct.pack("<QQ", infos_at, count)
    data += struct.pack("<QQQQQ", places[-1] + KEY_AT, metas_at, count, inner_at, len(inner.data))
    for meta, place in zip(inner.accounts, places, strict=False):
        data += struct.pack("<QBB6x", place + KEY_AT, meta.is_writable, meta.is_signer)
    for meta, place, account in zip(inner.accounts, places, accounts, strict=False):
        data += struct.pack(
            "<QQQQQQBBB5x",
            place + KEY_AT,
            place + LAMPORTS_AT,
            _size(account),
            place + ACCOUNT_HEAD,
            place + OWNER_AT,
            account.rent_epoch if account else NO_RENT,
            meta.is_signer,
            meta.is_writable,
            account.executable if account else False,
        )
    return Instruction(ADDRESS, data + bytes(inner.data), metas)


def _size(account: Account | None) -> int:
    return len(account.data) if account else 0


def _aligned(number: int) -> int:
    return (number + 7) // 8 * 8


# Of the file that a program comes in (ELF).
TEXT, DYNAMIC_SYMBOLS, STRINGS, RELOCATIONS, DYNAMIC = 1, 11, 3, 9, 6
HEADER_SIZE, SEGMENT_SIZE, SECTION_SIZE = 64, 56, 64


@dataclass(frozen=True)
class Section:
    name: bytes
    kind: int
    content: bytes
    flags: int = 2
    link: int = 0
    entry: int = 0


def program() -> bytes:
    """The whole file. Everything lies in memory where it lies in the file."""
    code = _code()
    names = b"\0" + INVOKE + b"\0"
    symbols = bytes(24) + struct.pack("<IBBHQQ", 1, 0x10, 0, 0, 0, 0)
    text_at = HEADER_SIZE + 3 * SEGMENT_SIZE
    symbols_at = text_at + len(code)
    names_at = symbols_at + len(symbols)
    relocations_at = _aligned(names_at + len(names))
    dynamic_at = relocations_at + 16
    relocation = struct.pack("<QQ", text_at + CALL * 8, 1 << 32 | 10)
    told = (
        (17, relocations_at),
        (18, 16),
        (19, 16),
        (6, symbols_at),
        (5, names_at),
        (10, len(names)),
        (0, 0),
    )
    dynamic = b"".join(struct.pack("<QQ", *pair) for pair in told)
    parts = [
        Section(b".text", TEXT, code, flags=6),
        Section(b".dynsym", DYNAMIC_SYMBOLS, symbols, link=3, entry=24),
        Section(b".dynstr", STRINGS, names.ljust(relocations_at - names_at, b"\0")),
        Section(b".rel.dyn", RELOCATIONS, relocation, link=2, entry=16),
        Section(b".dynamic", DYNAMIC, dynamic, flags=3, link=3, entry=16),
    ]
    titles = b"\0" + b"".join(part.name + b"\0" for part in parts) + b".shstrtab\0"
    parts.append(Section(b".shstrtab", STRINGS, titles.ljust(_aligned(len(titles)), b"\0"), flags=0))
    segments = _segment(1, 5, text_at, len(code))
    segments += _segment(1, 4, symbols_at, dynamic_at + len(dynamic) - symbols_at)
    segments += _segment(2, 6, dynamic_at, len(dynamic))
    body, table, at = b"", bytes(SECTION_SIZE), text_at
    for part in parts:
        table += _section(part, titles, at)
        body += part.content
        at += len(part.content)
    return _header(text_at, at, len(parts) + 1) + segments + body + table


def _header(entry: int, sections_at: int, sections: int) -> bytes:
    sizes = (HEADER_SIZE, SEGMENT_SIZE, 3, SECTION_SIZE, sections, sections - 1)
    mark = b"\x7fELF\2\1\1".ljust(16, b"\0")
    return mark + struct.pack("<HHIQQQIHHHHHH", 3, 247, 1, entry, HEADER_SIZE, sections_at, 0, *sizes)


def _segment(kind: int, rights: int, at: int, size: int) -> bytes:
    return struct.pack("<IIQQQQQQ", kind, rights, at, at, at, size, size, 8)


def _section(part: Section, titles: bytes, at: int) -> bytes:
    title = titles.index(part.name + b"\0")
    address = at if part.flags else 0
    rest = (part.flags, address, at, len(part.content), part.link, 0, 8, part.entry)
    return struct.pack("<IIQQQQIIQQ", title, part.kind, *rest)


def _code() -> bytes:
    """r6 walks over the accounts, of which r7 are left, to the data; what lies there is invoked.

    The runtime wants the list of accounts elsewhere: r5 walks over its copy, of which r8 words are left.
    """
    past_account = ACCOUNT_HEAD + ROOM_TO_GROW + RENT_EPOCH + 7
    steps = [
        _step(0x79, 7, 1),
        _step(0xBF, 6, 1),
        _step(0x07, 6, value=COUNT_SIZE),
        _step(0x15, 7, jump=6),
        _step(0x07, 7, value=-1),
        _step(0x79, 8, 6, jump=LENGTH_AT),
        _step(0x0F, 6, 8),
        _step(0x07, 6, value=past_account),
        _step(0x57, 6, value=-8),
        _step(0x05, jump=-7),
        _step(0x79, 2, 6, jump=8),
        _step(0x79, 3, 6, jump=16),
        _step(0xBF, 8, 3),
        _step(0x27, 8, value=WORDS_OF_INFO),
        _step(0x18, 9) + _step(0, value=HEAP >> 32),
        _step(0xBF, 5, 9),
        _step(0x15, 8, jump=6),
        _step(0x07, 8, value=-1),
        _step(0x79, 4, 2),
        _step(0x7B, 5, 4),
        _step(0x07, 2, value=8),
        _step(0x07, 5, value=8),
        _step(0x05, jump=-7),
        _step(0xBF, 2, 9),
        _step(0xBF, 1, 6),
        _step(0x07, 1, value=24),
        _step(0xB7, 4),
        _step(0xB7, 5),
        _step(0x85, value=-1),
        _step(0x95),
    ]
    return b"".join(steps)


# Which step calls the runtime.
CALL = 29


def _step(operation: int, target: int = 0, source: int = 0, *, jump: int = 0, value: int = 0) -> bytes:
    return struct.pack("<BBhi", operation, target | source << 4, jump, value)
