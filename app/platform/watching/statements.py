"""What requests ask of the database: counted for /metrics, and looked at while somebody develops.

A slow statement is logged as its shape, without any value. Where a request sends the same one again and again
(REPEATED_QUERIES), the log says which and how often: somebody asks for each row of a list.
"""

import logging
import re
import threading
from collections import Counter
from time import perf_counter
from typing import Any

from psycopg2.extensions import cursor

from app.config import Settings
from app.platform.watching.counters import QUERIES, QUERY_SECONDS, SLOW_QUERIES

log = logging.getLogger("fanlight.statements")

SHAPE_MAX = 600
MANY = re.compile(r"(%\(\w+\)s(?:::\w+)?)(?:\s*,\s*%\(\w+\)s(?:::\w+)?)+")
TEXT = re.compile(r"'(?:[^']|'')*'")
NUMBER = re.compile(r"(?<![\w$.])\d+(?:\.\d+)?\b")
SPACE = re.compile(r"\s+")


class Asked(threading.local):
    """What this thread asked since its request began."""

    count = 0
    seconds = 0.0
    sent: "Counter[str] | None" = None


class Limits:
    """In milliseconds and times; nothing where nobody wants to know."""

    slow: float = 0.0
    repeated: int = 0


_asked = Asked()
_limits = Limits()


def init_statements(settings: Settings) -> None:
    _limits.slow, _limits.repeated = settings.slow_milliseconds / 1000, settings.repeats


def begin() -> None:
    _asked.count, _asked.seconds = 0, 0.0
    _asked.sent = Counter() if _limits.repeated else None


def end(endpoint: str) -> None:
    if _asked.count:
        QUERIES.inc(_asked.count)
        QUERY_SECONDS.inc(_asked.seconds)
    if not _asked.sent:
        return
    for statement, times in _asked.sent.items():
        if times >= _limits.repeated:
            facts = {"statement": shape(statement), "times": times, "endpoint": endpoint}
            log.warning("the same statement again and again", extra=facts)
    _asked.sent = None


def note(query: str | bytes, seconds: float) -> None:
    _asked.count += 1
    _asked.seconds += seconds
    if _asked.sent is not None:
        _asked.sent[_plain(query)] += 1
    if _limits.slow and seconds > _limits.slow:
        SLOW_QUERIES.inc()
        log.warning(
            "slow statement",
            extra={"statement": shape(_plain(query)), "milliseconds": round(seconds * 1000, 1)},
        )


def _plain(query: str | bytes) -> str:
    """Bytes are what the driver put values into already."""
    return query if isinstance(query, str) else "many values at once"


def shape(statement: str) -> str:
    """The same for all values, however many; and none of them in it."""
    short = SPACE.sub(" ", TEXT.sub("?", statement)).strip()
    return NUMBER.sub("?", MANY.sub(r"\1, ...", short))[:SHAPE_MAX]


class TimedCursor(cursor):
    """The driver's own, because SQLAlchemy's events cost ten times as much for each statement."""

    def execute(self, query: Any, vars: Any = None) -> None:
        began = perf_counter()
        try:
            super().execute(query, vars)
        finally:
            note(query, perf_counter() - began)

    def executemany(self, query: Any, vars_list: Any) -> None:
        began = perf_counter()
        try:
            super().executemany(query, vars_list)
        finally:
            note(query, perf_counter() - began)
