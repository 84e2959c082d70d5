"""Houses with rooms that only tests enter: apps of their own, with routes that show one thing each."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.server import create_server

from app import create_app
from app.config import Mode, Settings, load_settings
from app.platform import limits
from app.platform.guards import guard
from tests.pooler import addresses, servers_for_tests
from tests.schema import make_schema
from workers.stack.embedded import EmbeddedServers

SECRET = "a-secret-that-only-tests-know-0123456789"


def a_house(settings: Settings, **changes: Any) -> Flask:
    """An app that nobody else uses, so that it may get routes of its own."""
    app = create_app(settings.model_copy(update=changes))
    limits.clear()
    return app


def room(
    app: Flask, rule: str, view: Callable[..., Any], *access: Any, methods: str = "GET", **how: Any
) -> None:
    name = rule.strip("/").replace("/", "_").split("<")[0].strip("_")
    app.add_url_rule(rule, name, guard(*access, **how)(view), methods=methods.split())


@contextmanager
def a_mortal_house(
    folder: Path, on: Callable[[Path], EmbeddedServers] = servers_for_tests, **changes: Any
) -> Iterator[tuple[Flask, EmbeddedServers]]:
    """An app on servers of its own, which a test may kill."""
    with on(folder) as servers:
        settings = load_settings(
            mode=Mode.DEMO,
            **addresses(servers),
            data_dir=folder / "data",
            secret_key=SECRET,
            encryption_keys=[SECRET[::-1]],
        )
        app = a_house(settings, **changes)
        with app.app_context():
            make_schema(Path("migrations"))
        yield app, servers


@contextmanager
def served(app: Flask, *, threads: int = 8) -> Iterator[str]:
    """The house behind the product's web server; its address."""
    stopped, sockets = threading.Event(), dict[int, Any]()
    server = create_server(app, host="127.0.0.1", port=0, threads=threads, map=sockets)

    def serve() -> None:
        while not stopped.is_set():
            wasyncore.loop(timeout=0.1, map=sockets, count=1)

    serving = threading.Thread(target=serve, daemon=True)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        stopped.set()
        serving.join()
        server.task_dispatcher.shutdown(timeout=5)
        wasyncore.close_all(map=sockets)
