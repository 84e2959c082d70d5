"""flask watching note WHAT --ok | --failed [--detail WORDS]"""

import click
from flask.cli import AppGroup

from app.platform.watching import noting

group = AppGroup("watching", help="What the status page and /metrics tell.")


@group.command("note")
@click.argument("what", type=click.Choice(noting.FACTS))
@click.option("--ok/--failed", required=True, help="Whether it went well.")
@click.option("--detail", default="", help="What was found, for people.")
def note(what: str, *, ok: bool, detail: str) -> None:
    """Note that a backup was made, a restore tried, and how that went."""
    noting.note(what, ok=ok, detail=detail)
    click.echo(f"Noted: {what} {'went well' if ok else 'failed'}.")
