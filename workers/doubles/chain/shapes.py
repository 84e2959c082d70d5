"""Transactions in the shapes that an RPC node answers with."""

import base64
from typing import Any

from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction

from workers.doubles.chain import base58, parsed
from workers.doubles.chain.store import Landed

ENCODINGS = {"json", "jsonParsed", "base64", "base58"}


def version(transaction: VersionedTransaction) -> str | int:
    return 0 if isinstance(transaction.message, MessageV0) else "legacy"


def transaction_json(landed: Landed, encoding: str, *, with_version: bool) -> dict[str, Any]:
    transaction, meta = landed.transaction, landed.meta
    body: Any
    if encoding == "base64":
        body = [base64.b64encode(landed.wire).decode(), "base64"]
    elif encoding == "base58":
        body = [base58.encode(landed.wire), "base58"]
    elif encoding == "jsonParsed":
        body = _signed(transaction, _parsed_message(transaction, meta))
        meta = _parsed_meta(transaction, meta)
    else:
        body = _signed(transaction, _message(transaction))
    answer = {"slot": landed.slot, "blockTime": landed.time, "transaction": body, "meta": meta}
    return answer | ({"version": version(transaction)} if with_version else {})


def _signed(transaction: VersionedTransaction, message: dict[str, Any]) -> dict[str, Any]:
    return {"signatures": [str(signature) for signature in transaction.signatures], "message": message}


def _message(transaction: VersionedTransaction) -> dict[str, Any]:
    message = transaction.message
    header = message.header
    return {
        "header": {
            "numRequiredSignatures": header.num_required_signatures,
            "numReadonlySignedAccounts": header.num_readonly_signed_accounts,
            "numReadonlyUnsignedAccounts": header.num_readonly_unsigned_accounts,
        },
        "accountKeys": [str(key) for key in message.account_keys],
        "recentBlockhash": str(message.recent_blockhash),
        "instructions": _compiled(transaction),
    } | _lookups(transaction)


def _compiled(transaction: VersionedTransaction) -> list[dict[str, Any]]:
    return [
        {
            "programIdIndex": one.program_id_index,
            "accounts": list(one.accounts),
            "data": base58.encode(bytes(one.data)),
            "stackHeight": None,
        }
        for one in transaction.message.instructions
    ]


def _lookups(transaction: VersionedTransaction) -> dict[str, Any]:
    message = transaction.message
    if not isinstance(message, MessageV0):
        return {}
    lookups = [
        {
            "accountKey": str(one.account_key),
            "writableIndexes": list(one.writable_indexes),
            "readonlyIndexes": list(one.readonly_indexes),
        }
        for one in message.address_table_lookups
    ]
    return {"addressTableLookups": lookups}


def _parsed_message(transaction: VersionedTransaction, meta: dict[str, Any]) -> dict[str, Any]:
    keys = _all_keys(transaction, meta)
    return {
        "accountKeys": _described_keys(transaction, meta),
        "recentBlockhash": str(transaction.message.recent_blockhash),
        "instructions": [_parsed_instruction(one, keys) for one in _compiled(transaction)],
    } | _lookups(transaction)


def _described_keys(transaction: VersionedTransaction, meta: dict[str, Any]) -> list[dict[str, Any]]:
    message, header = transaction.message, transaction.message.header
    signers, total = header.num_required_signatures, len(message.account_keys)
    written_signers = signers - header.num_readonly_signed_accounts
    written_others = total - header.num_readonly_unsigned_accounts
    named = [
        {
            "pubkey": str(key),
            "signer": index < signers,
            "writable": index < written_signers or signers <= index < written_others,
            "source": "transaction",
        }
        for index, key in enumerate(message.account_keys)
    ]
    loaded = [
        {"pubkey": key, "signer": False, "writable": kind == "writable", "source": "lookupTable"}
        for kind in ("writable", "readonly")
        for key in meta["loadedAddresses"][kind]
    ]
    return named + loaded


def _all_keys(transaction: VersionedTransaction, meta: dict[str, Any]) -> list[str]:
    loaded = meta["loadedAddresses"]
    named = [str(key) for key in transaction.message.account_keys]
    return [*named, *loaded["writable"], *loaded["readonly"]]


def _parsed_meta(transaction: VersionedTransaction, meta: dict[str, Any]) -> dict[str, Any]:
    """Without the loaded addresses: the message's keys have them."""
    keys = _all_keys(transaction, meta)
    inner = [
        {
            "index": one["index"],
            "instructions": [_parsed_instruction(each, keys) for each in one["instructions"]],
        }
        for one in meta["innerInstructions"]
    ]
    kept = {name: value for name, value in meta.items() if name != "loadedAddresses"}
    return kept | {"innerInstructions": inner}


def _parsed_instruction(compiled: dict[str, Any], keys: list[str]) -> dict[str, Any]:
    program = keys[compiled["programIdIndex"]]
    accounts = [keys[index] for index in compiled["accounts"]]
    data, height = compiled["data"], compiled["stackHeight"]
    found = parsed.parse(Pubkey.from_string(program), base58.decode(data), accounts)
    if found is None:
        return {"programId": program, "accounts": accounts, "data": data, "stackHeight": height}
    name, said = found
    return {"program": name, "programId": program, "parsed": said, "stackHeight": height}
