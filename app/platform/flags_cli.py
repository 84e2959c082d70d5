"""flask flags list | set NAME [--on/--off] [--share N] [--user HANDLE]"""

from collections.abc import Callable
from uuid import UUID

import click
from flask import current_app
from flask.cli import AppGroup

from app.platform import flags
from app.platform.errors import Refused
from app.platform.transaction import transaction

# Set by the feature that knows people: from a handle to an id.
FIND_PERSON = "fanlight.find_person"

flags_group = AppGroup("flags", help="Feature switches.")


@flags_group.command("list")
def list_flags() -> None:
    """Every switch, how it stands, what it is about."""
    for known in flags.declared():
        click.echo(f"{known.name:<24} {describe(flags.state(known.name)):<28} {known.about}")


@flags_group.command("set")
@click.argument("name")
@click.option("--on/--off", "enabled", default=None)
@click.option("--share", type=click.IntRange(0, 100), help="How many percent of the signed-in people.")
@click.option("--user", "handle", help="A person who has it whatever the share is.")
def set_flag(name: str, enabled: bool | None, share: int | None, handle: str | None) -> None:
    """Change a switch."""
    person = _person(handle) if handle else None
    try:
        with transaction():
            state = flags.change(name, actor=None, enabled=enabled, share=share, person=person)
    except Refused as refused:
        raise click.ClickException(refused.message) from None
    click.echo(f"{name}: {describe(state)}")


def describe(state: flags.State) -> str:
    if not state.enabled:
        return "off"
    if state.share == 100:
        return "on"
    people = f" and {len(state.people)} named" if state.people else ""
    return f"on for {state.share} %{people}"


def _person(handle: str) -> UUID:
    find: Callable[[str], UUID | None] = current_app.extensions[FIND_PERSON]
    found = find(handle.removeprefix("@"))
    if found is None:
        raise click.ClickException(f"Nobody is called {handle}.")
    return found
