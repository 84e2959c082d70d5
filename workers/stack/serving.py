"""One web process: waitress on given sockets, which finishes its requests before it ends."""

import logging
import select
import signal
import time
from collections.abc import Callable
from socket import socket
from typing import TYPE_CHECKING, Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import BaseWSGIServer, create_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

GRACE = 20.0
MAX_BODY = 64 * 1024 * 1024
MAX_HEADERS = 64 * 1024
CONNECTIONS = 500
IDLE_SECONDS = 30
LOOP_SECONDS = 1.0
QUEUE_SECONDS = 0.5
DRAIN_SECONDS = 0.1
# Who is longer than this at one request has to send so many bytes a second (nginx/snippets/dripping.conf).
UNHURRIED, SLOWEST = 15.0, 1024

log = logging.getLogger("fanlight.web")


class Channel(HTTPChannel):  # type: ignore[misc]  # without types
    """Ends when a request comes drop by drop, and so never lies still for IDLE_SECONDS."""

    _request: HTTPRequestParser | None = None
    _since = 0.0

    def received(self, data: bytes) -> bool:
        took: bool = super().received(data)
        coming, now = self.request, time.monotonic()
        if coming is not self._request:
            self._request, self._since = coming, now
        elif coming is not None:
            bytes_so_far = coming.header_bytes_received + coming.body_bytes_received
            self.will_close |= bytes_so_far < (now - self._since - UNHURRIED) * SLOWEST
        return took


class Serving:
    def __init__(
        self,
        application: "WSGIApplication",
        sockets: list[socket],
        *,
        threads: int,
        trusted_proxies: int = 0,
        on_stop: Callable[[], object] = lambda: None,
    ) -> None:
        # Otherwise it speaks up for every request that waits a moment for a thread.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self._map: dict[int, Any] = {}
        self._stopping = False
        self._on_stop = on_stop
        server = create_server(
            application,
            map=self._map,
            sockets=sockets,
            threads=threads,
            max_request_body_size=MAX_BODY,
            max_request_header_size=MAX_HEADERS,
            connection_limit=CONNECTIONS,
            channel_timeout=IDLE_SECONDS,
            cleanup_interval=5,
            ident=None,
            asyncore_use_poll=True,
            clear_untrusted_proxy_headers=True,
            **_proxies(trusted_proxies),
        )
        self._tasks = server.task_dispatcher
        for listener in self._listeners():
            listener.channel_class = Channel

    def run(self) -> None:
        """Until SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        while not self._stopping:
            self._turn(LOOP_SECONDS)
        self._drain()

    def _stop(self, *_: object) -> None:
        self._stopping = True
        # Wakes the loop, which waits for its sockets.
        for listener in self._listeners()[:1]:
            listener.pull_trigger()

    def _turn(self, timeout: float) -> None:
        wasyncore.loop(timeout=timeout, map=self._map, use_poll=True, count=1)

    def _accept_queued(self) -> None:
        """Who has come already is served; the kernel would turn them away."""
        listeners = [listener.socket for listener in self._listeners()]
        deadline = time.monotonic() + QUEUE_SECONDS
        while select.select(listeners, [], [], 0)[0] and time.monotonic() < deadline:
            self._turn(0)

    def _listeners(self) -> list[BaseWSGIServer]:
        return [entry for entry in self._map.values() if isinstance(entry, BaseWSGIServer)]

    def _channels(self) -> list[HTTPChannel]:
        return [entry for entry in self._map.values() if isinstance(entry, HTTPChannel)]

    def _drain(self) -> None:
        """Accept nothing more, finish what runs, close what is idle."""
        self._on_stop()
        self._accept_queued()
        for listener in self._listeners():
            # The server's own close would take the trigger away that its requests still need.
            wasyncore.dispatcher.close(listener)
        self._turn(0)
        deadline = time.monotonic() + GRACE
        while self._channels() and time.monotonic() < deadline:
            for channel in self._channels():
                channel.will_close = channel.will_close or _idle(channel)
            self._turn(DRAIN_SECONDS)
        if unfinished := len(self._channels()):
            log.warning("%d requests were not finished within %.0f s", unfinished, GRACE)
        self._tasks.shutdown(cancel_pending=True, timeout=1)


def _idle(channel: HTTPChannel) -> bool:
    return not channel.requests and channel.request is None and not channel.total_outbufs_len


def _proxies(trusted: int) -> dict[str, Any]:
    """Believe the last `trusted` proxies about the visitor's address and scheme, nobody else."""
    if not trusted:
        return {}
    return {
        "trusted_proxy": "*",
        "trusted_proxy_count": trusted,
        "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"},
    }
