"""flask ledger verify"""

import click
from flask import Flask
from flask.cli import AppGroup

from app.ledger import verifying

ledger_group = AppGroup("ledger", help="The books.")


def init_app(app: Flask) -> None:
    app.cli.add_command(ledger_group)


@ledger_group.command("verify")
def verify() -> None:
    """Read all of the books; name the first rows that are wrong."""
    verdict = verifying.verify_and_note(whole=True)
    for line in verdict.found:
        click.echo(line, err=True)
    if not verdict.good:
        raise click.ClickException("The ledger is not whole.")
    click.echo(f"The ledger is whole: {verdict.entries} entries.")
