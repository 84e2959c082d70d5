"""The web process: waitress in several processes on one listening socket.

python wsgi.py
"""

import contextlib
import gc
import importlib
import os
import pkgutil
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
# Built on gevent, for a process of its own.
ELSEWHERE = "app.platform.realtime."
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
    _load_code()
    from app.platform import logs  # noqa: PLC0415

    logs.configure("web", settings.log_level)
    return serve(settings, make)


def serve(settings: "Settings", make: "Callable[[Settings], Flask]") -> int:
    """Serve what `make` makes, until SIGTERM or SIGINT."""
    try:
        sockets = listen(settings.host, settings.port)
    except OSError as error:
        holder = ports.holder(settings.port)
        print(f"Port {settings.port} cannot be used ({error.strerror}): {holder}", file=sys.stderr)
        return 1
    forks = Forks(
        settings.web_processes,
        lambda: _serve_in_child(settings, make, sockets),
        grace=GRACE + MARGIN,
        on_death=_forget_metrics,
        on_stop=lambda: _close(sockets),
    )
    return forks.run()


def _load_code() -> None:
    """Load all modules once, for all children: they begin sooner and share the memory."""
    import app  # noqa: PLC0415 - metrics choose their store at import

    for module in pkgutil.walk_packages(app.__path__, "app."):
        if module.name.startswith(ELSEWHERE):
            continue
        # What is needed and missing fails again, and is told, when the application is made.
        with contextlib.suppress(ImportError):
            importlib.import_module(module.name)
    gc.freeze()


def _serve_in_child(
    settings: "Settings", make: "Callable[[Settings], Flask]", sockets: list[socket.socket]
) -> None:
    """The application is made here, after the fork: no connection is shared with another process."""
    from app.platform import health  # noqa: PLC0415 - metrics choose their store at import
    from app.platform.watching import reporting  # noqa: PLC0415
    from app.platform.watching.beating import Beating  # noqa: PLC0415

    reporting.start("web", settings)
    Beating("web", settings).start()
    application = make(settings)
    Serving(
        application,
        sockets,
        threads=settings.web_threads,
        trusted_proxies=settings.trusted_proxies,
        on_stop=lambda: health.leave(application),
    ).run()


def _close(sockets: list[socket.socket]) -> None:
    """As long as one process holds them open, visitors queue for nobody."""
    for listener in sockets:
        listener.close()


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
