"""The log: one JSON object a line, to stderr, for machines to read and people to grep.

Lines carry what ties them together (correlation id, person, job) by themselves. What goes into a
line is names and numbers: addresses are logged as the route that they matched, never as they came,
because a path or a query may hold a token.
"""

import json
import logging
import re
import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TextIO

from flask import g, has_app_context
from pythonjsonlogger.json import JsonFormatter

from app.platform.viewer import Viewer
from app.platform.web import correlation_id

ACCESS = logging.getLogger("fanlight.access")
# Called all the time, and nobody's business.
QUIET = frozenset({"static", "health.alive", "health.ready", "metrics.metrics"})
LOUD_LIBRARIES = ("waitress.queue", "rq.worker", "PIL", "urllib3", "alembic.runtime.migration")
# They tell each address that they ask, and that of a node may hold its key.
INDISCREET_LIBRARIES = ("httpx2", "solana.rpc", "stripe")

_handler: "logging.StreamHandler[TextIO] | None" = None

# Where the database quotes the statement or the row that failed, with all that is in it.
QUOTED = re.compile(r"^(?:LINE \d+|DETAIL):.*?(?=^\[SQL|^\n(?:The above|During handling)|\Z)", re.M | re.S)


class Lines(JsonFormatter):
    def __init__(self, process: str) -> None:
        super().__init__("%(message)s", rename_fields={"exc_info": "traceback"})
        self._process = process

    def formatException(self, ei: Any) -> str:
        return QUOTED.sub("", str(super().formatException(ei)))

    def access_line(self, method: str, route: str, status: int, milliseconds: float) -> str:
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        fixed = _fixed(self._process, method, route, status)
        # Ids need no escaping: they are checked or made here.
        tied = "".join(f', "{name}": "{value}"' for name, value in ties().items())
        return f'{{"time": "{time}", {fixed}, "duration_ms": {milliseconds}{tied}}}\n'

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        log_data["time"] = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        log_data["level"] = record.levelname.lower()
        log_data["process"] = self._process
        log_data["logger"] = record.name
        super().add_fields(log_data, record, message_dict)
        for name, value in ties().items():
            log_data.setdefault(name, value)


def configure(process: str, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Once a process, at its start. `process` is web, worker, scheduler or realtime."""
    global _handler  # noqa: PLW0603 - as logging itself, one a process
    handler = _handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Lines(process))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in LOUD_LIBRARIES + INDISCREET_LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)


def access(endpoint: str, method: str, route: str, status: int, seconds: float) -> None:
    """One line a request, written directly: a record and its formatting would cost as much as the guards."""
    if endpoint in QUIET or not ACCESS.isEnabledFor(logging.INFO):
        return
    milliseconds = round(seconds * 1000, 1)
    if _handler is None or not isinstance(_handler.formatter, Lines):
        facts = {"method": method, "route": route, "status": status, "duration_ms": milliseconds}
        ACCESS.info("request", extra=facts)
        return
    line = _handler.formatter.access_line(method, route, status, milliseconds)
    with _handler.lock or nullcontext():
        _handler.stream.write(line)
        _handler.flush()


@lru_cache(maxsize=4_096)
def _fixed(process: str, method: str, route: str, status: int) -> str:
    """What the lines of a route have in common."""
    facts = {"level": "info", "process": process, "logger": ACCESS.name, "message": "request"}
    return json.dumps(facts | {"method": method, "route": route, "status": status})[1:-1]


def ties() -> dict[str, str]:
    """Nothing is loaded for a log line: only what this request or job knows already."""
    if not has_app_context():
        return {}
    known = {}
    if identifier := correlation_id():
        known["correlation_id"] = identifier
    person = g.get("_login_user")
    if isinstance(person, Viewer):
        known["user_id"] = str(person.id)
    if (work := g.get("work_claim")) is not None:
        known |= {"work": str(work.id), "kind": work.kind}
    return known
