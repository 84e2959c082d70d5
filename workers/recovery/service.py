"""What runs beside the house: log and files go to the store as they come, bases and drills by the clock."""

import fcntl
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.config import Settings
from workers.recovery import bases, house_keys, retention
from workers.recovery.catalogue import Base, Catalogue
from workers.recovery.depot import Depot
from workers.recovery.drilling import drill
from workers.recovery.media import MediaShipping
from workers.recovery.notes import Notes
from workers.recovery.shipping import PASSING, Shipping
from workers.recovery.source import Source
from workers.stack.environment import Surroundings
from workers.stack.until_told import run_until_told

TICK = 2.0
LOOK_EVERY, TRY_AGAIN = 1800.0, 600.0
BASE_EVERY = timedelta(days=1)
WHERE_NOW = "select substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)"

log = logging.getLogger("fanlight.recovery")


class Rounds:
    """Keys, base backups, what is old, and drills: one after the other."""

    def __init__(
        self, settings: Settings, source: Source, depot: Depot, notes: Notes, shipping: Shipping
    ) -> None:
        self._settings, self._source, self._depot, self._notes = settings, source, depot, notes
        self._shipping = shipping
        self._next = 0.0

    def run(self, stop: threading.Event) -> None:
        while not (self._shipping.receiving.wait(TICK) or stop.is_set()):
            continue  # a base without its log would lead nowhere
        while not stop.is_set():
            if time.monotonic() >= self._next or self._shipping.broken.is_set():
                self._next = time.monotonic() + (LOOK_EVERY if self._try_turn(stop) else TRY_AGAIN)
            stop.wait(TICK)

    def _try_turn(self, stop: threading.Event) -> bool:
        broken = self._shipping.broken.is_set()
        self._shipping.broken.clear()
        try:
            house_keys.keep(self._depot, house_keys.gather(Surroundings.look()))
            if broken or is_due(bases.look(self._depot), self._source):
                back_up(self._settings, self._source, self._depot, self._notes, enough=stop.is_set)
                retention.prune(self._depot, datetime.now(UTC), self._settings.backup_days)
            if not stop.is_set() and self._drill_is_due():
                drill(self._settings, self._depot, self._notes, _log_line)
        except PASSING as error:
            log.error("backup or drill failed", extra={"error": str(error)})
            return False
        return True

    def _drill_is_due(self) -> bool:
        days = self._settings.backup_drill_days
        last = self._notes.last_try("drill")
        # Right after a start the time in which the house was away would count as lost.
        if not days or not self._shipping.shipped or not bases.look(self._depot).spans():
            return False
        return last is None or datetime.now(UTC) - last > timedelta(days=days)


def is_due(catalogue: Catalogue, source: Source) -> bool:
    """None yet, none today, none of this timeline, or one behind which the log has a hole."""
    now = source.now()
    ours = catalogue.made_by(now, source.facts()["system"])
    if not ours or now - ours[-1].started_at > BASE_EVERY:
        return True
    here = int(source.ask(WHERE_NOW)[0][0], 16)
    return ours[-1].timeline != here or catalogue.has_gap(ours[-1])


def back_up(
    settings: Settings,
    source: Source,
    depot: Depot,
    notes: Notes,
    *,
    full: bool = False,
    enough: Any = lambda: False,
) -> dict[str, Any]:
    """A base backup, noted whether it goes well or not."""
    began = datetime.now(UTC)
    folder = scratch(settings)
    try:
        with _one_at_a_time(folder):
            here = int(source.ask(WHERE_NOW)[0][0], 16)
            parent = bases.wanted_parent(bases.look(depot), source.facts(), here, settings.backup_full_days)
            about = _take(source, depot, None if full else parent, folder, enough)
    except Exception as error:
        notes.done("base", began, trouble=str(error))
        raise
    told = {name: about[name] for name in ("id", "parent", "size", "sealed", "sha256")}
    notes.done("base", began, took_seconds=round((datetime.now(UTC) - began).total_seconds(), 1), **told)
    return about


def _take(
    source: Source, depot: Depot, parent: Base | None, folder: Path, enough: Callable[[], bool]
) -> dict[str, Any]:
    try:
        return bases.take(source, depot, parent, folder, enough)
    except bases.Unfinished as error:
        if parent is None:
            raise
        # The server may have forgotten what changed since: it would give up tomorrow as well.
        log.warning("no base of changes; taking a full one", extra={"error": str(error)})
        return bases.take(source, depot, None, folder, enough)


def scratch(settings: Settings) -> Path:
    folder = settings.data_dir.resolve() / "recovery"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """By the clock and by hand at once, both would build upon the same one."""
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def serve(settings: Settings, source: Source, depot: Depot) -> int:
    notes, folder = Notes(settings.direct_url), scratch(settings)
    shipping = Shipping(source, depot, notes, folder, settings.backup_seconds)
    works = [shipping.run, Rounds(settings, source, depot, notes, shipping).run]
    if not settings.s3_bucket:
        storage = settings.data_dir.resolve() / "storage"
        works.append(MediaShipping(depot, notes, storage, settings.backup_seconds).run)
    return 0 if run_until_told(*works) else 1


def _log_line(what: str, how: str) -> None:
    log.info("drill", extra={"what": what, "how": how})
