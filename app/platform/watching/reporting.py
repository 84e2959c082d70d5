"""Errors, told to whoever speaks the Sentry protocol at SENTRY_DSN: each that the log calls one.

An event is made anew from what may leave the house: kinds of errors, where in our code, which release and
process, and the correlation id, by which the log says more. Words of errors lose what is quoted, addresses,
numbers and keys. No variables, no requests, no people. To send is a thread's business; a full queue drops it.
"""

import logging
import re
from threading import Lock
from time import monotonic
from typing import Any

from app.config import Settings
from app.platform.logs import QUOTED, ties
from app.platform.watching.release import release

# An hour in which everything fails must cost neither the house nor its tracker much.
MOST_A_MINUTE = 30
WAITING = 30
SAYS_GOODBYE_WITHIN = 2
WORDS_MAX = 300

EVENT = ("event_id", "timestamp", "level", "platform", "logger", "release", "environment")
FRAME = ("filename", "function", "module", "lineno", "in_app", "context_line", "pre_context", "post_context")
TAGS = ("correlation_id", "process", "work", "kind", "job", "endpoint", "code")
NAMES = re.compile(r"[\w.:-]{1,64}")
PRIVATE = re.compile(
    r"""'(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*" | «[^»]*» | \([^()]*\)=\([^()]*\)
      | \w+://\S+ | \S*@\S+ | \b[\w./+=-]*\d[\w./+=:-]{5,} | \b[\w+/=-]{24,} | \d{3,}""",
    re.X,
)


def start(process: str, settings: Settings) -> None:
    """Once a process, after any fork. Without an address not even the library is loaded."""
    if settings.sentry_dsn:
        _begin(process, settings)


def _begin(process: str, settings: Settings) -> None:
    import sentry_sdk  # noqa: PLC0415 - see above
    from sentry_sdk.integrations.atexit import AtexitIntegration  # noqa: PLC0415
    from sentry_sdk.integrations.excepthook import ExcepthookIntegration  # noqa: PLC0415
    from sentry_sdk.integrations.logging import LoggingIntegration  # noqa: PLC0415
    from sentry_sdk.integrations.threading import ThreadingIntegration  # noqa: PLC0415

    rate = Rate()
    sentry_sdk.init(
        dsn=settings.sentry_dsn,
        release=release(settings),
        environment=settings.environment or settings.mode.value,
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[
            LoggingIntegration(level=None, event_level=logging.ERROR, sentry_logs_level=None),
            ExcepthookIntegration(),
            ThreadingIntegration(propagate_scope=False),
            AtexitIntegration(callback=lambda *_: None),
        ],
        before_send=lambda event, hint: _told(process, event, hint) if rate.allows() else None,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        send_client_reports=False,
        transport_queue_size=WAITING,
        shutdown_timeout=SAYS_GOODBYE_WITHIN,
    )


class Rate:
    def __init__(self) -> None:
        self._since, self._count = monotonic(), 0
        self._lock = Lock()

    def allows(self) -> bool:
        with self._lock:
            if monotonic() - self._since > 60:
                self._since, self._count = monotonic(), 0
            self._count += 1
            return self._count <= MOST_A_MINUTE


def scrubbed(words: object) -> str:
    return PRIVATE.sub("…", QUOTED.sub("", str(words)).split("\n[SQL")[0])[:WORDS_MAX]


def _told(process: str, event: Any, hint: dict[str, Any]) -> Any:
    kept: dict[str, Any] = {name: event[name] for name in EVENT if name in event}
    kept["tags"] = _tags(event, hint) | {"process": process}
    if said := event.get("logentry"):
        # As it stands in our code; what was filled in stays here.
        kept["logentry"] = {"message": scrubbed(said.get("message", ""))}
    if raised := event.get("exception"):
        kept["exception"] = {"values": [_exception(one) for one in raised.get("values", [])]}
    return kept


def _exception(one: dict[str, Any]) -> dict[str, Any]:
    kept = {name: one[name] for name in ("type", "module", "mechanism") if one.get(name)}
    kept["value"] = scrubbed(one.get("value") or "")
    if trace := one.get("stacktrace"):
        frames = trace.get("frames", [])
        kept["stacktrace"] = {"frames": [{k: f[k] for k in FRAME if k in f} for f in frames]}
    return kept


def _tags(event: dict[str, Any], hint: dict[str, Any]) -> dict[str, str]:
    """What ties it to our log: names and ids of ours."""
    record = hint.get("log_record")
    known = {name: getattr(record, name, None) for name in TAGS} | ties()
    return {name: str(known[name]) for name in TAGS if known.get(name) and NAMES.fullmatch(str(known[name]))}
