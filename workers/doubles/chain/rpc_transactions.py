"""Methods about transactions: sending, trying out, finding, reading."""

import base64
import binascii
from typing import Any

from solders.signature import Signature
from solders.transaction import VersionedTransaction

from workers.doubles.chain import base58, shapes
from workers.doubles.chain.chain import Refusal
from workers.doubles.chain.machine import Run
from workers.doubles.chain.rpc import (
    BAD_SIGNATURE,
    INTERNAL,
    INVALID_PARAMS,
    OTHER_VERSION,
    SIMULATION_FAILED,
    Call,
    RpcError,
    in_context,
    method,
)
from workers.doubles.chain.rpc_accounts import account_json
from workers.doubles.chain.slots import BLOCKHASH_LIVES, Level, blockhash, height
from workers.doubles.chain.store import Cut, Landed

MOST_BYTES = 1_232
MOST_SIGNATURES = 1_000
MOST_STATUSES = 256
MOST_AIRDROP = 100 * 1_000_000_000


@method("sendTransaction")
def send(call: Call) -> str:
    options = call.options(1)
    transaction = _decoded(call.at(0), options.get("encoding") or "base58")
    if not all(transaction.verify_with_results()):
        raise RpcError(BAD_SIGNATURE, "Transaction signature verification failure")
    known = call.cut({"commitment": options.get("preflightCommitment")})
    try:
        if not options.get("skipPreflight"):
            call.chain.check(transaction, known)
        return call.chain.submit(transaction, try_first=False)
    except Refusal as refusal:
        said = {"accounts": None, "innerInstructions": None, "replacementBlockhash": None}
        raise RpcError(
            SIMULATION_FAILED,
            f"Transaction simulation failed: {_in_words(refusal.why)}",
            _simulated(refusal.why, refusal.run) | said,
        ) from None


@method("simulateTransaction")
def simulate(call: Call) -> dict[str, Any]:
    options = call.options(1)
    transaction = _decoded(call.at(0), options.get("encoding") or "base58")
    signed = bool(options.get("sigVerify"))
    if signed and not all(transaction.verify_with_results()):
        raise RpcError(BAD_SIGNATURE, "Transaction signature verification failure")
    cut = call.cut(options)
    replaces = bool(options.get("replaceRecentBlockhash"))
    try:
        run = call.chain.try_out(transaction, cut, signed=signed, any_blockhash=replaces)
    except Refusal as refusal:
        return in_context(cut, _simulated(refusal.why, None) | {"accounts": None})
    value = _simulated(run.meta["err"], run)
    value["accounts"] = _wanted_accounts(call, run, options.get("accounts"))
    if options.get("innerInstructions"):
        value["innerInstructions"] = run.meta["innerInstructions"]
    if replaces:
        last = height(cut.slot) + BLOCKHASH_LIVES
        value["replacementBlockhash"] = {
            "blockhash": str(blockhash(cut.slot)),
            "lastValidBlockHeight": last,
        }
    return in_context(cut, value)


@method("requestAirdrop")
def airdrop(call: Call) -> str:
    lamports = call.at(1)
    if not isinstance(lamports, int) or not 0 < lamports <= MOST_AIRDROP:
        raise RpcError(INVALID_PARAMS, "Invalid request")
    try:
        return call.chain.give(call.address(), lamports=lamports)
    except Refusal as refusal:
        raise RpcError(INTERNAL, f"Internal error: {refusal}") from None


@method("getSignaturesForAddress")
def signatures(call: Call) -> list[dict[str, Any]]:
    options = call.options(1)
    cut = call.cut(options, least=Level.CONFIRMED)
    limit = options.get("limit")
    limit = MOST_SIGNATURES if limit is None else limit
    if not 1 <= limit <= MOST_SIGNATURES:
        raise RpcError(INVALID_PARAMS, f"Invalid limit; max {MOST_SIGNATURES}")
    older, newer = (_number(call, cut, options.get(name)) for name in ("before", "until"))
    # As a node: it has nothing to say before what it does not know, and all of it until then.
    if options.get("before") and older is None:
        return []
    found = call.chain.store.mentioning(call.address(), cut, newer=newer or 0, older=older, limit=limit)
    return [
        {
            "signature": landed.signature,
            "slot": landed.slot,
            "err": landed.meta["err"],
            "memo": landed.memo,
            "blockTime": landed.time,
            "confirmationStatus": _level_name(call, landed),
        }
        for landed in found
    ]


@method("getSignatureStatuses")
def statuses(call: Call) -> dict[str, Any]:
    wanted, options = call.at(0), call.options(1)
    if not isinstance(wanted, list) or len(wanted) > MOST_STATUSES:
        raise RpcError(INVALID_PARAMS, f"Too many inputs provided; max {MOST_STATUSES}")
    cut = call.chain.cut(Level.PROCESSED, call.behind)
    oldest = 0 if options.get("searchTransactionHistory") else cut.slot - BLOCKHASH_LIVES
    return in_context(cut, [_status(call, _signature(one), oldest) for one in wanted])


@method("getTransaction")
def transaction(call: Call) -> dict[str, Any] | None:
    given = call.params[1] if len(call.params) > 1 else None
    options = {"encoding": given} if isinstance(given, str) else call.options(1)
    cut = call.cut(options, least=Level.CONFIRMED)
    encoding = options.get("encoding") or "json"
    if encoding not in shapes.ENCODINGS:
        raise RpcError(INVALID_PARAMS, f"Invalid params: unknown variant `{encoding}`")
    landed = call.chain.store.transaction(_signature(call.at(0)))
    if landed is None or not cut.sees(landed):
        return None
    newest = options.get("maxSupportedTransactionVersion")
    if newest is None and shapes.version(landed.transaction) != "legacy":
        raise RpcError(
            OTHER_VERSION,
            "Transaction version (0) is not supported by the requesting client. Please try the request again"
            ' with the following configuration parameter: "maxSupportedTransactionVersion": 0',
        )
    return shapes.transaction_json(landed, encoding, with_version=newest is not None)


def _decoded(text: Any, encoding: str) -> VersionedTransaction:
    if encoding not in {"base58", "base64"}:
        raise RpcError(
            INVALID_PARAMS, f"unsupported encoding: {encoding}. Supported encodings: base58, base64"
        )
    try:
        raw = base64.b64decode(text, validate=True) if encoding == "base64" else base58.decode(text)
    except (TypeError, ValueError, binascii.Error) as error:
        raise RpcError(INVALID_PARAMS, f"invalid {encoding} encoding: {error}") from None
    if len(raw) > MOST_BYTES:
        raise RpcError(
            INVALID_PARAMS, f"{encoding} encoded solana transaction too large: {len(raw)} (max: {MOST_BYTES})"
        )
    try:
        found = VersionedTransaction.from_bytes(raw)
        found.sanitize()
    except Exception as error:
        raise RpcError(INVALID_PARAMS, f"failed to deserialize VersionedTransaction: {error}") from None
    return found


def _signature(text: Any) -> str:
    try:
        return str(Signature.from_string(text))
    except (TypeError, ValueError) as error:
        raise RpcError(INVALID_PARAMS, f"Invalid param: {error}") from None


def _number(call: Call, cut: Cut, signature: str | None) -> int | None:
    landed = call.chain.store.transaction(_signature(signature)) if signature else None
    return landed.number if landed and cut.sees(landed) else None


def _status(call: Call, signature: str, oldest: int) -> dict[str, Any] | None:
    landed = call.chain.store.transaction(signature)
    level = call.chain.level(landed, call.behind) if landed else None
    if landed is None or level is None or landed.slot < oldest:
        return None
    depth = call.chain.slots.current() - call.behind - landed.slot
    return {
        "slot": landed.slot,
        "confirmations": None if level is Level.FINALIZED else depth,
        "err": landed.meta["err"],
        "status": landed.meta["status"],
        "confirmationStatus": level.name.lower(),
    }


def _level_name(call: Call, landed: Landed) -> str | None:
    level = call.chain.level(landed, call.behind)
    return level.name.lower() if level is not None else None


def _simulated(error: Any, run: Run | None) -> dict[str, Any]:
    return {
        "err": error,
        "logs": run.meta["logMessages"] if run else [],
        "unitsConsumed": run.meta["computeUnitsConsumed"] if run else 0,
        "returnData": None,
    }


def _wanted_accounts(call: Call, run: Run, wanted: dict[str, Any] | None) -> list[Any] | None:
    if not wanted:
        return None
    after = {str(key): account for key, account in run.after.items()}
    options = {"encoding": wanted.get("encoding") or "base64"}
    found = [after.get(one) for one in wanted.get("addresses", [])]
    return [account_json(call, account, options) if account else None for account in found]


def _in_words(error: Any) -> str:
    """As a node words it; only what people may read on a screen."""
    if error == "BlockhashNotFound":
        return "Blockhash not found"
    if error == "AlreadyProcessed":
        return "This transaction has already been processed"
    if isinstance(error, dict) and "InstructionError" in error:
        index, kind = error["InstructionError"]
        custom = kind.get("Custom") if isinstance(kind, dict) else None
        what = kind if custom is None else f"custom program error: {custom:#x}"
        return f"Error processing Instruction {index}: {what}"
    return str(error)
