"""flask deployment record RELEASE --outcome deployed|taken-back"""

from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup

from app.platform import audit
from app.platform.audit import Action
from app.platform.transaction import transaction

OUTCOMES = {"deployed": Action.DEPLOYED, "taken-back": Action.DEPLOYMENT_TAKEN_BACK}

deployment_group = AppGroup("deployment", help="What workers/deploy did.")


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
