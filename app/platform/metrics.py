"""What Prometheus reads: requests, counted as they happen; the rest, asked by one query at the scrape."""

import os
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Flask, current_app
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client import generate_latest as render
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy import Engine, Row, TextClause, event, text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from app.extensions import db
from app.kit import clock
from app.platform.cache import cache
from app.platform.errors import NotFound
from app.platform.guards import Access, guard
from app.platform.machines import from_this_machine, shows_token
from app.platform.work import QUEUES

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
# A client may send any word as its method; each would be a series of its own.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REQUESTS = Counter("fanlight_requests", "Requests answered.", ["endpoint", "method", "status"])
SECONDS = Histogram("fanlight_request_seconds", "Time to an answer.", ["endpoint"], buckets=BUCKETS)
POOL = Gauge(
    "fanlight_database_connections_in_use", "Connections taken out of the pool.", multiprocess_mode="livesum"
)

FIGURES = text("""
    with late as (
      select due_at from work_items
      where due_at <= :now and (state = 'due' or (state = 'running' and leased_until < clock_timestamp()))
    )
    select
      (select count(*) from late) as fanlight_work_due,
      (select coalesce(extract(epoch from :now - min(due_at)), 0)::float from late)
        as fanlight_work_oldest_due_seconds,
      (select count(*) from work_items
       where state = 'failed' and finished_at > :now - interval '1 day') as fanlight_work_failed_last_day,
      (select coalesce(extract(epoch from :now - min(at)), 0)::float from outbox
       where delivered_at is null) as fanlight_outbox_oldest_seconds,
      (select count(*) from mails
       where state = 'failed' and created_at > :now - interval '1 day') as fanlight_mails_failed_last_day
""")

FIGURES_PLACE = "fanlight.figures"

bp = Blueprint("metrics", __name__)
_series: dict[tuple[str, str, int], Any] = {}
_timings: dict[str, Any] = {}


def init_metrics(app: Flask) -> None:
    app.register_blueprint(bp)
    app.extensions[FIGURES_PLACE] = [FIGURES]
    with app.app_context():
        _watch_pool(db.engine)


def tell(app: Flask, figures: TextClause) -> None:
    """A feature's own figures: one row, its columns named as they are told; `:now` is the house's clock."""
    app.extensions[FIGURES_PLACE].append(figures)


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
    """What does not belong to a process: asked once a scrape, whichever process answers it."""

    def collect(self) -> Iterator[Metric]:
        yield from (GaugeMetricFamily(name, name, value=value) for name, value in _figures().items())
        lengths = GaugeMetricFamily("fanlight_queue_length", "Jobs that wait in Redis.", labels=["queue"])
        for queue, length in _lengths().items():
            lengths.add_metric([queue], length)
        yield lengths


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


def _figures() -> dict[str, float]:
    """Without the database there are none; the requests are still told."""
    try:
        rows = [_asked(figures) for figures in current_app.extensions[FIGURES_PLACE]]
    except SQLAlchemyError:
        return {}
    return {name: float(value) for row in rows for name, value in row._mapping.items() if value is not None}


def _asked(figures: TextClause) -> Row[Any]:
    return db.session.execute(figures, {"now": clock.now()}).one()


def _lengths() -> dict[str, int]:
    def ask(client: Any) -> list[int]:
        with client.pipeline(transaction=False) as pipe:
            for queue in QUEUES:
                pipe.llen(f"rq:queue:{queue}")
            return list(pipe.execute())

    nothing: list[int] = []
    return dict(zip(QUEUES, cache().attempt(ask, nothing), strict=False))


def _watch_pool(engine: Engine) -> None:
    # A set and not a count: a connection that broke is handed back more than once.
    taken: set[int] = set()

    def out(_: object, record: object, __: object) -> None:
        taken.add(id(record))
        POOL.set(len(taken))

    def back(_: object, record: object) -> None:
        taken.discard(id(record))
        POOL.set(len(taken))

    event.listen(engine, "checkout", out)
    event.listen(engine, "checkin", back)
