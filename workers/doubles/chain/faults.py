"""What is made to go wrong, so that tests and people can see what becomes of it."""

from dataclasses import dataclass, field
from typing import Any

# What befalls a transaction that is sent.
OF_TRANSACTIONS = {"drop", "delay", "never_confirm", "never_finalize"}
# What befalls a call.
OF_CALLS = {"rpc_error_429", "rpc_error_500", "rpc_behind", "stale", "malformed", "garbled", "timeout_after"}
KINDS = OF_TRANSACTIONS | OF_CALLS


@dataclass
class Fault:
    kind: str
    # Only calls of this method; empty means every one.
    method: str = ""
    times: int = 1
    # `delay`: lands so much later. `rpc_behind`, `stale`: how far the node is behind.
    slots: int = 20
    # `timeout_after`: how long the answer is held before the line breaks off.
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(sorted(KINDS))}")

    def json(self) -> dict[str, Any]:
        return dict(vars(self))


@dataclass
class Faults:
    waiting: list[Fault] = field(default_factory=list)

    def take(self, kinds: set[str], method: str = "") -> Fault | None:
        """The next one of these kinds, counted down."""
        for fault in self.waiting:
            if fault.kind in kinds and fault.method in {"", method}:
                fault.times -= 1
                if fault.times <= 0:
                    self.waiting.remove(fault)
                return fault
        return None
