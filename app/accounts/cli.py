"""Commands for whoever keeps the house: the first admin, and roles."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import click
from flask.cli import AppGroup

from app.accounts import queries
from app.accounts.models import User
from app.accounts.operations import admins, roles
from app.platform.errors import Refused
from app.platform.transaction import transaction
from app.platform.viewer import Role

group = AppGroup("accounts", help="People and their roles.")
GIVEN = click.Choice([role.value for role in roles.GIVEN])


@group.command("roles")
@click.argument("handle")
@click.option("--add", "added", type=GIVEN, multiple=True, help="Give this role.")
@click.option("--remove", "removed", type=GIVEN, multiple=True, help="Take this role away.")
def change_roles(handle: str, added: Iterable[str], removed: Iterable[str]) -> None:
    """Show the roles of HANDLE, or change them."""
    with _told_plainly(), transaction():
        user = _find(handle)
        for role in added:
            roles.grant(user.id, Role(role), actor=None)
        for role in removed:
            roles.revoke(user.id, Role(role), actor=None)
        click.echo(f"{user.handle}: {', '.join(user.roles)}")


@group.command("create-admin")
@click.argument("email")
@click.argument("handle")
def create_admin(email: str, handle: str) -> None:
    """Make an account that is admin, and print the link under which its password is chosen."""
    with _told_plainly(), transaction():
        link = admins.create(email, handle)
    click.echo(f"Open this within the hour to choose a password for {handle}. It works once:\n{link}")
    click.echo("Then add a second factor in Settings, Security: admin pages open only with one.")


@contextmanager
def _told_plainly() -> Iterator[None]:
    try:
        yield
    except Refused as refused:
        raise click.ClickException(refused.message) from None


def _find(handle: str) -> User:
    user, _ = queries.find_by_handle(handle.removeprefix("@"))
    if user is None:
        raise click.ClickException(f"Nobody here has the handle {handle}.")
    return user
