"""Each request is measured once; the log and the metrics are told."""

from time import perf_counter

from flask import Flask, g
from htmx_flask import request
from werkzeug.wrappers import Response

from app.platform import logs, metrics
from app.platform.watching import statements

UNMATCHED = "unmatched"


def init_observing(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.began = perf_counter()
    statements.begin()


def _end(response: Response) -> Response:
    seconds = perf_counter() - g.get("began", perf_counter())
    asked = request._get_current_object()  # once: each look through the proxy takes its time
    rule, method, status = asked.url_rule, asked.method, response.status_code
    endpoint, route = (rule.endpoint, rule.rule) if rule else (UNMATCHED, UNMATCHED)
    metrics.count_request(endpoint, method, status, seconds)
    statements.end(endpoint)
    logs.access(endpoint, method, route, status, seconds)
    return response
