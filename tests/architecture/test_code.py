"""Rules of the house that a linter does not know."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import inspect

from app.extensions import db
from app.platform import partitions, work
from tests.architecture.each import for_each

APP = sorted(Path("app").rglob("*.py"))
# Layers that know nothing of the request, by the first word of the module's or the folder's name.
DEEP = ("operations", "queries", "models")
REQUEST = {
    "flask": {"*", "request", "session", "g", "flash", "redirect", "url_for", "make_response"},
    "htmx_flask": {"*", "request"},
    "flask_login": {"*", "current_user", "login_user", "logout_user"},
    "app.platform.web": {"*", "client", "client_address", "user_agent", "is_htmx"},
    "app.platform.viewer": {"*", "viewer", "signed_in_viewer"},
    "app.platform.guards": {"*", "guard", "keep_writes"},
}
# Where time, chance and ids come from; everybody else asks there.
SOURCES = {Path("app/kit/clock.py"), Path("app/kit/chance.py"), Path("app/kit/ids.py")}
# The machine's own time, whatever time the house plays: of log lines, and of files.
MACHINES_OWN = {
    Path("app/platform/logs.py"): {"datetime.now"},
    Path("app/platform/cleanup.py"): {"time.time"},
    Path("app/media/jobs.py"): {"time.time"},
}
DIRECT = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "uuid.uuid4",
    "uuid4",
    "secrets.token_hex",
    "secrets.token_bytes",
    "secrets.token_urlsafe",
    "secrets.choice",
    "random.random",
    "random.choice",
    "random.randint",
    "os.urandom",
}


def imported(path: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "*") for alias in node.names)


def is_deep(path: Path) -> bool:
    return any(part.split("_")[0].removesuffix(".py") in DEEP for part in path.parts[2:])


@for_each(path for path in APP if is_deep(path))
def test_operations_queries_and_models_know_nothing_of_the_request(path: Path) -> None:
    known = [f"{module}.{name}" for module, name in imported(path) if name in REQUEST.get(module, set())]
    assert known == [], "take it as an argument; the view knows it"


@for_each(path for path in APP if path not in SOURCES)
def test_time_and_chance_are_asked_for_where_tests_can_move_them(path: Path) -> None:
    called = {
        ast.unparse(node.func)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name)
    }
    assert called & DIRECT - MACHINES_OWN.get(path, set()) == set()


@for_each(APP)
def test_only_the_boundary_commits(path: Path) -> None:
    if path == Path("app/platform/transaction.py"):
        return
    assert "session.commit(" not in path.read_text()


def test_work_is_asked_for_by_names_that_somebody_does(whole_app: Flask) -> None:
    known = {kind.name for kind in work.kinds()}
    asked = {
        node.args[0].value
        for path in APP
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"work.enqueue", "enqueue"}
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }
    assert asked - known == set()
    assert asked, "the search finds what it looks for"


def test_queues_named_are_queues_served() -> None:
    """A worker without arguments serves all queues, those of every kind of work among them."""
    worker = importlib.import_module("workers.run")
    assert {queue for lane in worker.LANES for queue in lane} == set(work.QUEUES)
    assert {kind.queue for kind in work.kinds()} <= set(work.QUEUES)


def test_migrations_have_one_head_and_numbered_names() -> None:
    scripts = ScriptDirectory("migrations")
    assert len(scripts.get_heads()) == 1
    names = [Path(script.path).name for script in scripts.walk_revisions()]
    assert [name for name in names if not name[:4].isdigit()] == []


def test_every_table_has_a_model(whole_app: Flask) -> None:
    with whole_app.app_context():
        there = set(inspect(db.engine).get_table_names())
    ours = {name for name in there if not (name.startswith("test_") or partitions.is_part(name))}
    assert ours - {"alembic_version"} == set(db.metadata.tables)
