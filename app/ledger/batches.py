"""Entries as the database takes them: as columns, sorted by account in the order of locks."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.ledger.chart import shard_of
from app.ledger.entries import Account, Entry, Leg
from app.ledger.models import NOBODY

# Owner, kind, currency, shard: whoever sorts by it never waits for somebody who waits for him.
Key = tuple[str, str, str, int]


@dataclass(slots=True)
class Change:
    """What happens to one account: whether it is covered, and by which legs (entry, place in it, amount)."""

    sign: int
    covered: bool = False
    legs: list[tuple[int, int, int]] = field(default_factory=list)


def columns(entries: Sequence[tuple[UUID, Entry]]) -> dict[str, list[Any] | None]:
    """The parameters of ledger_post."""
    changes = _changes([entry for _, entry in entries])
    keys = sorted(changes)
    legs = [leg for key in keys for leg in changes[key].legs]
    holds = [(str(entry.hold), at) for at, (_, entry) in enumerate(entries, 1) if entry.hold]
    roots = {str(entry.reverses) for _, entry in entries if entry.reverses}
    return {
        "ids": [str(entry_id) for entry_id, _ in entries],
        "causes": [entry.cause for _, entry in entries],
        "kinds": [entry.kind for _, entry in entries],
        "sizes": [len(entry.merged) for _, entry in entries],
        "about": [_about(entry) for _, entry in entries],
        "owners": [owner for owner, _, _, _ in keys],
        "account_kinds": [kind for _, kind, _, _ in keys],
        "currencies": [currency for _, _, currency, _ in keys],
        "shards": [shard for _, _, _, shard in keys],
        "signs": [changes[key].sign for key in keys],
        "covers": [changes[key].covered for key in keys],
        "spans": [len(changes[key].legs) for key in keys],
        "leg_entries": [entry for entry, _, _ in legs],
        "leg_places": [place for _, place, _ in legs],
        "amounts": [amount for _, _, amount in legs],
        "roots": sorted(roots) or None,
        "hold_ids": [hold for hold, _ in holds] or None,
        "hold_entries": [at for _, at in holds] or None,
    }


def same_legs(booked: Sequence[Leg], entry: Entry) -> bool:
    """Whether these are the entry's, as they were written."""
    return _amounts(booked, entry.cause) == _amounts(entry.merged, entry.cause)


def _amounts(legs: Sequence[Leg], cause: str) -> list[tuple[Key, int]]:
    return [(_key(leg.account, cause), leg.amount) for leg in legs]


def _changes(entries: Sequence[Entry]) -> dict[Key, Change]:
    changes: dict[Key, Change] = {}
    for at, entry in enumerate(entries, 1):
        for place, leg in enumerate(entry.merged, 1):
            change = changes.setdefault(_key(leg.account, entry.cause), Change(int(leg.account.side)))
            change.covered |= leg.covered
            change.legs.append((at, place, leg.amount))
    return changes


def _key(account: Account, cause: str) -> Key:
    shard = shard_of(account.kind, cause) if account.shard is None else account.shard
    return str(account.owner_id or NOBODY), account.kind.value, account.currency, shard


def _about(entry: Entry) -> str:
    """What is stored as it is, and mostly is not there."""
    unusual = {"actor_id": entry.actor_id, "reverses": entry.reverses, "occurred_at": entry.occurred_at}
    known = {name: str(value) for name, value in unusual.items() if value is not None}
    refs = {kind: str(key) for kind, key in entry.refs.items()}
    return json.dumps(known | {"note": entry.note, "refs": refs})
