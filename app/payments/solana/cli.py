"""flask solana new-wallet, flask solana address"""

from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup

from app.payments.gateways.solana import signer

solana_group = AppGroup("solana", help="The house's wallet on the chain.")


def init_app(app: Flask) -> None:
    app.cli.add_command(solana_group)


@solana_group.command("new-wallet")
@click.argument("file", type=click.Path(path_type=Path))
def new_wallet(file: Path) -> None:
    """Make a wallet, and keep it in a file that only ENCRYPTION_KEYS opens."""
    try:
        address = signer.write_new(file)
    except FileExistsError:
        raise click.ClickException(f"{file} exists already; a wallet is never written over.") from None
    click.echo(f"{address}\nKeep a copy of {file} and of ENCRYPTION_KEYS, and set SOLANA_WALLET_FILE={file}.")


@solana_group.command("address")
def address() -> None:
    """Where the house is paid to."""
    found = signer.address()
    if not found:
        raise click.ClickException("The house has no wallet: set SOLANA_WALLET or SOLANA_WALLET_FILE.")
    click.echo(found)
