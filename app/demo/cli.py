"""`flask demo`: put everybody in, begin anew, and keep them out of live mode."""

import click
from flask.cli import AppGroup
from sqlalchemy import text

from app.demo import jobs, live_room, news, pages, people, sales, talks
from app.demo.people import DemoPerson
from app.extensions import db
from app.kit import clock
from app.platform import work
from app.platform.settings import settings
from app.platform.storage import storage
from app.platform.transaction import transaction

group = AppGroup("demo", help="The people of demo mode, and what they make.")
SOON = "Pictures and posts follow within a minute, while the product runs."


class DemoRefused(click.ClickException):
    """Said in plain words, with exit code 1."""


@group.command("seed")
@click.option("--now", is_flag=True, help="Make the pictures here, instead of leaving them to the worker.")
def seed_command(now: bool) -> None:
    """Put the demo people in, with what they make. What is there already stays as it is."""
    _demo_only()
    with transaction():
        came, asked_for = seed()
    click.echo(_told(came))
    _pictures(asked_for, now=now)


@group.command("reset")
@click.option("--now", is_flag=True, help="Make the pictures here, instead of leaving them to the worker.")
def reset_command(now: bool) -> None:
    """Empty every table and the storage, then begin anew."""
    _demo_only()
    with transaction():
        _empty_tables()
        # Before the worker lays new files there.
        for key in list(storage().list()):
            storage().delete(key)
        _, asked_for = seed()
    click.echo("Everything is as on the first day.")
    _pictures(asked_for, now=now)


@group.command("check")
def check_command() -> None:
    """Fail when live mode would open to the demo people, whose passwords are known to all."""
    if not settings().demo and people.known_to_all():
        raise DemoRefused(
            "This database holds the demo accounts, whose password everybody knows. "
            "Start live mode on an empty database: set another DATA_DIR or DATABASE_URL."
        )


def seed() -> tuple[list[DemoPerson], int]:
    """Who came, and how many pieces of work were asked for."""
    at = clock.now()
    came = people.put_in()
    if came:
        here = {person.id for person in came}
        pages.put_in(here, at)
        db.session.flush()
        news.put_in(here, at)
        talks.put_in(here, at)
        live_room.put_in(here, at)
        sales.fill_pocket()
    return came, jobs.ask_to_fill(at) if settings().demo_posts else 0


def _told(came: list[DemoPerson]) -> str:
    if not came:
        return "The demo people are there."
    known = [person.handle for person in came if person in people.PEOPLE]
    others = f"{len(came) - len(known)} others" if len(came) > len(known) else ""
    return f"Demo people made: {', '.join([*known, *filter(None, [others])])}."


def _pictures(asked_for: int, *, now: bool) -> None:
    if now:
        work.drain()
    elif asked_for:
        click.echo(SOON)


def _demo_only() -> None:
    if not settings().demo:
        raise DemoRefused("This is live mode: there are no demo people here. MODE=demo has them.")


def _empty_tables() -> None:
    names = [table.name for table in db.metadata.sorted_tables]
    # The books only grow, and say no to this; play money begins anew.
    books = [name for name in names if name.startswith("ledger_")]
    _guard(books, "disable")
    db.session.execute(text(f"truncate {', '.join(names)} cascade"))
    _guard(books, "enable")


def _guard(tables: list[str], turn: str) -> None:
    for name in tables:
        db.session.execute(text(f"alter table {name} {turn} trigger user"))
