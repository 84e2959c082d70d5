"""flask audit verify [--head LINE] | head"""

import click
from flask import Flask
from flask.cli import AppGroup

from app.platform import audit_chain, audit_heads, audit_verify
from app.platform.audit_heads import Head

audit_group = AppGroup("audit", help="The audit log's chain.")


def init_audit(app: Flask) -> None:
    app.cli.add_command(audit_group)


@audit_group.command("verify")
@click.option("--head", "lines", multiple=True, help="A head kept elsewhere, as `head` printed it.")
def verify(lines: tuple[str, ...]) -> None:
    """Read the whole log; name the first row that was changed."""
    audit_chain.seal()
    broken = audit_verify.verify([_parsed(line) for line in lines])
    if broken:
        raise click.ClickException(f"The audit log is broken at {broken}")
    end = audit_heads.head()
    click.echo(f"The audit log is whole: {end.number if end else 0} records.")


@audit_group.command("head")
def head() -> None:
    """Sign the end of the chain; keep the line where the database's owner cannot change it."""
    audit_chain.seal()
    end = audit_heads.head()
    if end is None:
        raise click.ClickException("Nothing is on record yet.")
    click.echo(end.line)


def _parsed(line: str) -> Head:
    try:
        return Head.from_line(line)
    except ValueError:
        raise click.BadParameter("is not a line that `flask audit head` printed") from None
