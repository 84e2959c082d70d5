"""The socket below a websocket, made safe for gevent.

simple-websocket calls `send`, which under gevent may write a part only, and from two greenlets. Here what
does not fit now waits in order, bounded, and one greenlet writes it when the reader is ready for it. So
nobody who says something to many sockets ever waits for a slow one.
"""

import contextlib
import socket
from collections import deque
from time import monotonic

import gevent
from gevent.socket import socket as GeventSocket

from app.platform.realtime.bucket import Bucket
from app.platform.realtime.limits import Limits

PAUSE = 0.1
CHUNK = 4_096


class TooSlow(OSError):
    """More waits for this reader than it may leave waiting."""


class Wire:
    __slots__ = ("_behind", "_limits", "_reads", "_sock", "_waiting", "heard_at")

    def __init__(self, sock: GeventSocket, limits: Limits) -> None:
        self._sock = sock
        self._limits = limits
        self._reads = Bucket(limits.reads, limits.reads_per)
        # The frame that is being written, and behind it those that wait for it.
        self._waiting: deque[memoryview] = deque()
        self._behind = 0
        self.heard_at = monotonic()
        sock.settimeout(None)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def recv(self, size: int) -> bytes:
        if not self._reads.take():
            gevent.sleep(PAUSE)
        data = self._sock.recv(size)
        self.heard_at = monotonic()
        # A read that finds data does not yield, and this one could go on finding it.
        gevent.sleep(0)
        return bytes(data)

    def send(self, data: bytes | bytearray) -> int:
        """All of it, now or later, in order. Never waits."""
        length = len(data)
        if self._waiting:
            self._wait_in_line(memoryview(data))
        elif (sent := self._write_now(data)) < length:
            self._waiting.append(memoryview(data)[sent:])
            gevent.spawn(self._drain)
        return length

    def forget_waiting(self) -> None:
        """Drops what waits, but for the frame that may be written in part."""
        while len(self._waiting) > 1:
            self._waiting.pop()
        self._behind = 0

    def abort(self) -> None:
        """Ends it now; whoever reads here wakes up."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Says what is left to say, then lets the other side finish, so that it can read our last words."""
        with contextlib.suppress(OSError), gevent.Timeout(self._limits.close_within, OSError):
            while self._waiting:
                gevent.sleep(PAUSE)
            self._sock.shutdown(socket.SHUT_WR)
            while self._sock.recv(CHUNK):
                gevent.sleep(0)
        self.abort()
        self._sock.close()

    def _wait_in_line(self, data: memoryview) -> None:
        if self._behind > self._limits.waiting_bytes or len(self._waiting) > self._limits.waiting_frames:
            raise TooSlow
        self._waiting.append(data)
        self._behind += len(data)

    def _write_now(self, data: bytes | bytearray) -> int:
        try:
            return self._sock.send(data, 0, 0.0)  # type: ignore[call-arg]  # gevent's own: no waiting
        except BlockingIOError:
            return 0

    def _drain(self) -> None:
        try:
            with gevent.Timeout(self._limits.drained_within, TooSlow):
                while self._waiting:
                    self._write_first()
        except OSError:
            self._waiting.clear()
            self.abort()

    def _write_first(self) -> None:
        first = self._waiting[0]
        # Until it is written it stays, so that nobody overtakes it.
        sent = self._sock.send(first)
        if sent < len(first):
            self._waiting[0] = first[sent:]
            return
        self._waiting.popleft()
        if self._waiting:
            self._behind -= len(self._waiting[0])
