"""Waiting that a signal ends at once."""

import os
import select
import signal

ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Waiter:
    """Counts how often this process was asked to end, and sleeps until something happens."""

    def __init__(self) -> None:
        self.asked = 0
        self.asked_by = ""
        self._woken, self._waker = os.pipe()
        os.set_blocking(self._waker, False)
        signal.set_wakeup_fd(self._waker)
        for number in ENDING:
            # Under nohup the end of a terminal is not to be answered.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._ask)
        # A handler that does nothing still wakes, which ignoring would not.
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _ask(self, number: int, _: object) -> None:
        self.asked += 1
        self.asked_by = signal.Signals(number).name

    def sleep(self, seconds: float) -> None:
        """Until a signal comes or the time is over."""
        if select.select([self._woken], [], [], seconds)[0]:
            os.read(self._woken, 4096)

    def forget(self) -> None:
        """In a forked child: signals do again what they do by default."""
        signal.set_wakeup_fd(-1)
        os.close(self._woken)
        os.close(self._waker)
        for number in (*ENDING, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
