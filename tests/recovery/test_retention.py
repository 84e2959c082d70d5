"""A store some weeks later: what is old is gone, and what is there still leads back."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from app.platform.storage import LocalStorage
from workers.recovery import bases, house_keys, retention
from workers.recovery.catalogue import segment
from workers.recovery.depot import Depot
from workers.recovery.sealing import Keyring

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
SIZE = 16 * 1024 * 1024


def a_day(depot: Depot, days_ago: int, number: int, *, finished: bool = True) -> str:
    """A full base of that day, and the segments that were written on it."""
    at = NOW - timedelta(days=days_ago)
    id = f"{at:{bases.STAMP}}-full"
    depot.put(f"7/base/{id}/00000", [b"all of it"])
    for place in range(number, number + 2):
        depot.put(f"7/wal/{segment(1, place * SIZE, SIZE)}", [b"log"])
    about = {
        "id": id, "system": "7", "timeline": 1, "start": number * SIZE, "after": number * SIZE + 9,
        "parent": "", "started_at": at.isoformat(), "stopped_at": at.isoformat(), "segment_size": SIZE,
    }  # fmt: skip
    if finished:
        depot.put_json(f"7/base/{id}/about", about)
    return id


def test_what_no_second_of_the_last_days_needs_is_gone(tmp_path: Path) -> None:
    depot = Depot(LocalStorage(tmp_path), Keyring(["the-key-of-the-backups-0123456789"]))
    depot.put("7/wal/00000002.history", [b"history"])
    a_day(depot, 60, 0)
    a_day(depot, 50, 2, finished=False)
    kept = [a_day(depot, days, 2 * place) for place, days in enumerate((33, 20, 1), 2)]
    under_way = a_day(depot, 0, 10, finished=False)

    retention.prune(depot, NOW, 30)

    assert {name.split("/")[2] for name in depot.names("7/base/")} == {*kept, under_way}
    assert [base.id for base in bases.look(depot).usable()] == kept
    there = {name.split("/")[2] for name in depot.names("7/wal/")}
    assert there == {"00000002.history", *(segment(1, place * SIZE, SIZE) for place in range(4, 12))}


class Meanwhile(LocalStorage):
    """Somebody else has their turn right before the names below `at` are looked up."""

    def __init__(self, root: Path, at: str, turn: Callable[[], object]) -> None:
        super().__init__(root)
        self._at, self._turns = at, [turn]

    def list(self, prefix: str = "") -> Iterator[str]:
        if prefix == self._at and self._turns:
            self._turns.pop()()
        return super().list(prefix)


def test_a_base_that_is_made_by_hand_meanwhile_stays(tmp_path: Path) -> None:
    keys, made = Keyring(["the-key-of-the-backups-0123456789"]), []
    depot = Depot(LocalStorage(tmp_path), keys)
    kept = a_day(depot, 1, 0)
    busy = Meanwhile(tmp_path, "7/base/", lambda: made.append(a_day(depot, 0, 2)))
    retention.prune(Depot(busy, keys), NOW, 30)
    assert [base.id for base in bases.look(depot).usable()] == [kept, *made]


def test_the_last_base_stays_however_old_it_is(tmp_path: Path) -> None:
    depot = Depot(LocalStorage(tmp_path), Keyring(["the-key-of-the-backups-0123456789"]))
    last = a_day(depot, 400, 3)
    retention.prune(depot, NOW, 30)
    assert [base.id for base in bases.look(depot).usable()] == [last]


def test_keys_are_those_of_the_moment_and_change_nothing_that_is_there(tmp_path: Path) -> None:
    depot = Depot(LocalStorage(tmp_path / "store"), Keyring(["the-key-of-the-backups-0123456789"]))
    first: dict[str, Any] = {
        "settings": {"SECRET_KEY": "already-there", "SITE_NAME": 'It\'s \\ "mine" # $HOME'},
        "demo": {},
        "wallet": "",
    }
    second = first | {"settings": {"SECRET_KEY": "of-later"}}
    for days, pack in ((40, first), (2, second)):
        depot.put_json(f"keys/{NOW - timedelta(days=days):{house_keys.STAMP}}", pack)
    assert house_keys.of(depot, NOW) == second
    assert (
        house_keys.of(depot, NOW - timedelta(days=3))
        == house_keys.of(depot, NOW - timedelta(days=99))
        == first
    )

    env = tmp_path / ".env"
    env.write_text("BACKUP_TO=/backups\nSECRET_KEY=already-there\n")
    # What runs there says itself which release it is.
    released = first | {"settings": first["settings"] | {"RELEASE": "of-then"}}
    assert house_keys.put_back(released, tmp_path, env) == ["SITE_NAME"]
    values = dotenv_values(env)
    assert values == {
        "BACKUP_TO": "/backups",
        "SECRET_KEY": "already-there",
        "SITE_NAME": first["settings"]["SITE_NAME"],
    }


def test_what_was_sealed_then_opens_although_its_key_was_replaced_since(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text("ENCRYPTION_KEYS=of-today\nSECRET_KEY=signs-today\nEARLIER_SECRET_KEYS=of-later\n")
    then = {"ENCRYPTION_KEYS": "of-then,of-before", "SECRET_KEY": "then", "EARLIER_SECRET_KEYS": "before"}
    pack: dict[str, Any] = {"settings": then, "demo": {}, "wallet": ""}
    assert house_keys.put_back(pack, tmp_path, env) == ["EARLIER_SECRET_KEYS", "ENCRYPTION_KEYS"]
    assert dotenv_values(env) == {
        "ENCRYPTION_KEYS": "of-today,of-then,of-before",
        "SECRET_KEY": "signs-today",
        # In the order in which they sealed the audit log.
        "EARLIER_SECRET_KEYS": "before,then,of-later",
    }
    # Once: what is there already does not come again.
    assert house_keys.put_back(pack, tmp_path, env) == []
