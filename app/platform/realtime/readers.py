"""The greenlets that read sockets. simple-websocket takes them for threads, which weigh more."""

from collections.abc import Callable

import gevent
from gevent.event import Event


class Readers:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self, target: Callable[[], None]) -> "Reader":
        return Reader(self, target)


class Reader:
    name = "reader"

    def __init__(self, readers: Readers, target: Callable[[], None]) -> None:
        self._readers = readers
        self._target = target
        self._ended = Event()

    def start(self) -> None:
        self._readers.count += 1
        gevent.spawn_raw(self._run)

    def _run(self) -> None:
        try:
            self._target()
        finally:
            self._readers.count -= 1
            self._ended.set()

    def join(self) -> None:
        self._ended.wait()
