"""JSON-RPC as a Solana node speaks it: calls, errors, and the table of methods."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from solders.pubkey import Pubkey

from workers.doubles.chain.chain import Chain
from workers.doubles.chain.slots import Level
from workers.doubles.chain.store import Cut

API_VERSION = "2.3.0"
PARSE_ERROR, INVALID_REQUEST, NO_METHOD, INVALID_PARAMS = -32700, -32600, -32601, -32602
INTERNAL, SIMULATION_FAILED, BAD_SIGNATURE = -32603, -32002, -32003
NODE_BEHIND, OTHER_VERSION, SLOT_TO_COME = -32005, -32015, -32016


class RpcError(Exception):
    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code, self.message, self.data = code, message, data

    def json(self) -> dict[str, Any]:
        said = {"code": self.code, "message": self.message}
        return said if self.data is None else said | {"data": self.data}


@dataclass(frozen=True)
class Call:
    """One call, and what its parameters say."""

    chain: Chain
    params: list[Any]
    # The node that is asked knows nothing of the newest slots.
    behind: int = 0

    def at(self, index: int) -> Any:
        try:
            return self.params[index]
        except IndexError:
            raise RpcError(INVALID_PARAMS, "Invalid params: invalid length") from None

    def address(self, index: int = 0) -> Pubkey:
        return pubkey(self.at(index))

    def options(self, index: int) -> dict[str, Any]:
        found = self.params[index] if len(self.params) > index else None
        if found is not None and not isinstance(found, dict):
            raise RpcError(INVALID_PARAMS, "Invalid params: invalid type")
        return found or {}

    def cut(self, options: dict[str, Any], *, least: Level = Level.PROCESSED) -> Cut:
        """What the asked commitment sees; finalized when none is asked for."""
        name = options.get("commitment") or "finalized"
        try:
            level = Level[name.upper()]
        except (KeyError, AttributeError):
            raise RpcError(INVALID_PARAMS, "Invalid params: unknown variant of commitment") from None
        if level < least:
            raise RpcError(INVALID_PARAMS, "Method does not support commitment below `confirmed`")
        cut = self.chain.cut(level, self.behind)
        if (options.get("minContextSlot") or 0) > cut.slot:
            raise RpcError(
                SLOT_TO_COME, "Minimum context slot has not been reached", {"contextSlot": cut.slot}
            )
        return cut


def pubkey(text: Any) -> Pubkey:
    try:
        return Pubkey.from_string(text)
    except (TypeError, ValueError) as error:
        raise RpcError(INVALID_PARAMS, f"Invalid param: {error}") from None


def in_context(cut: Cut, value: Any) -> dict[str, Any]:
    return {"context": {"apiVersion": API_VERSION, "slot": cut.slot}, "value": value}


Method = Callable[[Call], Any]
METHODS: dict[str, Method] = {}


def method(name: str) -> Callable[[Method], Method]:
    def add(function: Method) -> Method:
        METHODS[name] = function
        return function

    return add


def answer(chain: Chain, request: Any, behind: int = 0) -> dict[str, Any]:
    """To one request. What is wrong with it is said in the answer."""
    request_id = request.get("id") if isinstance(request, dict) else None
    try:
        return {"jsonrpc": "2.0", "result": _result(chain, request, behind), "id": request_id}
    except RpcError as error:
        return {"jsonrpc": "2.0", "error": error.json(), "id": request_id}


def _result(chain: Chain, request: Any, behind: int) -> Any:
    if not isinstance(request, dict) or not isinstance(request.get("method"), str):
        raise RpcError(INVALID_REQUEST, "Invalid request")
    params = request.get("params") or []
    if not isinstance(params, list):
        raise RpcError(INVALID_PARAMS, "Invalid params: expected an array")
    function = METHODS.get(request["method"])
    if function is None:
        raise RpcError(NO_METHOD, "Method not found")
    try:
        return function(Call(chain, params, behind))
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
        # A parameter of another type than the method wants.
        raise RpcError(INVALID_PARAMS, f"Invalid params: {error}") from error
