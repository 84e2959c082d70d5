"""Whether a process that is not our child has ended.

A zombie has: where nobody reaps orphans (a container without an init) it stays one for ever, and
what only looks at its number takes it for alive.
"""

import time
from collections.abc import Iterable

import psutil

PAUSE = 0.05


def is_gone(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_until_gone(processes: Iterable[psutil.Process], within: float) -> list[psutil.Process]:
    """Those that are still there after that time."""
    deadline = time.monotonic() + within
    left = [process for process in processes if not is_gone(process)]
    while left and time.monotonic() < deadline:
        time.sleep(PAUSE)
        left = [process for process in left if not is_gone(process)]
    return left
