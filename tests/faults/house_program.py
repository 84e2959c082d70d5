"""A process of the house, which stops at a named step of money or of a message: a test kills it there.

python -m tests.faults.house_program web 5001
python -m tests.faults.house_program worker
python -m tests.faults.house_program scheduler
"""

import os
import socket
import sys
from datetime import timedelta
from typing import Any

from app import create_app
from app.broadcasts.operations import delivering
from app.broadcasts.operations import sending as broadcasting
from app.chat import numbering, queries_talk, telling
from app.chat.operations import opening, parcels, spreading, writing
from app.earnings.operations import paying_out
from app.extensions import BoundarySession
from app.invoices.operations import attempts, bookings, receiving, refunding, settling
from app.payments import payouts, queries
from app.payments.gateways.solana import building, reading
from app.payments.gateways.solana import sending as wire
from app.payments.gateways.stripe import checkout, events, refunds
from app.payments.operations import solana_receiving, solana_sends
from app.platform import idempotency, realtime
from app.platform.work import lease
from app.posts.operations import buying
from app.subscriptions.operations import beginning
from app.tips.operations import giving
from tests.faults import steps
from workers import run, scheduler
from workers.stack.serving import Serving

THREADS = 4

lease.LEASE_SECONDS = float(os.environ.get("LEASE_SECONDS", lease.LEASE_SECONDS))
lease.HEARTBEAT_SECONDS = float(os.environ.get("HEARTBEAT_SECONDS", lease.HEARTBEAT_SECONDS))
# That somebody has not read it by then is another test's business, and all of these would wait for it.
telling.PAUSE = timedelta(0)
# So that a few people are several parts of a list.
delivering.TOLD_AT_ONCE = 2

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
    # Of what people say.
    "the conversation is locked": (queries_talk, "find_talk"),
    "what the message carries is packed": (parcels, "pack"),
    "the message has its number": (numbering, "next_number"),
    "the message is written": (writing, "_say"),
    "the other one will hear of it": (telling, "soon"),
    "an invoice is made for a message": (opening, "make"),
    "open pages are told": (realtime, "push_user"),
    "what waits is looked at": (telling, "waiting"),
    # Of what is told to many.
    "a broadcast is begun by the clock": (broadcasting, "begin_due"),
    "its people are listed": (delivering, "put_on_list"),
    "all of a part have it": (spreading, "spread"),
    "how far it got is noted": (delivering, "tell"),
}


def web(port: int) -> None:
    Serving(create_app(), [socket.create_server(("127.0.0.1", port))], threads=THREADS).run()


if __name__ == "__main__":
    for step, (where, name) in STEPS.items():
        steps.watch(step, where, name)
    match sys.argv[1:]:
        case ["web", port]:
            web(int(port))
        case ["scheduler"]:
            sys.exit(scheduler.main())
        case _:
            sys.exit(run.main([]))
