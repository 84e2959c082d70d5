"""The web process: waitress in several processes on one listening socket.

python wsgi.py
"""

import logging
import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from workers.stack import ports
from workers.stack.forks import Forks
from workers.stack.serving import GRACE, Serving
from workers.stack.sockets import listen

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from app.config import Settings

# Longer than a request may take, so that a process can say what it could not finish.
MARGIN = 3.0
METRICS = "PROMETHEUS_MULTIPROC_DIR"


def create_app() -> "Flask":
    """For `flask --app wsgi:create_app`."""
    from app import create_app as make  # noqa: PLC0415 - no application at import

    return make()


def main() -> int:
    _empty_metrics_folder()
    from app import create_app as make  # noqa: PLC0415 - metrics choose their store at import
    from app.config import ConfigError, load_settings  # noqa: PLC0415

    try:
        settings = load_settings()
    except ConfigError as error:
        print(*error.problems, sep="\n", file=sys.stderr)
        return 2
    return serve(settings, make)


def serve(settings: "Settings", make: "Callable[[Settings], Flask]") -> int:
    """Serve what `make` makes, until SIGTERM or SIGINT."""
    try:
        sockets = listen(settings.host, settings.port)
    except OSError as error:
        holder = ports.holder(settings.port)
        print(f"Port {settings.port} cannot be used ({error.strerror}): {holder}", file=sys.stderr)
        return 1
    logging.basicConfig(level=settings.log_level, format="%(message)s")
    forks = Forks(
        settings.web_processes,
        lambda: _serve_in_child(settings, make, sockets),
        grace=GRACE + MARGIN,
        on_death=_forget_metrics,
        # As long as one process holds them open, visitors would queue for nobody.
        on_stop=lambda: [listener.close() for listener in sockets],
    )
    return forks.run()


def _serve_in_child(
    settings: "Settings", make: "Callable[[Settings], Flask]", sockets: list[socket.socket]
) -> None:
    """The application is made here, after the fork: no connection is shared with another process."""
    logging.getLogger().handlers.clear()
    application = make(settings)
    Serving(
        application, sockets, threads=settings.web_threads, trusted_proxies=settings.trusted_proxies
    ).run()


def _empty_metrics_folder() -> None:
    """All processes of ours count into one folder, so that /metrics can tell their sum."""
    default = Path(os.environ.get("DATA_DIR", "var")) / "run" / "metrics" / "web"
    folder = Path(os.environ.setdefault(METRICS, str(default)))
    folder.mkdir(parents=True, exist_ok=True)
    for counted in folder.glob("*.db"):
        counted.unlink()


def _forget_metrics(pid: int) -> None:
    if METRICS in os.environ:
        from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415 - see above

        mark_process_dead(pid)  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    sys.exit(main())
