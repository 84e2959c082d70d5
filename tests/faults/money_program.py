"""The web process or the worker, which stops at a named step of taking money: a test kills it there.

    python -m tests.faults.money_program web 5001
    python -m tests.faults.money_program worker

The test names the step in a file; the process says in another one that it has come there, and goes on when a
third one tells it to. Files, so that whatever server is killed meanwhile can be any of them.
"""

import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app import create_app
from app.extensions import BoundarySession
from app.invoices.operations import attempts, bookings, receiving, refunding, settling
from app.platform import idempotency
from app.platform.work import lease
from app.posts.operations import buying
from app.subscriptions.operations import beginning
from app.tips.operations import giving
from workers import run
from workers.stack.serving import Serving

FOLDER = Path(os.environ["STEPS"])
STOP, REACHED, GO = (FOLDER / name for name in ("stop", "reached", "go"))
PAUSE = 0.01
THREADS = 4

lease.LEASE_SECONDS = float(os.environ.get("LEASE_SECONDS", lease.LEASE_SECONDS))
lease.HEARTBEAT_SECONDS = float(os.environ.get("HEARTBEAT_SECONDS", lease.HEARTBEAT_SECONDS))

# Where each step is; all of them lie behind what they name.
STEPS: dict[str, tuple[Any, str]] = {
    "the key is taken": (idempotency, "begin"),
    "an invoice is made for a tip": (giving, "make"),
    "an invoice is made for a post": (buying, "make"),
    "an invoice is made for a subscription": (beginning, "make"),
    "the invoice is locked to be paid": (attempts, "payable"),
    "a try to pay is written": (attempts, "begin"),
    "the money is known": (receiving, "book"),
    "the books are written": (bookings, "write"),
    "what was sold is handed over": (settling, "hand_over"),
    "the invoice is settled": (settling, "settle"),
    "a refund is written": (refunding, "_refund"),
    "what was sold is taken away": (settling, "take_away"),
    "the answer is remembered": (idempotency, "remember"),
    "all is committed": (BoundarySession, "commit"),
}


def watch(step: str) -> None:
    where, name = STEPS[step]
    inner: Callable[..., Any] = getattr(where, name)

    def watched(*given: Any, **named: Any) -> Any:
        answer = inner(*given, **named)
        if STOP.exists() and STOP.read_text() == step:
            STOP.unlink()
            REACHED.write_text(step)
            while not GO.exists():
                time.sleep(PAUSE)
        return answer

    setattr(where, name, watched)


def web(port: int) -> None:
    Serving(create_app(), [socket.create_server(("127.0.0.1", port))], threads=THREADS).run()


if __name__ == "__main__":
    for step in STEPS:
        watch(step)
    if sys.argv[1] == "web":
        web(int(sys.argv[2]))
    else:
        sys.exit(run.main([]))
