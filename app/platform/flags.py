"""Feature switches: for everyone, for named people, or for a share of them.

    flags.declare("open_registration", default=True, about="Anybody may join.")
    if flags.flag("open_registration"): ...

A process remembers them for five seconds and forgets them at the published change.
"""

import hashlib
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Flask, current_app
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.extensions import db
from app.platform import audit, signals
from app.platform.audit import Action
from app.platform.errors import NotFound, Refused
from app.platform.models import Flag
from app.platform.settings import settings
from app.platform.viewer import Viewer, viewer

TOPIC = "flags"
CACHE = "fanlight.flags"
KEEP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Declared:
    name: str
    default: bool
    about: str


@dataclass(frozen=True, slots=True)
class State:
    """`people` see it whatever the share is, as long as it is on."""

    enabled: bool
    share: int = 100
    people: frozenset[UUID] = frozenset()

    def holds_for(self, name: str, person: Viewer | None) -> bool:
        if not self.enabled:
            return False
        if self.share == 100:
            return True
        return person is not None and (person.id in self.people or _place(name, person.id) < self.share)


_declared: dict[str, Declared] = {}
_changes = [0]


def declare(name: str, *, default: bool, about: str) -> None:
    if _declared.setdefault(name, new := Declared(name, default, about)) != new:
        raise ValueError(f"the flag {name} is declared twice, differently")


def declared() -> list[Declared]:
    return sorted(_declared.values(), key=lambda known: known.name)


def flag(name: str, person: Viewer | None = None) -> bool:
    return state(name).holds_for(name, person)


def state(name: str) -> State:
    known = _declared.get(name)
    if known is None:
        if settings().demo:
            raise LookupError(f"no flag is called {name}")
        return State(enabled=False)
    return _remembered().get(name) or State(known.default)


def change(
    name: str,
    *,
    actor: UUID | None,
    enabled: bool | None = None,
    share: int | None = None,
    person: UUID | None = None,
) -> State:
    """What is not given stays as it is."""
    if name not in _declared:
        raise NotFound(f"There is no flag called {name}.")
    if share is not None and not 0 <= share <= 100:
        raise Refused("A share lies between 0 and 100.", "share")
    row = _locked(name)
    row.enabled = row.enabled if enabled is None else enabled
    row.share = row.share if share is None else share
    if person and person not in row.user_ids:
        row.user_ids = [*row.user_ids, person]
    _record(row, actor, person)
    signals.publish(TOPIC, {"name": name})
    return _state_of(row)


def clear() -> None:
    """Forgets what this process remembers."""
    _changes[0] += 1


def init_flags(app: Flask) -> None:
    from app.platform import flags_cli  # noqa: PLC0415 - the command uses this module

    signals.on(TOPIC, lambda _: clear())
    app.jinja_env.globals["flag"] = lambda name: flag(name, viewer())
    app.cli.add_command(flags_cli.flags_group)


def _remembered() -> dict[str, State]:
    kept: tuple[int, float, dict[str, State]] | None = current_app.extensions.get(CACHE)
    if kept and kept[0] == _changes[0] and kept[1] > time.monotonic():
        return kept[2]
    # Noted before reading: what changes while we read is read again.
    seen = _changes[0]
    states = {row.name: _state_of(row) for row in db.session.execute(select(Flag)).scalars()}
    current_app.extensions[CACHE] = (seen, time.monotonic() + KEEP_SECONDS, states)
    return states


def _locked(name: str) -> Flag:
    start: dict[str, Any] = {"name": name, "enabled": _declared[name].default, "share": 100, "user_ids": []}
    db.session.execute(insert(Flag).values(start).on_conflict_do_nothing())
    return db.session.get_one(Flag, name, with_for_update=True, populate_existing=True)


def _record(row: Flag, actor: UUID | None, person: UUID | None) -> None:
    audit.record(
        Action.FLAG_CHANGED,
        actor=actor,
        subject=("flag", row.name),
        enabled=row.enabled,
        share=row.share,
        person=str(person) if person else None,
    )


def _state_of(row: Flag) -> State:
    return State(row.enabled, row.share, frozenset(row.user_ids))


def _place(name: str, person_id: UUID) -> int:
    """The same person stays on the same side; every flag draws its line elsewhere."""
    return int.from_bytes(hashlib.sha256(f"{name}:{person_id}".encode()).digest()[:8], "big") % 100
