"""gevent's server, kept in bounds: what it waits for, how many it serves, what it never negotiates."""

import contextlib
from typing import TYPE_CHECKING, Any

import gevent
from gevent.pywsgi import WSGIHandler, WSGIServer
from gevent.socket import socket as GeventSocket

from app.platform.realtime.limits import Limits

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Connections beyond the sockets: health, metrics, and those that are told to come back later.
SPARE = 100


def without_compression(app: "WSGIApplication") -> "WSGIApplication":
    """permessage-deflate would cost about 115 KB a socket."""

    def wrapped(environ: "WSGIEnvironment", start_response: "StartResponse") -> Any:
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        return app(environ, start_response)

    return wrapped


class Handler(WSGIHandler):
    """Waits for a request for a while only, and reads it through a small buffer, which sockets keep."""

    def __init__(self, sock: GeventSocket, address: Any, server: "LiveServer") -> None:
        super().__init__(sock, address, server, sock.makefile("rb", 1_024))  # type: ignore[call-arg]
        self._within = server.limits.headers_within

    def read_requestline(self) -> str:
        with gevent.Timeout(self._within, OSError("no request")):
            return str(super().read_requestline())

    def read_request(self, raw_requestline: str) -> Any:
        with gevent.Timeout(self._within, ValueError("slow headers")):
            return super().read_request(raw_requestline)

    def handle_one_response(self) -> None:
        super().handle_one_response()
        # What was a websocket carries no further request.
        if self.headers.get("Upgrade", "").lower() == "websocket":
            self.close_connection = True


class LiveServer(WSGIServer):
    handler_class = Handler

    def __init__(self, listener: GeventSocket, app: "WSGIApplication", limits: Limits, room: int) -> None:
        super().__init__(listener, without_compression(app), spawn=gevent.spawn_raw, log=None, error_log=None)  # type: ignore[call-overload]
        self.limits = limits
        self._room = room + SPARE
        self._open = 0

    def handle(self, sock: GeventSocket, address: Any) -> None:
        """Beyond its room it hangs up: without descriptors left it could not even do that."""
        if self._open >= self._room:
            sock.close()
            return
        self._open += 1
        try:
            with contextlib.suppress(OSError):  # the other side is gone
                super().handle(sock, address)
        finally:
            self._open -= 1
