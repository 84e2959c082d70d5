"""For tests and demonstrations on this machine: what goes wrong, and what happens now instead of later."""

import ipaddress
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request

from workers.doubles.cards import balance, deliveries, disputes, due, faults, paying, payouts, refunds
from workers.doubles.cards.errors import ApiError, Body
from workers.doubles.cards.store import Books, Store, shown

Action = Callable[..., Body]


class Control:
    def __init__(self, store: Store, wake: Callable[[], None]) -> None:
        self._store = store
        self._wake = wake

    def blueprint(self) -> Blueprint:
        routes = Blueprint("control", __name__, url_prefix="/_double")
        actions: dict[str, Action] = {
            "/faults": _plan,
            "/faults/clear": _clear,
            "/dispute/<key>": _dispute,
            "/dispute/<key>/close": _close_dispute,
            "/async/<key>": _bank_answers,
            "/refund/<key>/fail": _fail_refund,
            "/events/resend/<key>": _resend,
            "/payout": _payout,
            "/topup": _topup,
            "/tick": _tick,
        }
        for path, action in actions.items():
            routes.add_url_rule(path, path, self._view(action), methods=["POST"])
        routes.add_url_rule("/state", "state", self._view(_state))
        routes.before_request(_only_here)
        return routes

    def _view(self, action: Action) -> Any:
        def view(**path: str) -> Response:
            try:
                with self._store.books() as books:
                    answer = action(books, **path)
            except ApiError as refused:
                response = jsonify(refused.body)
                response.status_code = refused.status
                return response
            self._wake()
            return jsonify(answer)

        return view


def _only_here() -> None:
    """This machine's programs, and no page in a browser."""
    here = ipaddress.ip_address(request.remote_addr or "0.0.0.0").is_loopback  # noqa: S104 - asked, not listened on
    if not here or "Origin" in request.headers:
        abort(403)


def _plan(books: Books) -> Body:
    asked = request.get_json()
    verb, kind = str(asked["verb"]), str(asked["kind"])
    allowed = faults.WEBHOOKS if verb.startswith("webhooks") else (*faults.BEFORE, *faults.AFTER)
    if kind not in allowed:
        raise ApiError(f"For {verb} there are these faults: {', '.join(allowed)}.")
    faults.plan(books.sql, verb, kind, int(asked.get("times", 1)), float(asked.get("seconds", 0)))
    return {"planned": kind}


def _clear(books: Books) -> Body:
    books.sql.execute("delete from faults")
    return {"planned": None}


def _dispute(books: Books, key: str) -> Body:
    return shown(disputes.begin(books, books.get("charge", key), request.args.get("reason", "fraudulent")))


def _close_dispute(books: Books, key: str) -> Body:
    return shown(disputes.close(books, books.get("dispute", key), won=_yes("won")))


def _bank_answers(books: Books, key: str) -> Body:
    paying.bank_answered(books, books.get("payment_intent", key), honoured=_yes("ok"))
    return shown(books.get("payment_intent", key))


def _fail_refund(books: Books, key: str) -> Body:
    refunds.fail(books, books.get("refund", key))
    return shown(books.get("refund", key))


def _resend(books: Books, key: str) -> Body:
    event = books.peek(key)
    if event is None or event["object"] != "event":
        abort(404)
    deliveries.queue(books, event, again=True)
    return {"resent": key}


def _payout(books: Books) -> Body:
    """An automatic payout now, of the platform or of `account`."""
    theirs = books.of(request.args.get("account", ""))
    return {"payouts": [shown(payout) for payout in payouts.pay_all(theirs)]}


def _topup(books: Books) -> Body:
    asked = request.get_json()
    source = {"id": f"tu_{books.now}", "currency": str(asked.get("currency", "usd")), "description": "Top-up"}
    return shown(balance.book(books, "topup", int(asked["amount"]), source))


def _tick(books: Books) -> Body:
    """Do what fell due by the clock, and try again at once what the webhook did not take."""
    done = due.work_off(books)
    books.sql.execute("update deliveries set due = 0 where attempts > 0")
    return {"done": done, "now": books.now}


def _state(books: Books) -> Body:
    counts = books.sql.execute("select kind, count(*) from objects group by kind order by kind")
    tasks = books.sql.execute("select due, name, subject from tasks order by due")
    waiting = books.sql.execute("select event, attempts from deliveries order by place")
    planned = books.sql.execute("select verb, kind, times from faults where times > 0 order by id")
    return {
        "now": books.now,
        "objects": dict(counts),
        "tasks": [{"due": row[0], "name": row[1], "subject": row[2]} for row in tasks],
        "waiting": [{"event": row[0], "attempts": row[1]} for row in waiting],
        "faults": [{"verb": row[0], "kind": row[1], "times": row[2]} for row in planned],
    }


def _yes(name: str) -> bool:
    return request.args.get(name, "").lower() in {"1", "true", "yes"}
