"""The addresses of the realtime process: the socket, and what watches over it."""

import logging
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Flask, request
from flask_sock import Sock
from gevent.event import Event
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from simple_websocket import ConnectionClosed, Server
from simple_websocket import ConnectionError as NoHandshake
from werkzeug.wrappers import Response
from wsproto.utilities import RemoteProtocolError

from app.config import Settings
from app.platform.headers import Safety, safety
from app.platform.machines import from_this_machine, shows_token
from app.platform.realtime import metrics
from app.platform.realtime.codes import Close
from app.platform.realtime.connection import Connection
from app.platform.realtime.hub import Hub
from app.platform.realtime.readers import Readers
from app.platform.web import correlation_id

log = logging.getLogger(__name__)

SOCKET = "/ws"


@dataclass(frozen=True, slots=True)
class Front:
    settings: Settings
    hub: Hub
    readers: Readers
    room: int

    def make_app(self) -> Flask:
        app = Flask("fanlight.realtime", static_folder=None)
        app.extensions["fanlight.settings"] = self.settings
        app.config["SOCK_SERVER_OPTIONS"] = {
            "thread_class": self.readers,
            "event_class": Event,
            "max_message_size": self.hub.limits.message_bytes,
        }
        app.before_request(self.admit)
        Sock(app).route(SOCKET)(self.live)
        app.add_url_rule("/healthz", view_func=self.alive)
        app.add_url_rule("/readyz", view_func=self.ready)
        app.add_url_rule("/metrics", view_func=self.counted)
        for error in (RemoteProtocolError, NoHandshake):
            app.register_error_handler(error, _no_handshake)
        app.wsgi_app = Safety(app.wsgi_app, safety(self.settings))  # type: ignore[method-assign]
        return app

    def admit(self) -> Response | None:
        """Before the handshake, while the answer is still an ordinary one."""
        if request.path != SOCKET:
            return None
        if request.headers.get("Origin") not in allowed_origins(self.settings):
            return _refusal(403, "Open this from a page of this site.")
        if self.hub.blind or self._is_full():
            return _refusal(503, "No room right now. Try again in a moment.")
        return None

    def live(self, ws: Server) -> None:
        connection = Connection(ws, self.hub, self.settings.secret_key, correlation_id())
        try:
            connection.serve()
        except ConnectionClosed:
            pass
        except Exception:
            # Flask would answer with a page, in the middle of a websocket.
            log.exception("socket failed")
            connection.close(Close.FAILED)
        connection.wait_for_end()

    def alive(self) -> Response:
        return Response("ok\n", mimetype="text/plain")

    def ready(self) -> Response:
        if self.hub.blind or self._is_full():
            return _refusal(503, "No room right now.")
        return Response("ready\n", mimetype="text/plain")

    def counted(self) -> Response:
        if not (from_this_machine() or shows_token()):
            return _refusal(404, "There is nothing here.")
        metrics.sockets.set(len(self.hub))
        metrics.strangers.set(self._strangers())
        metrics.blind.set(self.hub.blind)
        return Response(generate_latest(metrics.registry), content_type=CONTENT_TYPE_LATEST)

    def _is_full(self) -> bool:
        return self.readers.count >= self.room or self._strangers() >= self.hub.limits.without_hello

    def _strangers(self) -> int:
        return self.readers.count - len(self.hub)


def allowed_origins(settings: Settings) -> set[str]:
    base = urlsplit(settings.base_url)
    origins = {f"{base.scheme}://{base.netloc}"}
    if settings.demo:
        origins |= {f"http://localhost:{settings.port}", f"http://127.0.0.1:{settings.port}"}
    return origins


def _refusal(status: int, reason: str) -> Response:
    headers = {"Connection": "close", "Cache-Control": "no-store"}
    if status == 503:
        headers["Retry-After"] = "2"
    return Response(reason + "\n", status, headers, mimetype="text/plain")


def _no_handshake(_: Exception) -> Response:
    return _refusal(400, "That is not the handshake of a websocket.")
