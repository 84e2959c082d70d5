"""A worker that stops for ever at one step of making media ready, so that a test can kill it just there."""

import os
import sys
import time
from collections.abc import Callable
from typing import Any, NoReturn

from app.media import apart, jobs
from app.media.operations import making
from app.platform.storage import LocalStorage
from tests.faults import patience  # noqa: F401 - for what it does when it is loaded
from tests.faults.kinds import give_sign
from workers import run

# Where each step is, and whether it stops before or after it.
STEPS: dict[str, tuple[Any, str, bool]] = {
    "before it is put together": (LocalStorage, "compose", False),
    "put together": (LocalStorage, "compose", True),
    "known by its digest": (making, "note_digest", True),
    "while a program makes it smaller": (apart, "run", False),
    "made smaller": (apart, "run", True),
    "one size stored": (jobs, "_keep", True),
    "all stored": (making, "finish", False),
    "finished, not committed": (making, "finish", True),
    "deleting": (LocalStorage, "discard", True),
}


def stop_at(step: str) -> None:
    where, name, after = STEPS[step]
    inner: Callable[..., Any] = getattr(where, name)

    def stopping(*given: Any, **named: Any) -> NoReturn:
        if after:
            inner(*given, **named)
        give_sign(step)
        while True:
            time.sleep(60)

    setattr(where, name, stopping)


if __name__ == "__main__":
    if step := os.environ.get("STOP_AT"):
        stop_at(step)
    sys.exit(run.main(sys.argv[1:]))
