"""flask payments restored MOMENT"""

import click
from flask import Flask
from flask.cli import AppGroup

from app.payments.operations import holding
from app.platform.transaction import transaction

payments_group = AppGroup("payments", help="Money that comes and goes.")


def init_app(app: Flask) -> None:
    app.cli.add_command(payments_group)


@payments_group.command("restored")
@click.argument("moment")
def restored(moment: str) -> None:
    """Say that the database was brought back to MOMENT: renewals, payouts and refunds wait."""
    with transaction():
        holding.hold(moment)
    click.echo("Renewals, payouts and refunds wait. Close the case under Payments, Cases to let them go on.")
