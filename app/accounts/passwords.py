"""Argon2id, on a thread of low priority, so that a flood of sign-ins does not slow the pages down."""

import os
import threading
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from app.platform.errors import Unavailable

# OWASP's floor: 19 MiB, two passes, one lane.
_hasher = PasswordHasher(
    time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
)

LOW_PRIORITY = 15
WAITING_AT_MOST = 3
WAIT_SECONDS = 8.0
LONGEST_TYPED = 1_000

_slots = threading.BoundedSemaphore(WAITING_AT_MOST)
_pools: dict[int, ThreadPoolExecutor] = {}

# What an unknown account is checked against, so that it takes as long as a known one.
_nobody: list[str] = []


class TooManyAtOnce(Unavailable):
    def __init__(self) -> None:
        super().__init__("Many people are signing in right now. Try again in a few seconds.", retry_after=3)


def normalise(password: str) -> str:
    """The same password, whichever keyboard composed its accents. Absurdly long ones are cut off."""
    return unicodedata.normalize("NFKC", password[:LONGEST_TYPED])


def hash_password(password: str) -> str:
    return str(_slowly(_hasher.hash, _bytes(password)))


def verify_password(stored: str | None, password: str) -> bool:
    """Takes the same time whether there is a stored hash or not."""
    return bool(_slowly(_verify, stored, _bytes(password)))


def needs_rehash(stored: str) -> bool:
    return _hasher.check_needs_rehash(stored)


def _bytes(password: str) -> bytes:
    return normalise(password).encode("utf-8", "surrogatepass")


def _verify(stored: str | None, password: bytes) -> bool:
    if not _nobody:
        _nobody.append(_hasher.hash("nobody has this password"))
    try:
        matches = _hasher.verify(stored or _nobody[0], password)
    except (VerificationError, InvalidHashError):
        return False
    return matches and stored is not None


def _slowly(action: Any, *args: Any) -> Any:
    """At most a few wait here, and not for long; the rest is told to come back instead of holding the pages'
    threads.
    """
    if not _slots.acquire(blocking=False):
        raise TooManyAtOnce
    try:
        asked = _pool().submit(action, *args)
        return asked.result(timeout=WAIT_SECONDS)
    except TimeoutError:
        asked.cancel()
        raise TooManyAtOnce from None
    finally:
        _slots.release()


def _pool() -> ThreadPoolExecutor:
    """One a process: threads do not survive a fork."""
    pid = os.getpid()
    if pid not in _pools:
        _pools[pid] = ThreadPoolExecutor(1, thread_name_prefix="argon2", initializer=_lower_priority)
    return _pools[pid]


def _lower_priority() -> None:
    # On Linux priority belongs to the thread: the process itself keeps its own. Where that is lower already,
    # nobody but root may raise it.
    thread = threading.get_native_id()
    os.setpriority(os.PRIO_PROCESS, thread, max(LOW_PRIORITY, os.getpriority(os.PRIO_PROCESS, thread)))
