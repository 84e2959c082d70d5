"""Instructions as `jsonParsed` tells them: those that payments are made of; others stay as bytes."""

import struct
from collections.abc import Callable, Sequence
from typing import Any

from solders.pubkey import Pubkey

from workers.doubles.chain import tokens
from workers.doubles.chain.programs import ASSOCIATED, MEMO, MEMO_OLD, SYSTEM, TOKEN, TOKEN_2022

Parsed = dict[str, Any]


def parse(program: Pubkey, data: bytes, accounts: Sequence[str]) -> tuple[str, Any] | None:
    """Name of the program and what the instruction says; None when nobody here can read it."""
    name, parser = PARSERS.get(program, ("", None))
    if parser is None:
        return None
    try:
        said = parser(data, accounts)
    except (IndexError, ValueError, struct.error):
        return None
    return None if said is None else (name, said)


def _said(kind: str, **info: Any) -> Parsed:
    return {"type": kind, "info": info}


def _system(data: bytes, accounts: Sequence[str]) -> Parsed | None:
    (kind,) = struct.unpack_from("<I", data)
    if kind == 0:
        lamports, space = struct.unpack_from("<QQ", data, 4)
        return _said(
            "createAccount",
            source=accounts[0],
            newAccount=accounts[1],
            lamports=lamports,
            space=space,
            owner=str(Pubkey(data[20:52])),
        )
    if kind == 2:
        (lamports,) = struct.unpack_from("<Q", data, 4)
        return _said("transfer", source=accounts[0], destination=accounts[1], lamports=lamports)
    return None


def _token(data: bytes, accounts: Sequence[str]) -> Parsed | None:
    found = TOKEN_INSTRUCTIONS.get(data[0])
    if found is None:
        return None
    kind, names, rest = found
    return _said(kind, **dict(zip(names, accounts[: len(names)], strict=True)), **rest(data))


def _nothing(_: bytes) -> dict[str, Any]:
    return {}


def _amount(data: bytes) -> dict[str, Any]:
    (amount,) = struct.unpack_from("<Q", data, 1)
    return {"amount": str(amount)}


def _checked_amount(data: bytes) -> dict[str, Any]:
    amount, decimals = struct.unpack_from("<QB", data, 1)
    return {"tokenAmount": tokens.amount_json(amount, decimals)}


def _owner(data: bytes) -> dict[str, Any]:
    return {"owner": str(Pubkey(data[1:33]))}


# First byte: name, names of the accounts in front, what else the bytes say.
TOKEN_INSTRUCTIONS: dict[int, tuple[str, tuple[str, ...], Callable[[bytes], dict[str, Any]]]] = {
    3: ("transfer", ("source", "destination", "authority"), _amount),
    7: ("mintTo", ("mint", "account", "mintAuthority"), _amount),
    9: ("closeAccount", ("account", "destination", "owner"), _nothing),
    12: ("transferChecked", ("source", "mint", "destination", "authority"), _checked_amount),
    18: ("initializeAccount3", ("account", "mint"), _owner),
    22: ("initializeImmutableOwner", ("account",), _nothing),
}


def _associated(data: bytes, accounts: Sequence[str]) -> Parsed | None:
    if data not in {b"", b"\0", b"\1"}:
        return None
    names = ("source", "account", "wallet", "mint", "systemProgram", "tokenProgram")
    kind = "createIdempotent" if data == b"\1" else "create"
    return _said(kind, **dict(zip(names, accounts[:6], strict=True)))


def _memo(data: bytes, _: Sequence[str]) -> Any:
    return data.decode()


PARSERS: dict[Pubkey, tuple[str, Callable[[bytes, Sequence[str]], Any]]] = {
    SYSTEM: ("system", _system),
    TOKEN: ("spl-token", _token),
    TOKEN_2022: ("spl-token-2022", _token),
    ASSOCIATED: ("spl-associated-token-account", _associated),
    MEMO: ("spl-memo", _memo),
    MEMO_OLD: ("spl-memo", _memo),
}
