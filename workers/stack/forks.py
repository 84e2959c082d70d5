"""A parent and its children that do the same work: a child that dies is replaced."""

import contextlib
import logging
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from workers.stack.tether import end_with_parent
from workers.stack.waiter import ENDING, Waiter

# A child ends with this when it could not begin its work.
COULD_NOT_BEGIN = 3
# Who dies younger than this is replaced after a growing pause.
YOUNG = 30.0
LONGEST_PAUSE = 30.0

log = logging.getLogger("fanlight.web")


@dataclass
class _Slot:
    pid: int = 0
    born: float = 0.0
    due: float = 0.0
    generation: int = 0
    early_deaths: int = 0


class Forks:
    """Runs `work` in `count` children until SIGTERM or SIGINT, and gives them `grace` seconds then."""

    def __init__(
        self,
        count: int,
        work: Callable[[], None],
        *,
        grace: float,
        on_death: Callable[[int], None],
        on_stop: Callable[[], object],
    ) -> None:
        self._slots = [_Slot() for _ in range(count)]
        self._work = work
        self._grace = grace
        self._on_death = on_death
        self._on_stop = on_stop
        self._failed = False
        self._waiter = Waiter()

    def run(self) -> int:
        """The exit code when everything has ended."""
        while not self._ending:
            self._fork_due()
            self._waiter.sleep(self._until_next())
            self._reap()
        self._on_stop()
        self._end_children()
        return int(self._failed)

    @property
    def _ending(self) -> bool:
        return self._failed or self._waiter.asked > 0

    def _until_next(self) -> float:
        waiting = [slot.due for slot in self._slots if not slot.pid]
        return max(0.0, min(waiting) - time.monotonic()) if waiting else 3600.0

    def _fork_due(self) -> None:
        now = time.monotonic()
        for slot in self._slots:
            if not slot.pid and slot.due <= now:
                slot.pid = self._fork()
                slot.born = now
                slot.generation += 1

    def _fork(self) -> int:
        # Signals wait meanwhile, so that a child never answers one with its parent's handler.
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        try:
            pid = os.fork()
            if pid == 0:
                self._be_child()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        return pid

    def _be_child(self) -> None:
        code = COULD_NOT_BEGIN
        try:
            self._waiter.forget()
            end_with_parent(signal.SIGTERM)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
            self._work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            # The parent's own clean-up is not the child's to do.
            with contextlib.suppress(Exception):
                logging.shutdown()
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._bury(pid, os.waitstatus_to_exitcode(status))

    def _bury(self, pid: int, code: int) -> None:
        slot = next((slot for slot in self._slots if slot.pid == pid), None)
        if slot is None:
            return
        slot.pid = 0
        self._on_death(pid)
        if self._ending:
            return
        if code == COULD_NOT_BEGIN and slot.generation == 1:
            # A fault of settings or code, which another try does not mend.
            self._failed = True
            return
        slot.early_deaths = slot.early_deaths + 1 if time.monotonic() - slot.born < YOUNG else 0
        pause = min(LONGEST_PAUSE, 2.0 ** (slot.early_deaths - 2)) if slot.early_deaths > 1 else 0.0
        slot.due = time.monotonic() + pause
        log.warning("web process %d ended (%s); another starts in %.0f s", pid, _cause(code), pause)

    def _end_children(self) -> None:
        self._signal_all(signal.SIGTERM)
        deadline = time.monotonic() + self._grace
        while any(slot.pid for slot in self._slots) and time.monotonic() < deadline:
            self._waiter.sleep(max(0.0, min(1.0, deadline - time.monotonic())))
            self._reap()
        self._signal_all(signal.SIGKILL)

    def _signal_all(self, number: signal.Signals) -> None:
        for slot in self._slots:
            if slot.pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(slot.pid, number)


def _cause(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"
