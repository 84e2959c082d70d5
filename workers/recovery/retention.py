"""What is old goes, and with it what people had deleted; never what a second within the days still needs."""

from datetime import datetime, timedelta

from workers.recovery import bases, house_keys, media
from workers.recovery.bases import STAMP
from workers.recovery.catalogue import Base, keep, outlived
from workers.recovery.depot import Depot

# A base that is being made has no description yet.
UNFINISHED = timedelta(days=2)


def prune(depot: Depot, now: datetime, days: int) -> None:
    catalogue = bases.look(depot)
    wanted = keep(catalogue.bases, now, days)
    kept = [base for base in catalogue.bases if base.id in wanted]
    if not kept:
        return
    for system in {base.system for base in catalogue.bases} | set(catalogue.wal):
        _prune_bases(depot, system, wanted, {base.id for base in catalogue.bases}, now)
        if own := [base for base in catalogue.bases if base.system == system]:
            # The log of a cluster that never had a base stays: one is being made.
            _prune_wal(depot, system, catalogue.wal.get(system, frozenset()), [b for b in own if b in kept])
    floor = min(base.stopped_at for base in kept)
    media.prune(depot, floor)
    house_keys.prune(depot, floor)


def _prune_bases(depot: Depot, system: str, wanted: set[str], known: set[str], now: datetime) -> None:
    """The description goes first: half a base must not look like a whole one.

    What was finished since it was decided what is wanted stays.
    """
    names = depot.names(f"{system}/base/")
    for name in sorted(names, key=lambda name: not name.endswith("/about")):
        id = name.split("/")[2]
        begun = datetime.strptime(id.split("-")[0], STAMP).replace(tzinfo=now.tzinfo)
        if id not in wanted and (id in known or now - begun > UNFINISHED):
            depot.delete(name)


def _prune_wal(depot: Depot, system: str, names: frozenset[str], kept: list[Base]) -> None:
    for name in outlived(names, kept) if kept else names:
        depot.delete(f"{system}/wal/{name}")
    if not kept:
        depot.delete(f"{system}/shipped")
