"""What belongs to no process, whichever of them is asked: one look at the database and the machine.

    metrics.tell(app, text("select queue, count(*) as fanlight_things from ... group by queue"))

Columns named fanlight_* are values (counters where the name ends in _total), all others are labels. A
statement gets `:now` and the first ids of the last `:minutes` (five), `:hour` and `:day`; its rows have to be
found by an index. A look is kept for ten seconds by each process, so that who asks often costs little; no
statement takes longer than two seconds, all of them five. What fails is left out, and counted.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from typing import Any

from flask import Flask, current_app
from sqlalchemy import Connection, TextClause, select
from sqlalchemy.exc import SQLAlchemyError

from app.kit import clock
from app.kit.ids import first_of
from app.platform.database import DOOR, PROBE, looking_at

log = logging.getLogger(__name__)

KEPT_SECONDS = 10.0
ALL_WITHIN_SECONDS = 5.0
PREFIX, COUNTED = "fanlight_", "_total"
PLACE = "fanlight.figures"

Labels = tuple[tuple[str, str], ...]
Sample = tuple[str, Labels, float]
# What no statement tells: of the machine, of Redis, of the connection that is asked over.
Measure = Callable[[], Iterable[Sample]]
MeasureDatabase = Callable[[Connection], Iterable[Sample]]


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen at one moment."""

    samples: dict[str, dict[Labels, float]]

    def value(self, name: str, **labels: str) -> float | None:
        return self.samples.get(PREFIX + name, {}).get(tuple(sorted(labels.items())))

    def of(self, name: str) -> list[tuple[dict[str, str], float]]:
        return [(dict(labels), value) for labels, value in self.samples.get(PREFIX + name, {}).items()]


@dataclass(slots=True)
class Figures:
    statements: list[tuple[TextClause, dict[str, Any]]] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    database: list[MeasureDatabase] = field(default_factory=list)
    kept: Look | None = None
    until: float = 0.0
    one_at_a_time: threading.Lock = field(default_factory=threading.Lock)


def init_figures(app: Flask) -> None:
    app.extensions[PLACE] = Figures()
    app.extensions.update(looking_at(app.extensions["fanlight.settings"]))


def figures(app: Flask) -> Figures:
    found = app.extensions[PLACE]
    assert isinstance(found, Figures)
    return found


def look() -> Look:
    """As it was ten seconds ago at most."""
    known = figures(current_app)
    with known.one_at_a_time:
        if known.kept is None or monotonic() >= known.until:
            known.kept = _look(known)
            known.until = monotonic() + KEPT_SECONDS
        return known.kept


def forget(app: Flask) -> None:
    figures(app).kept = None


def _look(known: Figures) -> Look:
    began, seen = monotonic(), dict[str, dict[Labels, float]]()
    failed = 0
    for measure in known.measures:
        _add(seen, measure())
    try:
        with current_app.extensions[PROBE].connect() as connection:
            failed = _ask(known, connection, seen, began + ALL_WITHIN_SECONDS)
            up = _by_the_door()
    except SQLAlchemyError as error:
        log.warning("no figures without the database", extra={"error": type(error).__name__})
        up = False
    _add(
        seen,
        [
            (f"{PREFIX}database_up", (), float(up)),
            (f"{PREFIX}figures_failed", (), failed),
            (f"{PREFIX}figures_seconds", (), monotonic() - began),
        ],
    )
    return Look(seen)


def _by_the_door() -> bool:
    """Whether visitors' requests reach the database too, where they come by a pooler."""
    door = current_app.extensions[DOOR]
    if door is current_app.extensions[PROBE]:
        return True
    with door.connect() as connection:
        return bool(connection.scalar(select(1)))


def _ask(
    known: Figures, connection: Connection, seen: dict[str, dict[Labels, float]], deadline: float
) -> int:
    at, failed = clock.now(), 0
    usual = {"now": at, "minutes": first_of(at - timedelta(minutes=5))}
    usual |= {"hour": first_of(at - timedelta(hours=1)), "day": first_of(at - timedelta(days=1))}
    asks: list[MeasureDatabase] = [*known.database, *(_reading(one, usual) for one in known.statements)]
    for ask in asks:
        try:
            if monotonic() > deadline:
                raise TimeoutError
            _add(seen, ask(connection))
        except (SQLAlchemyError, TimeoutError) as error:
            failed += 1
            log.warning("a figure is missing", extra={"error": type(error).__name__, "figure": _name(ask)})
    return failed


def _reading(one: tuple[TextClause, dict[str, Any]], usual: dict[str, Any]) -> MeasureDatabase:
    statement, own = one
    wanted = statement.compile().params.keys()

    def read(connection: Connection) -> Iterator[Sample]:
        known = {name: value for name, value in (usual | own).items() if name in wanted}
        given = {name: value() if callable(value) else value for name, value in known.items()}
        for row in connection.execute(statement, given).mappings():
            labels = tuple(sorted((k, str(v)) for k, v in row.items() if not k.startswith(PREFIX)))
            for name, value in row.items():
                if name.startswith(PREFIX) and value is not None:
                    yield name, labels, float(value)

    read.__name__ = next((word for word in str(statement).split() if word.startswith(PREFIX)), "figure")
    return read


def _name(ask: MeasureDatabase) -> str:
    return getattr(ask, "__name__", "figure").strip("_,")


def _add(seen: dict[str, dict[Labels, float]], samples: Iterable[Sample]) -> None:
    for name, labels, value in samples:
        seen.setdefault(name, {})[labels] = value
