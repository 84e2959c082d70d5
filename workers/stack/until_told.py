"""Work that goes on until somebody says that it is enough."""

import signal
import threading
from collections.abc import Callable
from queue import SimpleQueue

Work = Callable[[threading.Event], None]


def run_until_told(*works: Work) -> bool:
    """Each in a thread of its own, until SIGTERM or SIGINT, or until one of them breaks. Whether none did.

    A signal leaves no more than a word in a queue. To set an event in its handler would stand still for good
    where the handler breaks into another one, or into whoever looks at the event.
    """
    told: SimpleQueue[object] = SimpleQueue()
    stop, ended = threading.Event(), list[Work]()

    def run(work: Work) -> None:
        try:
            work(stop)
            ended.append(work)
        finally:
            told.put(work)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *said: told.put(said))
    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    told.get()
    stop.set()
    for thread in threads:
        thread.join()
    return len(ended) == len(works)
