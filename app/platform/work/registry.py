"""Which work there is. Features register theirs by name; operations ask for it by name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

Payload = dict[str, Any]
Run = Callable[[Payload], object]
RunT = TypeVar("RunT", bound=Run)

# In the order in which a worker empties them.
QUEUES = ("payments", "default", "notices", "bulk", "media")
MAX_ATTEMPTS = 10


class UnknownWork(LookupError):
    """Nobody registered work of this name."""


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    run: Run
    queue: str
    max_attempts: int
    transactional: bool
    # Called when the last attempt failed, in the transaction that says so.
    on_failure: Run | None


_kinds: dict[str, Kind] = {}


def handler(
    name: str,
    *,
    queue: str = "default",
    max_attempts: int = MAX_ATTEMPTS,
    transactional: bool = True,
    on_failure: Run | None = None,
) -> Callable[[RunT], RunT]:
    if queue not in QUEUES:
        raise ValueError(f"{name}: no worker serves a queue {queue!r}")

    def register(run: RunT) -> RunT:
        if name in _kinds:
            raise ValueError(f"{name} is registered twice")
        _kinds[name] = Kind(name, run, queue, max_attempts, transactional, on_failure)
        return run

    return register


def find(name: str) -> Kind:
    if (kind := look_up(name)) is None:
        raise UnknownWork(name)
    return kind


def look_up(name: str) -> Kind | None:
    """None: another release asked for it."""
    return _kinds.get(name)


def kinds() -> list[Kind]:
    return sorted(_kinds.values(), key=lambda kind: kind.name)
