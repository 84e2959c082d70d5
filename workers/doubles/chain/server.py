"""HTTP in front of the chain: JSON-RPC at `/`, the play wallet's pages, the switches of tests."""

import json
import logging
import re
import signal
import socket
import threading
from typing import Any

from flask import Flask, Response, current_app, g, request
from waitress.server import create_server

from workers.doubles.chain import control, pages, rpc, rpc_accounts, rpc_cluster, rpc_transactions
from workers.doubles.chain.chain import Chain
from workers.doubles.chain.faults import OF_CALLS, Fault
from workers.doubles.chain.rpc import NODE_BEHIND, RpcError

# They fill the table of methods when they are imported.
METHOD_MODULES = (rpc_accounts, rpc_cluster, rpc_transactions)
THREADS = 8
SIGNATURE = re.compile(r'"[1-9A-HJ-NP-Za-km-z]{80,90}"')
MOST_BODY = 1024 * 1024

log = logging.getLogger("chain")


def make_app(chain: Chain) -> Flask:
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BODY
    app.extensions["chain"] = chain
    app.register_blueprint(control.blueprint)
    app.register_blueprint(pages.blueprint)
    app.add_url_rule("/", view_func=_rpc, methods=["POST", "OPTIONS"], provide_automatic_options=False)
    app.before_request(_use_chain)
    app.after_request(_allow_other_pages)
    return app


def _use_chain() -> None:
    g.chain = current_app.extensions["chain"]


def _rpc() -> Response:
    if request.method == "OPTIONS":
        return Response(status=204)
    try:
        asked = json.loads(request.get_data())
    except ValueError:
        return _said({"jsonrpc": "2.0", "error": RpcError(rpc.PARSE_ERROR, "Parse error").json(), "id": None})
    with g.chain.alone():
        fault = g.chain.faults.take(OF_CALLS, _first_method(asked))
        refused = _refused(fault, asked)
        if refused:
            return refused
        behind = fault.slots if fault and fault.kind == "stale" else 0
        whole = asked if isinstance(asked, list) else [asked]
        answers = [rpc.answer(g.chain, one, behind) for one in whole]
    if fault and fault.kind == "timeout_after":
        return _cut_off(fault)
    if fault and fault.kind == "malformed":
        answers = [{**one, "result": {"nobody": "expects this"}} for one in answers]
    said = _said(answers if isinstance(asked, list) else answers[0])
    if fault and fault.kind == "garbled":
        said.set_data(SIGNATURE.sub('"unreadable"', said.get_data(as_text=True)))
    return said


def _first_method(asked: Any) -> str:
    first = asked[0] if isinstance(asked, list) and asked else asked
    return str(first.get("method", "")) if isinstance(first, dict) else ""


def _refused(fault: Fault | None, asked: Any) -> Response | None:
    """Before anything was done."""
    request_id = asked.get("id") if isinstance(asked, dict) else None
    if fault and fault.kind == "rpc_behind":
        error = RpcError(
            NODE_BEHIND, f"Node is behind by {fault.slots} slots", {"numSlotsBehind": fault.slots}
        )
        return _said({"jsonrpc": "2.0", "error": error.json(), "id": request_id})
    if fault and fault.kind == "rpc_error_429":
        error = RpcError(429, "Too many requests for a specific RPC call")
        refused = _said({"jsonrpc": "2.0", "error": error.json(), "id": request_id}, 429)
        refused.headers["Retry-After"] = "1"
        return refused
    if fault and fault.kind == "rpc_error_500":
        return Response("upstream error", 503)
    return None


def _cut_off(fault: Fault) -> Response:
    """It was done. The line breaks off before the answer: that promises more than it sends."""
    threading.Event().wait(fault.seconds)
    cut_off = Response(b"{", content_type="application/json")
    cut_off.headers["Content-Length"] = "2"
    return cut_off


def _said(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")


def _allow_other_pages(response: Response) -> Response:
    """Any page may speak to the chain, as to a public node; not to the switches."""
    if request.path == "/":
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Allow-Methods"] = "POST, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = (
            request.headers.get("Access-Control-Request-Headers") or "Content-Type"
        )
        response.headers["Access-Control-Max-Age"] = "600"
    return response


def serve(chain: Chain, sockets: list[socket.socket]) -> None:
    """Until SIGTERM or SIGINT."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    app = make_app(chain)
    server = create_server(
        app, sockets=sockets, threads=THREADS, ident=None, clear_untrusted_proxy_headers=True
    )

    def stop(*_: object) -> None:
        raise SystemExit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    try:
        server.run()
    finally:
        chain.store.close()
