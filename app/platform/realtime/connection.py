"""One page's socket, from its hello to its end."""

import contextlib
import logging
from time import monotonic

import gevent
from simple_websocket import ConnectionClosed, Server
from wsproto.utilities import LocalProtocolError

from app.platform.realtime import frames, messages, metrics, tickets
from app.platform.realtime.bucket import Bucket
from app.platform.realtime.codes import Close
from app.platform.realtime.hub import Hub
from app.platform.realtime.messages import NotUnderstood
from app.platform.realtime.tickets import Ticket
from app.platform.realtime.topics import Term
from app.platform.realtime.wire import TooSlow, Wire

log = logging.getLogger(__name__)

# These happen to all at once; the log has better things to tell.
UNTOLD = {Close.GOING_AWAY, Close.TRY_AGAIN}


class Connection:
    __slots__ = (
        "_closing", "_correlation_id", "_hub", "_messages", "_secret_key", "_wire", "_ws",
        "terms", "ticket", "topics",
    )  # fmt: skip

    ticket: Ticket
    # Of what the ticket names, what is heard.
    topics: tuple[str, ...]
    terms: tuple[Term, ...]

    def __init__(self, ws: Server, hub: Hub, secret_key: str, correlation_id: str) -> None:
        # What was sent before was the handshake, a few bytes into an empty buffer.
        ws.sock = self._wire = Wire(ws.sock, hub.limits)
        self._ws = ws
        self._hub = hub
        self._secret_key = secret_key
        self._correlation_id = correlation_id
        self._messages = Bucket(hub.limits.messages, hub.limits.messages_per)
        self._closing = False

    def serve(self) -> None:
        """Until one side ends it."""
        ticket = self._hello()
        if ticket is None:
            self.close(Close.NO_TICKET)
            return
        if refusal := self._hub.refusal(ticket):
            self.close(refusal)
            return
        self._begin(ticket)
        try:
            while True:
                self._hear(self._ws.receive())
        finally:
            self._hub.remove(self)

    def send(self, frame: bytes) -> None:
        try:
            self._wire.send(frame)
        except TooSlow:
            self.close(Close.TOO_SLOW)
        except OSError:
            return  # gone; whoever reads here finds out and cleans up

    def close(self, why: Close) -> None:
        if self._closing:
            return
        self._closing = True
        self._note(why)
        self._wire.forget_waiting()
        with contextlib.suppress(ConnectionClosed, LocalProtocolError, OSError):
            if why is Close.ENDED:
                self._wire.send(messages.ENDED)
            self._ws.close(why.code, why.reason)
        self._ws.event.set()
        gevent.spawn_later(self._hub.limits.close_within, self._wire.abort)

    def wait_for_end(self) -> None:
        """Until the reader has let go of the socket; gevent's server would read on in it."""
        self._ws.thread.join()

    def check(self) -> None:
        """Still there?"""
        if monotonic() - self._wire.heard_at > self._hub.limits.idle_after:
            self.close(Close.IDLE)
        else:
            with contextlib.suppress(OSError):
                self._wire.send(frames.PING)

    def _note(self, why: Close) -> None:
        metrics.closes.labels(str(why.code)).inc()
        if why not in UNTOLD:
            log.info("socket closed", extra={"code": why.code, "correlation_id": self._correlation_id})

    def _hello(self) -> Ticket | None:
        first = self._ws.receive(timeout=self._hub.limits.hello_within)
        try:
            message = messages.parse(first or "")
        except NotUnderstood:
            return None
        return self._read_ticket(message) if message.get("type") == "hello" else None

    def _hear(self, data: str | bytes) -> None:
        metrics.messages.labels("in").inc()
        if not self._messages.take():
            self.close(Close.TOO_MANY)
            return
        try:
            message = messages.parse(data)
        except NotUnderstood:
            self.close(Close.NOT_UNDERSTOOD)
            return
        if message.get("type") == "subscribe":
            self._subscribe(self._read_ticket(message))
        else:
            self.close(Close.NOT_UNDERSTOOD)

    def _subscribe(self, ticket: Ticket | None) -> None:
        """The page shows other things now: a fresh ticket names all its topics."""
        if ticket is None or ticket.session_id != self.ticket.session_id:
            self.close(Close.NO_TICKET)
            return
        self._hub.remove(self)
        self._begin(ticket)

    def _begin(self, ticket: Ticket) -> None:
        self.ticket, self.topics, self.terms = ticket, ticket.topics, ticket.terms
        held_back = self._hub.held_back(ticket) if ticket.terms else set()
        self._keep(held_back)
        self._hub.add(self)
        self.send(messages.ready(self.topics))
        metrics.messages.labels("out").inc()
        if held_back:
            self.send(messages.withdrawn(held_back))

    def lose(self, topics: set[str]) -> None:
        """Those it hears no longer."""
        if topics:
            self._keep(topics)
            self.send(messages.withdrawn(topics))

    def _keep(self, but: set[str]) -> None:
        if but:
            self.topics = tuple(topic for topic in self.topics if topic not in but)
            self.terms = tuple(term for term in self.terms if term.topic not in but)

    def _read_ticket(self, message: dict[str, object]) -> Ticket | None:
        text = message.get("ticket")
        return tickets.read(text, self._secret_key) if isinstance(text, str) else None
