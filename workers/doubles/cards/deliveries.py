"""Telling the webhook: what waits to be told, in order, with faults on the way."""

import hashlib
import hmac
import http.client
import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.kit import clock
from workers.doubles.cards import faults
from workers.doubles.cards.errors import Body
from workers.doubles.cards.store import Books, Store, shown

log = logging.getLogger("cards")

# Seconds until the next try; the last one again and again.
PAUSES = (1, 2, 4, 8, 15, 30, 60, 120, 300)
ANSWER_WITHIN = 10
# Who held several back lets them go together, the last one first.
GATHERING = 1
LONGEST_REST = 1.0


def queue(books: Books, event: Body, *, again: bool = False) -> None:
    """Have an event told. Pauses go by this machine's own time, which nobody shifts."""
    fault = None if again else faults.take(books.sql, "webhooks", f"webhooks.{event['type']}")
    kind, seconds = (fault.kind, fault.seconds) if fault else ("", 0.0)
    due, place, copies = time.time(), None, 1
    if kind == "drop":
        return
    if kind == "delay":
        due += seconds
    if kind == "duplicate":
        copies = 2
    if kind == "reorder":
        due = float(int(due) + 1 + GATHERING)
    for _ in range(copies):
        cursor = books.sql.execute(
            "insert into deliveries (event, due, place, tamper) values (?, ?, 0, ?)",
            (event["id"], due, kind == "tamper"),
        )
        place = -float(cursor.lastrowid or 0) if kind == "reorder" else float(cursor.lastrowid or 0)
        books.sql.execute("update deliveries set place = ? where id = ?", (place, cursor.lastrowid))


@dataclass(frozen=True, slots=True)
class Delivery:
    id: int
    event: str
    attempts: int
    tamper: bool


class Teller(threading.Thread):
    """Posts what is due, one after the other, until told to stop."""

    def __init__(self, store: Store, url: str, secret: str) -> None:
        super().__init__(name="teller", daemon=True)
        self._store = store
        self._url = urlsplit(url)
        self._secret = secret.encode()
        self._wake = threading.Event()

    def wake(self) -> None:
        self._wake.set()

    def run(self) -> None:
        while True:
            self._wake.clear()
            for delivery in self._due():
                self._tell(delivery)
            self._wake.wait(self._rest())

    def _due(self) -> Iterator[Delivery]:
        """One at a time: a new one may have come before the rest."""
        while True:
            with self._store.transaction() as sql:
                row = sql.execute(
                    "select id, event, attempts, tamper from deliveries"
                    " where due <= ? order by place limit 1",
                    (time.time(),),
                ).fetchone()
            if row is None:
                return
            yield Delivery(row[0], row[1], row[2], bool(row[3]))

    def _rest(self) -> float:
        with self._store.transaction() as sql:
            (due,) = sql.execute("select min(due) from deliveries").fetchone()
        return LONGEST_REST if due is None else min(max(due - time.time(), 0.01), LONGEST_REST)

    def _tell(self, delivery: Delivery) -> None:
        with self._store.books() as books:
            event = books.peek(delivery.event) or {}
        told = self._post(shown(event), tamper=delivery.tamper)
        pause = PAUSES[min(delivery.attempts, len(PAUSES) - 1)]
        with self._store.books() as books:
            if told:
                books.sql.execute("delete from deliveries where id = ?", (delivery.id,))
                books.save(event | {"pending_webhooks": 0})
                return
            books.sql.execute(
                "update deliveries set due = ?, attempts = attempts + 1, tamper = 0 where id = ?",
                (time.time() + pause, delivery.id),
            )

    def _post(self, event: Body, *, tamper: bool) -> bool:
        """Whether the other side took it."""
        payload = json.dumps(event, indent=2).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(payload, self._secret),
            "User-Agent": "Stripe/1.0 (play money)",
        }
        if tamper:
            payload = payload.replace(b'"livemode": false', b'"livemode": true', 1)
        host, port = self._url.hostname or "127.0.0.1", self._url.port
        with closing(http.client.HTTPConnection(host, port, timeout=ANSWER_WITHIN)) as connection:
            try:
                connection.request("POST", self._url.path or "/", payload, headers)
                status = connection.getresponse().status
            except (OSError, http.client.HTTPException) as error:
                log.info("%s not told: %s", event.get("type"), error)
                return False
        log.info("%s told: %s", event.get("type"), status)
        return 200 <= status < 300


def signature(payload: bytes, secret: bytes, at: int = 0) -> str:
    """As `Stripe-Signature` has it, by the clock that everybody follows."""
    at = at or int(clock.now().timestamp())
    mac = hmac.new(secret, f"{at}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={at},v1={mac}"
