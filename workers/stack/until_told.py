"""Work that goes on until somebody says that it is enough."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Work = Callable[[threading.Event], None]


def run_until_told(*works: Work) -> bool:
    """Each in a thread of its own, until SIGTERM or SIGINT, or until one of them breaks. Whether none did."""
    stop, ended = threading.Event(), list[Work]()
    with _signals_as_bytes() as (told, tell):

        def run(work: Work) -> None:
            try:
                work(stop)
                ended.append(work)
            finally:
                os.write(tell, b"-")

        threads = [threading.Thread(target=run, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        os.read(told, 1)
        stop.set()
        for thread in threads:
            thread.join()
    return len(ended) == len(works)


@contextmanager
def _signals_as_bytes() -> Iterator[tuple[int, int]]:
    """A signal leaves a byte in a pipe, in whatever it breaks into, and the byte waits to be read.

    A handler runs only once what it breaks into comes back to Python: it came too late where the signal fell
    just before a wait, and to set an event in it stood still where it broke into whoever held the event.
    """
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    try:
        yield told, tell
    finally:
        signal.set_wakeup_fd(-1)
        os.close(told)
        os.close(tell)
