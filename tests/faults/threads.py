"""What people do all the while that something happens to the house."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def meanwhile(*plays: Callable[[threading.Event], None]) -> Iterator[None]:
    """Each on a thread of its own, until the event says that it is enough."""
    enough = threading.Event()
    threads = [threading.Thread(target=play, args=(enough,)) for play in plays]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        enough.set()
        for thread in threads:
            thread.join()
