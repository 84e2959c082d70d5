"""What the house holds of a person: handed over on request, gone when they leave.

    personal_data.table(app, "wallets", "Wallets you sign in with", WALLETS.export, WALLETS.erase)
    personal_data.exempt(app, "flags", "switches of the house; ids only")
    personal_data.hold(app, "payouts", unpaid_payouts)     # a reason why someone cannot leave yet
    personal_data.give_up(app, "credit", credit_left)      # what is gone with them, in sentences

Every table is one or the other: an architecture test fails until somebody has decided.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

from flask import Flask, current_app

Row = dict[str, Any]
Export = Callable[[UUID], Iterable[Row]]
Erase = Callable[[UUID], object]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why somebody cannot be erased yet, in words for them, and addresses that help, each with its name."""

    words: str
    ways: tuple[tuple[str, str], ...] = ()


# None when they can go; words alone where there is nowhere to send them.
Hold = Callable[[UUID], Reason | str | None]


# Sentences for them about what they lose; none where there is nothing.
Losses = Callable[[UUID], list[str]]


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows that outlive the account, because of what the reason says."""

    because: str


@dataclass(frozen=True, slots=True)
class PersonalTable:
    name: str
    about: str
    export: Export
    erase: Erase | Kept


@dataclass(slots=True)
class Registry:
    tables: dict[str, PersonalTable] = field(default_factory=dict)
    exempt: dict[str, str] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    losses: dict[str, Losses] = field(default_factory=dict)


def table(app: Flask, name: str, about: str, export: Export, erase: Erase | Kept) -> None:
    _decide(app, name).tables[name] = PersonalTable(name, about, export, erase)


def exempt(app: Flask, name: str, because: str) -> None:
    _decide(app, name).exempt[name] = because


def hold(app: Flask, name: str, reason: Hold) -> None:
    registry(app).holds[name] = reason


def give_up(app: Flask, name: str, losses: Losses) -> None:
    """By the name they know it by: "I give up my credit"."""
    registry(app).losses[name] = losses


def registry(app: Flask | None = None) -> Registry:
    extensions = (app or current_app).extensions
    return cast(Registry, extensions.setdefault("fanlight.personal_data", Registry()))


def held_tables() -> list[PersonalTable]:
    return list(registry().tables.values())


def reasons_to_wait(user_id: UUID) -> list[Reason]:
    found = [reason for ask in registry().holds.values() if (reason := ask(user_id))]
    return [reason if isinstance(reason, Reason) else Reason(reason) for reason in found]


def given_up(user_id: UUID) -> dict[str, list[str]]:
    """What somebody loses who leaves now, and the sentences about it."""
    found = {name: ask(user_id) for name, ask in registry().losses.items()}
    return {name: sentences for name, sentences in found.items() if sentences}


def erase(user_id: UUID) -> None:
    """Higher features first: what they keep may point at rows of lower ones."""
    for held in _highest_first():
        if not isinstance(held.erase, Kept):
            held.erase(user_id)


def _highest_first() -> Iterator[PersonalTable]:
    return reversed(registry().tables.values())


def _decide(app: Flask, name: str) -> Registry:
    known = registry(app)
    if name in known.tables or name in known.exempt:
        raise ValueError(f"{name} was decided about before")
    return known
