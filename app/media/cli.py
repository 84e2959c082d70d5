"""flask media verify [--among FILE] [--until MOMENT]"""

from collections.abc import Iterable
from datetime import UTC, datetime

import click
from flask import Flask
from flask.cli import AppGroup

from app.media import queries
from app.media.shown import files_of
from app.platform.storage import storage

FIRST = 5
MOMENT = "%Y-%m-%dT%H:%M:%S"

media_group = AppGroup("media", help="What people uploaded.")


def init_app(app: Flask) -> None:
    app.cli.add_command(media_group)


@media_group.command("verify")
@click.option(
    "--among", type=click.File("r"), help="Look among these names, one a line, not where files lie."
)
@click.option("--until", type=click.DateTime([MOMENT]), help="What changed later, in UTC, may lack files.")
def verify(among: Iterable[str] | None, until: datetime | None) -> None:
    """Whether every file of what is ready to be shown is there."""
    limit = until.replace(tzinfo=UTC) if until else None
    there = {line.rstrip("\n") for line in among} if among else set(storage().list())
    ready = missing = late = 0
    for found in queries.all_ready():
        lacking = sorted({file["key"] for file in files_of(found.renditions).values()} - there)
        ready += 1
        if lacking and limit and found.changed_at > limit:
            late += 1
        elif lacking:
            missing += 1
            if missing <= FIRST:
                click.echo(f"media {found.id}: {', '.join(lacking[:FIRST])} not there", err=True)
    if missing:
        raise click.ClickException(f"Of {ready} uploads {missing} lack files.")
    lost = f" {late} of them changed in the last moments and lack files." if late else ""
    click.echo(f"The files are whole: {ready} uploads.{lost}")
