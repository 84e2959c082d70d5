"""Token accounts and mints, read from their bytes; of Token-2022 the part that both programs share."""

from dataclasses import dataclass
from typing import Any

from solders.account import Account
from solders.pubkey import Pubkey

from workers.doubles.chain.programs import MINT_SIZE, TOKEN, TOKEN_2022

NAMES = {TOKEN: "spl-token", TOKEN_2022: "spl-token-2022"}
STATES = {1: "initialized", 2: "frozen"}
# Behind this many bytes Token-2022 says what kind of account it is.
KIND_AT = 165


@dataclass(frozen=True)
class Holding:
    """What one token account holds."""

    mint: Pubkey
    owner: Pubkey
    amount: int
    state: str
    program: Pubkey


@dataclass(frozen=True)
class Mint:
    authority: Pubkey | None
    supply: int
    decimals: int
    freezer: Pubkey | None


def holding(account: Account | None) -> Holding | None:
    if account is None or account.owner not in NAMES:
        return None
    data = bytes(account.data)
    if len(data) < KIND_AT or (len(data) > KIND_AT and data[KIND_AT] != 2) or data[108] not in STATES:
        return None
    amount = int.from_bytes(data[64:72], "little")
    return Holding(Pubkey(data[:32]), Pubkey(data[32:64]), amount, STATES[data[108]], account.owner)


def mint(account: Account | None) -> Mint | None:
    if account is None or account.owner not in NAMES:
        return None
    data = bytes(account.data)
    extended = len(data) > KIND_AT and data[KIND_AT] == 1
    if not (len(data) == MINT_SIZE or extended) or data[45] != 1:
        return None
    supply = int.from_bytes(data[36:44], "little")
    return Mint(_optional(data[:36]), supply, data[44], _optional(data[46:82]))


def mint_bytes(authority: Pubkey, decimals: int) -> bytes:
    """A fresh mint that nobody can freeze."""
    some = (1).to_bytes(4, "little")
    return some + bytes(authority) + bytes(8) + bytes([decimals, 1]) + bytes(36)


def amount_json(amount: int, decimals: int) -> dict[str, Any]:
    whole, part = divmod(amount, 10**decimals)
    text = f"{whole}.{part:0{decimals}}".rstrip("0").rstrip(".") if decimals else str(whole)
    return {
        "amount": str(amount),
        "decimals": decimals,
        "uiAmount": amount / 10**decimals,
        "uiAmountString": text,
    }


def parsed(account: Account, decimals: int) -> dict[str, Any] | None:
    """The account as `jsonParsed` tells it; None for what is not of tokens."""
    held, minted = holding(account), mint(account)
    if held:
        kind, info = "account", _holding_json(held, decimals)
    elif minted:
        kind, info = "mint", _mint_json(minted)
    else:
        return None
    space = len(account.data)
    return {"program": NAMES[account.owner], "parsed": {"type": kind, "info": info}, "space": space}


def _holding_json(held: Holding, decimals: int) -> dict[str, Any]:
    return {
        "isNative": False,
        "mint": str(held.mint),
        "owner": str(held.owner),
        "state": held.state,
        "tokenAmount": amount_json(held.amount, decimals),
    }


def _mint_json(minted: Mint) -> dict[str, Any]:
    return {
        "decimals": minted.decimals,
        "freezeAuthority": str(minted.freezer) if minted.freezer else None,
        "isInitialized": True,
        "mintAuthority": str(minted.authority) if minted.authority else None,
        "supply": str(minted.supply),
    }


def _optional(data: bytes) -> Pubkey | None:
    return Pubkey(data[4:36]) if data[0] == 1 else None
