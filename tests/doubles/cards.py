"""The card processor's double as a process, and somebody who hears what it tells."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from json import dumps, loads
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import stripe

from tests.support import eventually, free_port

KEY = "sk_test_play_money"
SECRET = "whsec_that_only_tests_know"
GOOD = "4242424242424242"
ASKS_ONCE = "4000002500003155"
ASKS_ALWAYS = "4000002760003184"
DECLINED = "4000000000000002"
NO_FUNDS = "4000000000009995"
DECLINED_LATER = "4000000000000341"
DISPUTED = "4000000000000259"
REFUND_FAILS = "4000000000005423"
BANK_HONOURS = "000123456789"
BANK_REFUSES = "000111111116"

Hear = Callable[[bytes, str], int]


@dataclass(frozen=True)
class Told:
    """One delivery, as it came."""

    payload: bytes
    signature: str

    @property
    def event(self) -> dict[str, Any]:
        return dict(loads(self.payload))


@dataclass
class Listener:
    """Where events are told. It answers 200, or what `hear` says, and remembers all."""

    hear: Hear = lambda _payload, _signature: 200
    told: list[Told] = field(default_factory=list)

    def take(self, payload: bytes, signature: str) -> int:
        self.told.append(Told(payload, signature))
        return self.hear(payload, signature)

    def kinds(self) -> list[str]:
        return [str(each.event["type"]) for each in self.told]

    def wait_for(self, kind: str, subject: str = "", *, times: int = 1) -> dict[str, Any]:
        """The newest event of this kind, about this object, once it came so often."""

        def found() -> list[dict[str, Any]]:
            events = [each.event for each in self.told]
            matching = [e for e in events if e["type"] == kind]
            matching = [e for e in matching if not subject or e["data"]["object"]["id"] == subject]
            return matching if len(matching) >= times else []

        return eventually(found)[-1]


@contextmanager
def listening(listener: Listener) -> Iterator[str]:
    """Its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            payload = self.rfile.read(length)
            if len(payload) < length:  # whoever told it was killed in the middle of it
                return
            self.send_response(listener.take(payload, self.headers["Stripe-Signature"]))
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quietly."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/webhooks/stripe"
        finally:
            server.shutdown()
            thread.join()


@dataclass(frozen=True)
class Visit:
    """What a page answered, and where it sent its reader."""

    status: int
    location: str
    text: str


class CardsDouble:
    """The process, and `listener`, who hears it. `settle_days`: until a charge's money is available."""

    key = KEY
    secret = SECRET

    def __init__(
        self,
        folder: Path,
        listener: Listener,
        webhook_url: str,
        *,
        settle_days: float = 0,
        clock_file: Path | None = None,
    ) -> None:
        self.listener = listener
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._folder = folder
        self._settle_days = settle_days
        self._environment = {
            **os.environ,
            "STRIPE_WEBHOOK_SECRET": SECRET,
            "STRIPE_PAGE_BASE": self.url,
            "WEBHOOK_URL": webhook_url,
            "CLOCK_FILE": str(clock_file or ""),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "workers.doubles.cards", "--port", str(self.port)]
        command += ["--state", str(self._folder), "--settle-days", str(self._settle_days)]
        with (self._folder / "cards.log").open("ab") as log:
            self._process = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)
        eventually(lambda: self.visit("/healthz").status == 200)

    def kill(self) -> None:
        """What a crash does."""
        self._end(signal.SIGKILL)

    def kill_while(self, act: Callable[[], object], after: Callable[[], bool]) -> None:
        """Kill it in the middle of what somebody does again and again, once enough was done."""

        def strike() -> None:
            eventually(after)
            self.kill()

        killer = threading.Thread(target=strike)
        killer.start()
        with contextlib.suppress(stripe.APIConnectionError):
            while True:
                act()
        killer.join()

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def client(self, *, retries: int = 0) -> stripe.StripeClient:
        """The real client, pointed here; it tries once, so that faults show."""
        return stripe.StripeClient(self.key, base_addresses={"api": self.url}, max_network_retries=retries)

    def visit(self, address: str, form: dict[str, str] | None = None, *, origin: str = "") -> Visit:
        """One page as a browser gets it, or one form as it sends it, without following where it leads."""
        there = urlsplit(address)
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if form is not None else {}
        headers |= {"Origin": origin} if origin else {}
        path = f"{there.path}?{there.query}" if there.query else there.path
        body = urlencode(form) if form is not None else None
        with self._ask("GET" if form is None else "POST", path, body, headers) as response:
            return Visit(response.status, response.headers.get("Location", ""), response.read().decode())

    def pay(
        self,
        url: str,
        card: str = GOOD,
        *,
        email: str = "fan@example.org",
        country: str = "",
        approve: bool = True,
    ) -> Visit:
        """Pay on a session's page with this card (or saved method), and answer the bank when it asks."""
        assert self.visit(url).status == 200
        visit = self.visit(url, {"method": card, "email": email, "country": country})
        if "/c/confirm/" in visit.location:
            visit = self.answer(visit.location, approve=approve)
        return visit

    def answer(self, url: str, *, approve: bool) -> Visit:
        """Press a button on the bank's page."""
        assert "Is it you?" in self.visit(url).text
        secret = dict(parse_qsl(urlsplit(url).query))["secret"]
        return self.visit(url, {"secret": secret, "answer": "approve" if approve else "fail"})

    def onboard(self, url: str, outcome: str = "complete") -> Visit:
        """Go through a creator's onboarding: complete, open, failing_bank or later."""
        seen = self.visit(url)
        return self.visit(url, {"outcome": outcome}) if seen.status == 200 else seen

    def fault(self, verb: str, kind: str, *, times: int = 1, seconds: float = 0) -> None:
        """Have something go wrong; `verb` is as payment_intents.create, or webhooks."""
        self.control("faults", {"verb": verb, "kind": kind, "times": times, "seconds": seconds})

    def tick(self) -> None:
        """Have done now what fell due by the clock."""
        self.control("tick")

    def control(self, path: str, body: dict[str, object] | None = None) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        with self._ask("POST", f"/_double/{path}", dumps(body or {}), headers) as response:
            answer = dict(loads(response.read()))
        assert response.status == 200, answer
        return answer

    def state(self) -> dict[str, Any]:
        return dict(loads(self.visit("/_double/state").text))

    @contextmanager
    def _ask(
        self, method: str, path: str, body: str | None, headers: dict[str, str]
    ) -> Iterator[HTTPResponse]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, headers)
            yield connection.getresponse()
        finally:
            connection.close()

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(20)
            self._process = None


@contextmanager
def cards_double(
    folder: Path, listener: Listener | None = None, *, settle_days: float = 0, clock_file: Path | None = None
) -> Iterator[CardsDouble]:
    """A running double that tells the listener."""
    listener = listener or Listener()
    with listening(listener) as webhook_url:
        double = CardsDouble(folder, listener, webhook_url, settle_days=settle_days, clock_file=clock_file)
        double.start()
        try:
            yield double
        finally:
            double.stop()
