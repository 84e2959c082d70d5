"""What Prometheus reads: requests, counted as they happen; the rest, looked at when somebody asks."""

import os
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Flask
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry
from prometheus_client import generate_latest as render
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy import TextClause
from werkzeug.wrappers import Response

from app.extensions import db
from app.platform.errors import NotFound
from app.platform.guards import Access, guard
from app.platform.machines import from_this_machine, shows_token
from app.platform.settings import settings
from app.platform.watching import statements
from app.platform.watching.counters import REQUESTS, SECONDS
from app.platform.watching.figures import COUNTED, figures, init_figures, look
from app.platform.watching.house import init_house
from app.platform.watching.pool import watch_pool

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
# A client may send any word as its method; each would be a series of its own.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

bp = Blueprint("metrics", __name__)
_series: dict[tuple[str, str, int], Any] = {}
_timings: dict[str, Any] = {}


def init_metrics(app: Flask) -> None:
    app.register_blueprint(bp)
    init_figures(app)
    init_house(app)
    with app.app_context():
        watch_pool(db.engine)
        statements.init_statements(settings())


def tell(app: Flask, statement: TextClause, **given: Any) -> None:
    """A feature's own figures (watching/figures.py says in which shape); a value may be a function."""
    figures(app).statements.append((statement, given))


def count_request(endpoint: str, method: str, status: int, seconds: float) -> None:
    key = endpoint, method, status // 100
    if (counter := _series.get(key)) is None:
        kind = method if method in METHODS else "other"
        counter = REQUESTS.labels(endpoint, kind, f"{key[2]}xx")
        if kind == method:
            _series[key] = counter
    if (timing := _timings.get(endpoint)) is None:
        timing = _timings[endpoint] = SECONDS.labels(endpoint)
    counter.inc()
    timing.observe(seconds)


@bp.get("/metrics")
@guard(Access.MACHINE, limit=None)
def metrics() -> Response:
    if not (from_this_machine() or shows_token()):
        raise NotFound
    response = Response(render(_registry()) + render(_house()), content_type=CONTENT_TYPE_LATEST)
    response.headers["Cache-Control"] = "no-store"
    return response


class House:
    """What does not belong to a process: whichever answers."""

    def collect(self) -> Iterator[Metric]:
        for name, series in look().samples.items():
            labels = sorted({label for known in series for label, _ in known})
            kind = CounterMetricFamily if name.endswith(COUNTED) else GaugeMetricFamily
            family = kind(name, name, labels=labels)
            for known, value in series.items():
                family.add_metric([dict(known)[label] for label in labels], value)
            yield family


def _registry() -> CollectorRegistry:
    if MULTIPROCESS not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


def _house() -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(House())
    return registry
