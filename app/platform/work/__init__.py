"""Work that matters: a row in PostgreSQL with a due time, a lease and its attempts.

    @work.handler("accounts.export", queue="default", max_attempts=5)
    def export(payload): ...                       # in jobs.py of a feature

    work.enqueue("accounts.export", {"export_id": str(export.id)})   # inside transaction()

RQ only wakes it. What a handler writes commits together with the row's `done`, or not at all. A
handler that talks to the world outside says `transactional=False`, keeps no transaction open while
it waits, and records results in `work.recording()`; it must bear being run again.
"""

from app.platform.work.lease import LeaseLost
from app.platform.work.queueing import enqueue
from app.platform.work.registry import QUEUES, Kind, Payload, UnknownWork, handler, kinds
from app.platform.work.runner import GiveUp, NotBefore, drain, recording, run
from app.platform.work.sweeping import due, sweep

__all__ = [
    "QUEUES",
    "GiveUp",
    "Kind",
    "LeaseLost",
    "NotBefore",
    "Payload",
    "UnknownWork",
    "drain",
    "due",
    "enqueue",
    "handler",
    "kinds",
    "recording",
    "run",
    "sweep",
]
