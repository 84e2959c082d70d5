"""The HTTP side of the verbs: who asks, once only, with what, and what comes back."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Blueprint, Response, request

# Each registers its verbs.
from workers.doubles.cards import (
    accounts,
    balance,
    charges,
    customers,
    disputes,
    due,
    events,
    faults,
    payment_intents,
    payment_methods,
    payouts,
    refunds,
    sessions,
    setup_intents,
    tax,
    transfers,
)
from workers.doubles.cards.connection import hang_up
from workers.doubles.cards.errors import ApiError, Body, no_access
from workers.doubles.cards.expand import expand
from workers.doubles.cards.faults import Fault
from workers.doubles.cards.params import Params, decode
from workers.doubles.cards.store import API_VERSION, Books, Store, random_text, shown
from workers.doubles.cards.verbs import VERBS, Verb

MODULES = (
    accounts,
    balance,
    charges,
    customers,
    disputes,
    events,
    payment_intents,
    payment_methods,
    payouts,
    refunds,
    sessions,
    setup_intents,
    tax,
    transfers,
)
DAY = 86_400
LONGEST_KEY = 255
TROUBLE: Body = {"error": {"type": "api_error", "message": "Something went wrong on our side."}}
TOO_MANY: Body = {
    "error": {"type": "invalid_request_error", "code": "rate_limit", "message": "Too many requests."}
}


class Api:
    def __init__(self, store: Store, wake: Callable[[], None]) -> None:
        self._store = store
        self._wake = wake
        self._running: set[tuple[str, str]] = set()
        self._turn = threading.Lock()

    def blueprint(self) -> Blueprint:
        routes = Blueprint("api", __name__)
        for verb in VERBS:
            routes.add_url_rule(
                verb.path, verb.name.replace(".", "_"), self._view(verb), methods=[verb.method]
            )
        routes.add_url_rule("/v1/<path:rest>", "unknown", _unknown, methods=["GET", "POST", "DELETE"])
        return routes

    def _view(self, verb: Verb) -> Any:
        def view(**path: str) -> Response:
            call = Call(verb, path)
            try:
                call.check()
                with self._alone(call):
                    status, body = self._answer(call)
            except ApiError as refused:
                status, body = refused.status, refused.body
            self._wake()
            if call.fault:
                status, body = _afterwards(call.fault, status, body)
            return call.respond(status, body)

        return view

    @contextmanager
    def _alone(self, call: "Call") -> Iterator[None]:
        """Two calls with one key never run at once."""
        running = (call.account, call.key)
        if not call.key:
            yield
            return
        with self._turn:
            if running in self._running:
                raise ApiError(
                    f"Another request with the idempotency key {call.key} is still running.",
                    status=409,
                    code="idempotency_key_in_use",
                )
            self._running.add(running)
        try:
            yield
        finally:
            self._running.discard(running)

    def _answer(self, call: "Call") -> tuple[int, Body]:
        fault = self._fault(call.verb)
        if fault and fault.kind == "drop_before":
            hang_up(fault.seconds)
        if fault and fault.kind == "error_500":
            return 500, TROUBLE
        if fault and fault.kind == "rate_limit":
            return 429, TOO_MANY
        call.fault = fault
        with self._store.books(call.account, call.id, call.key) as books:
            due.work_off(books)
            if earlier := call.earlier(books):
                return earlier
            status, body = call.run(books)
            call.remember(books, status, body)
            return status, body

    def _fault(self, verb: Verb) -> Fault | None:
        with self._store.transaction() as sql:
            return faults.take(sql, verb.name, "*")


class Call:
    """One request."""

    def __init__(self, verb: Verb, path: dict[str, str]) -> None:
        self.verb = verb
        self.path = path
        self.id = f"req_{random_text(14)}"
        self.key = request.headers.get("Idempotency-Key", "") if verb.method != "GET" else ""
        self.account = request.headers.get("Stripe-Account", "")
        self.fault: Fault | None = None
        self._executed = True
        self._original = ""
        given = request.args if verb.method == "GET" else request.form
        self._pairs = list(given.items(multi=True))

    def check(self) -> None:
        """Whether we talk to them at all."""
        secret = request.authorization.token if request.authorization else None
        if request.authorization and request.authorization.type == "basic":
            secret = request.authorization.username
        if not secret or not secret.startswith("sk_test_"):
            raise ApiError("Invalid API Key provided: a test key (sk_test_...) is wanted.", status=401)
        if len(self.key) > LONGEST_KEY:
            raise ApiError(f"Idempotency keys have at most {LONGEST_KEY} characters.")

    def earlier(self, books: Books) -> tuple[int, Body] | None:
        """What was answered under this key within a day; other parameters are refused."""
        if not self.key:
            return None
        books.sql.execute("delete from answers where created < ?", (books.now - DAY,))
        row = books.sql.execute(
            "select fingerprint, status, body, request from answers where account = ? and key = ?",
            (self.account, self.key),
        ).fetchone()
        if row is None:
            return None
        if row[0] != self._fingerprint():
            raise ApiError(
                "Keys for idempotent requests can only be used with the parameters of their first use: "
                f"{self.key}",
                kind="idempotency_error",
            )
        self._original = row[3]
        return row[1], json.loads(row[2])

    def run(self, books: Books) -> tuple[int, Body]:
        try:
            with books.attempt():
                self._check_account(books)
                params = Params(decode(self._pairs))
                paths = params.texts("expand")
                try:
                    body = self.verb.handle(books, params, **self.path)
                except ApiError as refused:
                    if not refused.keep:
                        raise
                    return refused.status, refused.body
                params.finish()
                expand(books, body, paths)
                return 200, shown(body)
        except ApiError as refused:
            self._executed = refused.executed
            return refused.status, refused.body

    def remember(self, books: Books, status: int, body: Body) -> None:
        if self.key and self._executed:
            books.sql.execute(
                "insert into answers values (?, ?, ?, ?, ?, ?, ?)",
                (self.account, self.key, self._fingerprint(), status, json.dumps(body), self.id, books.now),
            )

    def respond(self, status: int, body: Body) -> Response:
        response = Response(json.dumps(body, indent=2), status, mimetype="application/json")
        response.headers["Request-Id"] = self.id
        response.headers["Stripe-Version"] = request.headers.get("Stripe-Version", API_VERSION)
        if self.key:
            response.headers["Idempotency-Key"] = self.key
        if self._original:
            response.headers["Idempotent-Replayed"] = "true"
            response.headers["Original-Request"] = self._original
        return response

    def _check_account(self, books: Books) -> None:
        known = not self.account or books.of("").peek(self.account)
        if not known:
            raise no_access(self.account)

    def _fingerprint(self) -> str:
        asked = [self.verb.method, request.path, *sorted(self._pairs)]
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def _afterwards(fault: Fault, status: int, body: Body) -> tuple[int, Body]:
    """Everything was done, and the other side does not hear of it."""
    if fault.kind == "timeout_after":
        hang_up(fault.seconds)
    return (500, TROUBLE) if fault.kind == "error_500_after" else (status, body)


def _unknown(rest: str) -> Response:
    refused = ApiError(f"Unrecognized request URL ({request.method}: /v1/{rest}).", status=404)
    return Response(json.dumps(refused.body), 404, mimetype="application/json")
