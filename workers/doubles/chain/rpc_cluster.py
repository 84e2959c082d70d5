"""Methods about the chain as a whole: health, slots, blockhashes, fees."""

import base64
from typing import Any

from solders.hash import Hash
from solders.message import from_bytes_versioned

from workers.doubles.chain.rpc import API_VERSION, INVALID_PARAMS, Call, RpcError, in_context, method
from workers.doubles.chain.slots import (
    BLOCKHASH_LIVES,
    FIRST,
    SLOTS_OF_EPOCH,
    WITHOUT_BLOCK,
    blockhash,
    height,
    slot_of,
)

FEE_OF_SIGNATURE = 5_000
FEATURE_SET = 3_640_012_085
MOST_BLOCKS = 500_000
# It knows of the days before it began, in which nothing happened.
REMEMBERED = FIRST - SLOTS_OF_EPOCH


@method("getHealth")
def health(_: Call) -> str:
    return "ok"


@method("getVersion")
def version(_: Call) -> dict[str, Any]:
    return {"solana-core": API_VERSION, "feature-set": FEATURE_SET}


@method("getGenesisHash")
def genesis_hash(_: Call) -> str:
    return str(blockhash(0))


@method("getSlot")
def slot(call: Call) -> int:
    return call.cut(call.options(0)).slot


@method("getBlockHeight")
def block_height(call: Call) -> int:
    return height(call.cut(call.options(0)).slot)


@method("getEpochInfo")
def epoch_info(call: Call) -> dict[str, Any]:
    at = call.cut(call.options(0)).slot
    return {
        "absoluteSlot": at,
        "blockHeight": height(at),
        "epoch": at // SLOTS_OF_EPOCH,
        "slotIndex": at % SLOTS_OF_EPOCH,
        "slotsInEpoch": SLOTS_OF_EPOCH,
        "transactionCount": at - WITHOUT_BLOCK,
    }


@method("getBlockTime")
def block_time(call: Call) -> int | None:
    wanted = call.at(0)
    return call.chain.slots.time_of(wanted) if REMEMBERED <= wanted <= call.chain.slots.current() else None


@method("getFirstAvailableBlock")
def first_block(_: Call) -> int:
    return REMEMBERED


@method("getBlocks")
def blocks(call: Call) -> list[int]:
    first, given = call.at(0), call.params[1] if len(call.params) > 1 else None
    newest = call.cut(given if isinstance(given, dict) else call.options(2)).slot
    last = min(given, newest) if isinstance(given, int) else newest
    if last - first > MOST_BLOCKS:
        raise RpcError(INVALID_PARAMS, f"Slot range too large; max {MOST_BLOCKS}")
    return list(range(max(first, FIRST), last + 1))


@method("getLatestBlockhash")
def latest_blockhash(call: Call) -> dict[str, Any]:
    cut = call.cut(call.options(0))
    last = height(cut.slot) + BLOCKHASH_LIVES
    return in_context(cut, {"blockhash": str(blockhash(cut.slot)), "lastValidBlockHeight": last})


@method("isBlockhashValid")
def is_blockhash_valid(call: Call) -> dict[str, Any]:
    try:
        wanted = Hash.from_string(call.at(0))
    except (TypeError, ValueError) as error:
        raise RpcError(INVALID_PARAMS, f"Invalid param: {error}") from None
    cut = call.cut(call.options(1))
    return in_context(cut, slot_of(wanted, cut.slot) is not None)


@method("getFeeForMessage")
def fee(call: Call) -> dict[str, Any]:
    try:
        message = from_bytes_versioned(base64.b64decode(call.at(0)))
    except ValueError as error:
        raise RpcError(INVALID_PARAMS, f"invalid transaction message: {error}") from None
    cut = call.cut(call.options(1))
    known = slot_of(message.recent_blockhash, cut.slot) is not None
    return in_context(cut, message.header.num_required_signatures * FEE_OF_SIGNATURE if known else None)


@method("getRecentPrioritizationFees")
def prioritization_fees(call: Call) -> list[dict[str, int]]:
    now = call.chain.slots.current() - call.behind
    return [{"slot": at, "prioritizationFee": 0} for at in range(now - BLOCKHASH_LIVES + 1, now + 1)]
