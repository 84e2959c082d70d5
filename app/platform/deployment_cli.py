"""flask deployment record RELEASE --outcome deployed|taken-back
flask deployment migrate
"""

from typing import Any

import click
from alembic.migration import MigrationContext
from flask import Flask
from flask.cli import AppGroup
from flask_migrate import upgrade

from app.extensions import db
from app.platform import audit, health
from app.platform.audit import Action
from app.platform.transaction import transaction

OUTCOMES = {"deployed": Action.DEPLOYED, "taken-back": Action.DEPLOYMENT_TAKEN_BACK}

deployment_group = AppGroup("deployment", help="A release comes: its tables, and its record.")


def init_deployment(app: Flask) -> None:
    app.cli.add_command(deployment_group)


@deployment_group.command("record")
@click.argument("release")
@click.option("--outcome", type=click.Choice(list(OUTCOMES)), required=True)
@click.option("--before", default="", help="The release that ran.")
@click.option("--why", default="", help="Why it was taken back.")
def record(release: str, outcome: str, before: str, why: str) -> None:
    """Put a deployment on record."""
    about: dict[str, Any] = {"before": before} | ({"why": why} if why else {})
    with transaction():
        audit.record(OUTCOMES[outcome], actor=None, subject=("release", release), **about)


@deployment_group.command("migrate")
def migrate() -> None:
    """Bring the tables up to date; those that a newer release left are fine."""
    with db.engine.connect() as connection:
        applied = MigrationContext.configure(connection).get_current_heads()
    if health.is_ahead(applied):
        click.echo("The database is newer than this release, which works with it.")
        return
    upgrade()
    click.echo("The database is up to date.")
