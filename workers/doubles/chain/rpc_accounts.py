"""Methods about accounts: balances, bytes, tokens."""

import base64
from typing import Any

from solders.account import Account
from solders.pubkey import Pubkey

from workers.doubles.chain import base58, tokens
from workers.doubles.chain.rpc import INVALID_PARAMS, Call, RpcError, in_context, method, pubkey
from workers.doubles.chain.store import Cut

MOST_ACCOUNTS = 100
NEVER_PAYS_RENT = 2**64 - 1


@method("getBalance")
def balance(call: Call) -> dict[str, Any]:
    cut = call.cut(call.options(1))
    account = call.chain.account(call.address(), cut)
    return in_context(cut, account.lamports if account else 0)


@method("getAccountInfo")
def account_info(call: Call) -> dict[str, Any]:
    options = call.options(1)
    cut = call.cut(options)
    return in_context(cut, _told(call, cut, call.address(), options))


@method("getMultipleAccounts")
def multiple_accounts(call: Call) -> dict[str, Any]:
    addresses, options = call.at(0), call.options(1)
    if not isinstance(addresses, list) or len(addresses) > MOST_ACCOUNTS:
        raise RpcError(INVALID_PARAMS, f"Too many inputs provided; max {MOST_ACCOUNTS}")
    cut = call.cut(options)
    return in_context(cut, [_told(call, cut, pubkey(one), options) for one in addresses])


@method("getMinimumBalanceForRentExemption")
def rent(call: Call) -> int:
    return call.chain.machine.rent(call.at(0))


@method("getTokenAccountBalance")
def token_balance(call: Call) -> dict[str, Any]:
    cut = call.cut(call.options(1))
    held = tokens.holding(call.chain.account(call.address(), cut))
    if held is None:
        raise RpcError(INVALID_PARAMS, "Invalid param: could not find account")
    return in_context(cut, tokens.amount_json(held.amount, call.chain.machine.decimals(held.mint)))


@method("getTokenSupply")
def token_supply(call: Call) -> dict[str, Any]:
    cut = call.cut(call.options(1))
    minted = tokens.mint(call.chain.account(call.address(), cut))
    if minted is None:
        raise RpcError(INVALID_PARAMS, "Invalid param: could not find mint")
    return in_context(cut, tokens.amount_json(minted.supply, minted.decimals))


@method("getTokenAccountsByOwner")
def token_accounts(call: Call) -> dict[str, Any]:
    wanted, options = call.options(1), call.options(2)
    if len(wanted) != 1 or not wanted.keys() <= {"mint", "programId"}:
        raise RpcError(INVALID_PARAMS, "Invalid params: expected mint or programId")
    mint = pubkey(wanted["mint"]) if "mint" in wanted else None
    program = pubkey(wanted["programId"]) if "programId" in wanted else None
    cut = call.cut(options)
    found = [
        {"pubkey": str(address), "account": told}
        for address in call.chain.store.token_accounts(call.address(), mint=mint, program=program)
        if (told := _told(call, cut, address, options))
    ]
    return in_context(cut, found)


def _told(call: Call, cut: Cut, address: Pubkey, options: dict[str, Any]) -> dict[str, Any] | None:
    account = call.chain.account(address, cut)
    return account_json(call, account, options) if account else None


def account_json(call: Call, account: Account, options: dict[str, Any]) -> dict[str, Any]:
    return {
        "lamports": account.lamports,
        "owner": str(account.owner),
        "data": _data(call, account, options),
        "executable": account.executable,
        "rentEpoch": NEVER_PAYS_RENT,
        "space": len(account.data),
    }


def _data(call: Call, account: Account, options: dict[str, Any]) -> Any:
    encoding, part = options.get("encoding") or "base58", options.get("dataSlice")
    data = bytes(account.data)
    if part:
        data = data[part["offset"] : part["offset"] + part["length"]]
    if encoding == "jsonParsed":
        held = tokens.holding(account)
        decimals = call.chain.machine.decimals(held.mint) if held else 0
        if parsed := tokens.parsed(account, decimals):
            return parsed
    elif encoding == "base58":
        return [base58.encode(data), "base58"]
    elif encoding != "base64":
        raise RpcError(INVALID_PARAMS, f"Invalid params: encoding {encoding} is not spoken here")
    return [base64.b64encode(data).decode(), "base64"]
