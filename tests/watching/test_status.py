"""The page that tells an owner how the house is, and the figures it is made of."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, event, text

from app.extensions import db
from app.kit import clock
from app.platform import work
from app.platform.database import PROBE
from app.platform.transaction import transaction
from app.platform.watching import figures, noting
from app.platform.watching.beating import Beating
from app.platform.watching.figures import forget
from app.watching.advice import DO
from tests.factories.people import a_person, signed_in
from tests.page_client import Page, PageClient
from tests.queries import counting

HOME = "/admin/status"


@work.handler("tests.failing", max_attempts=1)
def failing(payload: dict[str, Any]) -> None:
    raise RuntimeError("as it was meant")


@pytest.fixture
def admin(app: Flask) -> PageClient:
    return signed_in(app, a_person(app, roles=("fan", "admin")), second_factor=True)


def status(app: Flask, page: PageClient) -> Page:
    forget(app)
    answer = page.get(HOME)
    assert answer.status == 200
    return answer


def told(page: Page) -> dict[str, tuple[str, str]]:
    """By each line's name: how it is, and what is said."""
    lines = page.soup.select("#status .rows > li")
    return {
        line.select_one(".name").text: (line.select_one(".chip").text, line.select_one(".grow").text)  # type: ignore[union-attr]
        for line in lines
    }


def all_beat(app: Flask) -> None:
    for role in ("web", "realtime", "worker", "scheduler"):
        Beating(role, app.extensions["fanlight.settings"]).beat()


def test_only_admins_see_it(app: Flask) -> None:
    assert signed_in(app, a_person(app)).get(HOME).status == 403
    moderator = signed_in(app, a_person(app, roles=("fan", "moderator")), second_factor=True)
    assert moderator.get(HOME).status == 403


def test_a_house_in_order_needs_nobody(app: Flask, admin: PageClient) -> None:
    all_beat(app)
    page = status(app, admin)
    assert "All is well" in page.text
    lines = told(page)
    assert {name: how for name, (how, _) in lines.items() if how not in {"Good", "Unknown"}} == {}
    assert lines["Pages"][1].startswith("PagesServed by 1 process")
    assert lines["Backup"][0] == "Unknown"
    assert "docs/watching.md" in lines["Backup"][1]
    assert all(name in page.text for name in ("PostgreSQL 1", "Python 3.", "Redis 6", "Migration 0"))


def test_what_is_wrong_is_told_with_what_to_do(app: Flask, admin: PageClient) -> None:
    with app.app_context():
        with transaction():
            work.enqueue("tests.failing", {})
        work.drain()
        with transaction():
            work.enqueue("tests.failing", {}, due_at=clock.now() - timedelta(minutes=20))
        noting.note(noting.BACKUP, ok=False, detail="no room in the store")
    page = status(app, admin)
    lines = told(page)
    assert lines["Worker"] == ("Bad", f"WorkerNot running.{DO['worker']}")
    assert lines["Mail and the rest"][0] == "Bad"
    assert lines["Given up"][0] == "Look at it" and "tests.failing (1)" in lines["Given up"][1]
    assert lines["Backup"][0] == "Bad" and "no room in the store" in lines["Backup"][1]
    assert "things need you" in page.text


def test_without_the_database_s_answers_the_page_still_says_so(
    app: Flask, admin: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The figures ask over a connection of their own: where that fails, the rest is told."""
    admin.get(HOME)
    away = create_engine("postgresql+psycopg2://nobody@127.0.0.1:9/none")
    monkeypatch.setitem(app.extensions, PROBE, away)
    lines = told(status(app, admin))
    assert lines["PostgreSQL"][0] == "Bad"
    assert "Worker" not in lines
    forget(app)


def test_it_asks_the_same_whatever_there_is(app: Flask, admin: PageClient) -> None:
    asked = list[str]()
    probe = app.extensions[PROBE]

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    def statements() -> tuple[int, int]:
        asked.clear()
        with counting(app) as sent:
            status(app, admin)
        return len(sent), len(asked)

    status(app, admin)
    event.listen(probe, "before_cursor_execute", note)
    try:
        few = statements()
        all_beat(app)
        with app.app_context(), transaction():
            for _ in range(20):
                work.enqueue("tests.failing", {}, due_at=clock.now() - timedelta(minutes=20))
        assert statements() == few
        asked.clear()
        admin.get(HOME)
        assert asked == [], "asked again within ten seconds"
    finally:
        event.remove(probe, "before_cursor_execute", note)
    assert few[0] <= 4, "the session, what was noted, which processes live"


def test_open_pages_get_the_part_that_changes(app: Flask, admin: PageClient) -> None:
    answer = admin.http.get(HOME, headers={"HX-Request": "true"})
    assert answer.text.lstrip().startswith('<div class="stack" id="status"')


def test_no_figure_reads_a_whole_table(app: Flask) -> None:
    """With sequential scans forbidden, what still scans a table has no index to find its rows by."""
    whole = dict[str, list[str]]()
    small = {"noted_facts", "process_beats", "alembic_version"}
    with app.app_context(), app.extensions[PROBE].connect() as connection:
        connection.execute(text("set enable_seqscan = off"))
        for statement in _sent(app):
            plan = connection.exec_driver_sql(f"explain {statement[0]}", statement[1]).scalars().all()
            scanned = [line.split(" on ")[1].split()[0] for line in plan if "Seq Scan on" in line]
            if found := [name for name in scanned if name not in small and not name.startswith("pg_")]:
                whole[statement[0].strip()[:80]] = found
    assert whole == {}


def _sent(app: Flask) -> list[tuple[str, Any]]:
    """Each statement of a look, as it goes out."""
    sent = list[tuple[str, Any]]()
    probe = app.extensions[PROBE]

    def note(_connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        sent.append((statement, values))

    event.listen(probe, "before_cursor_execute", note)
    try:
        with app.app_context():
            forget(app)
            assert figures.look().value("figures_failed") == 0
            db.session.remove()
    finally:
        event.remove(probe, "before_cursor_execute", note)
    return sent
