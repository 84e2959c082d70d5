"""Whether this process lives, and whether it should get visitors."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache as once
from pathlib import Path

from alembic.script import ScriptDirectory
from flask import Blueprint, Flask, current_app
from htmx_flask import request
from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from app.kit import clock
from app.platform.cache import cache
from app.platform.database import DOOR
from app.platform.guards import Access, guard
from app.platform.machines import from_this_machine
from app.platform.settings import settings

LATE_SECONDS = 60
LEAVING = "fanlight.leaving"
# Who knows the name of a release may ask whether it is the one that answers; a deployment does.
RELEASE = "X-Release"

VERSIONS = text("select version_num from alembic_version")
OLDEST = text("""
    select coalesce(extract(epoch from :now - min(due_at)), 0)::float from work_items
    where due_at <= :now and (state = 'due' or (state = 'running' and leased_until < clock_timestamp()))
""")

bp = Blueprint("health", __name__)


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    ok: bool
    detail: str
    # Without it no page can be served; the house bears the loss of the others.
    vital: bool


def init_health(app: Flask) -> None:
    app.register_blueprint(bp)


def leave(app: Flask) -> None:
    """From now on it wants no more visitors; it finishes with those it has."""
    app.extensions[LEAVING] = True


@bp.get("/healthz")
@guard(Access.MACHINE, limit=None)
def alive() -> Response:
    response = _answer({"status": "alive"}, 200)
    asked = request.headers.get(RELEASE)
    if asked and asked == settings().release:
        response.headers[RELEASE] = asked
    return response


@bp.get("/readyz")
@guard(Access.MACHINE, limit=None)
def ready() -> Response:
    if current_app.extensions.get(LEAVING):
        return _answer({"status": "leaving"}, 503)
    checks = [*_database_checks(), _redis_check()]
    refused = any(check.vital and not check.ok for check in checks)
    worst = "unavailable" if refused else "ready" if all(check.ok for check in checks) else "degraded"
    body: dict[str, object] = {"status": worst}
    if from_this_machine():
        body["checks"] = {check.name: {"ok": check.ok, "detail": check.detail} for check in checks}
    return _answer(body, 503 if refused else 200)


def _answer(body: dict[str, object], status: int) -> Response:
    response = Response(json.dumps(body), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _database_checks() -> list[Check]:
    engine: Engine = current_app.extensions[DOOR]
    try:
        with engine.connect() as connection:
            connection.execute(select(1))  # a pooler may have said hello without it
            answers = Check("database", True, "answers", vital=True)
            return [answers, *(_asked(check, connection) for check in (migrations, _queue))]
    except SQLAlchemyError as error:
        return [Check("database", False, type(error).__name__, vital=True)]


def _asked(check: Callable[[Connection], Check], connection: Connection) -> Check:
    try:
        return check(connection)
    except SQLAlchemyError as error:
        return Check(check.__name__.strip("_"), False, type(error).__name__, vital=True)


def migrations(connection: Connection) -> Check:
    """A newer database is fine: each migration works with the release that is still running."""
    known, heads = _known_versions()
    if not heads:
        return Check("migrations", True, "there are none", vital=True)
    applied = set(connection.execute(VERSIONS).scalars())
    behind = not applied or bool(applied & known - heads)
    return Check("migrations", not behind, ", ".join(sorted(applied)) or "none applied", vital=True)


def _queue(connection: Connection) -> Check:
    late = float(connection.execute(OLDEST, {"now": clock.now()}).scalar_one())
    return Check("queue", late < LATE_SECONDS, f"oldest due work waits {late:.0f} s", vital=False)


def _redis_check() -> Check:
    there = cache().alive()
    return Check("redis", there, "answers" if there else "away", vital=False)


def is_ahead(applied: Iterable[str]) -> bool:
    """A newer release migrated it; this one may have come back since."""
    known, _ = _known_versions()
    return bool(set(applied) - known)


@once
def _known_versions() -> tuple[set[str], set[str]]:
    """All revisions, and the last ones; read once, because files do not change under a process."""
    scripts = ScriptDirectory(str(Path(current_app.root_path).parent / "migrations"))
    return {script.revision for script in scripts.walk_revisions()}, set(scripts.get_heads())
