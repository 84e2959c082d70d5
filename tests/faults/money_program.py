"""A process of the house, which stops at a named step of taking or sending money: a test kills it there.

    python -m tests.faults.money_program web 5001
    python -m tests.faults.money_program worker
    python -m tests.faults.money_program scheduler

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
from app.earnings.operations import paying_out
from app.extensions import BoundarySession
from app.invoices.operations import attempts, bookings, receiving, refunding, settling
from app.payments import payouts, queries
from app.payments.gateways.solana import building, reading
from app.payments.gateways.solana import sending as wire
from app.payments.gateways.stripe import checkout, events, refunds
from app.payments.operations import solana_receiving, solana_sends
from app.platform import idempotency
from app.platform.work import lease
from app.posts.operations import buying
from app.subscriptions.operations import beginning
from app.tips.operations import giving
from workers import run, scheduler
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
    "a try to pay is written": (attempts, "enter"),
    "the credit is spent": (bookings, "spent_credit"),
    "the money is known": (receiving, "book"),
    "the books are written": (bookings, "write"),
    "what was sold is handed over": (settling, "hand_over"),
    "the invoice is settled": (settling, "settle"),
    "a refund is written": (refunding, "_refund"),
    "what was sold is taken away": (settling, "take_away"),
    "the answer is remembered": (idempotency, "remember"),
    "all is committed": (BoundarySession, "commit"),
    # Of money that comes in by a rail.
    "what happened at the processor is read": (events, "since"),
    "the page of the processor is looked at": (checkout, "look"),
    "the transfer is read": (reading, "read"),
    "the transfer is noted": (solana_receiving, "take_in"),
    # Of money that leaves by a rail.
    "a payout is begun by the clock": (paying_out, "begin"),
    "the payout has set out": (paying_out, "set_out"),
    "the payout is about to be sent": (payouts, "sender"),
    "the rail has answered": (payouts, "send"),
    "the payout has arrived": (paying_out, "_arrive"),
    "the refund is looked up": (queries, "refund"),
    "the processor has sent the refund": (refunds, "send_back"),
    "the refund is asked of the chain": (solana_sends, "ask"),
    "the refund has gone back": (refunding, "went_back"),
    "the sweep has asked for the coins": (solana_sends, "hurry"),
    "the coins are signed": (building, "signed"),
    "the signature is kept": (solana_sends, "keep"),
    "the coins are sent": (wire, "send"),
    "what the network took is booked": (solana_sends, "pay_fee"),
    "the coins have arrived": (solana_sends, "succeed"),
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
    match sys.argv[1:]:
        case ["web", port]:
            web(int(port))
        case ["scheduler"]:
            sys.exit(scheduler.main())
        case _:
            sys.exit(run.main([]))
