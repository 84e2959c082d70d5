"""What lies in a store, and which of it leads back to a moment. Pure: everything is told, nothing fetched.

<system>/base/<id>/...      a base backup, of the cluster with this identifier
<system>/wal/<segment>      a whole segment of its log
<system>/wal/<segment>.<at> a piece of the segment that is being written, from this byte on
<system>/shipped            up to when all of the log is there, and for each of its timelines
"""

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from workers.recovery.errors import RecoveryError

WHOLE = re.compile(r"[0-9A-F]{24}")
PIECE = re.compile(r"([0-9A-F]{24})\.([0-9a-f]{8})")
HISTORY = re.compile(r"[0-9A-F]{8}\.history")
LATEST = "latest"


@dataclass(frozen=True, slots=True)
class Base:
    id: str
    system: str
    timeline: int
    # Places in the log: its beginning, and what was reached at `stopped_at`, from when on it leads anywhere.
    start: int
    after: int
    started_at: datetime
    stopped_at: datetime
    parent: str = ""
    segment_size: int = 16 * 1024 * 1024

    @property
    def full(self) -> bool:
        return not self.parent

    @property
    def first_segment(self) -> str:
        return segment(self.timeline, self.start, self.segment_size)

    @property
    def last_segment(self) -> str:
        return segment(self.timeline, self.after, self.segment_size)


@dataclass(frozen=True, slots=True)
class Plan:
    # A full one and what changed since, in this order.
    chain: tuple[Base, ...]
    segments: tuple[str, ...]
    # Nothing where all that there is was asked for.
    to: datetime | None
    # What comes behind the segments is missing.
    gap: bool

    @property
    def base(self) -> Base:
        return self.chain[-1]


@dataclass(frozen=True)
class Catalogue:
    bases: tuple[Base, ...]
    # By system: names below wal/, and up to when they are all there.
    wal: Mapping[str, frozenset[str]]
    shipped: Mapping[str, datetime]
    # The same by system and timeline; nothing of a store that was written before it was kept.
    reached: Mapping[tuple[str, int], datetime] = field(default_factory=dict)

    def usable(self) -> list[Base]:
        """Those whose whole chain is there, in the order of time."""
        known = {base.id: base for base in self.bases}
        return sorted((b for b in self.bases if chain(b, known)), key=lambda base: base.stopped_at)

    def made_by(self, now: datetime, system: str) -> list[Base]:
        """Those of this cluster; one that a clock made that was ahead says nothing of today."""
        return [base for base in self.usable() if base.system == system and base.started_at <= now]

    def plan(self, to: datetime | None) -> Plan:
        usable = self._usable_or_refuse()
        oldest, newest = usable[0].stopped_at, self.newest()
        if to and to < oldest:
            raise RecoveryError(f"The oldest second that can be restored is {spoken(oldest)}.")
        if to and to > newest:
            raise RecoveryError(
                f"The newest second that can be restored is {spoken(newest)} (or TO={LATEST})."
            )
        base = [one for one in usable if to is None or one.stopped_at <= to][-1]
        segments, gap = self._segments(base)
        found = chain(base, {one.id: one for one in self.bases})
        return Plan(tuple(found), segments, to, gap)

    def newest(self) -> datetime:
        """What was written after a restore, or where another server took over, needs a base of its own."""
        base = self._usable_or_refuse()[-1]
        own = {timeline: at for (system, timeline), at in self.reached.items() if system == base.system}
        shipped = own.get(base.timeline) if own else self.shipped.get(base.system)
        return max(base.stopped_at, shipped or base.stopped_at)

    def goes_on_without(self, base: Base) -> bool:
        """Whether there is a log of later timelines, to which this base does not lead."""
        return any(int(name[:8], 16) > base.timeline for name in self.wal.get(base.system, ()))

    def _usable_or_refuse(self) -> list[Base]:
        if usable := self.usable():
            return usable
        raise RecoveryError("There is no base backup in the store yet.")

    def spans(self) -> list[tuple[datetime, datetime]]:
        """From when to when each second can be restored; where a part of the log is missing, none is."""
        usable = self.usable()
        ends = [base.stopped_at for base in usable[1:]]
        if usable:
            ends.append(self.newest())
        found: list[tuple[datetime, datetime]] = []
        for base, end in zip(usable, ends, strict=True):
            if end <= base.stopped_at or self.has_gap(base):
                continue
            start = found.pop()[0] if found and found[-1][1] == base.stopped_at else base.stopped_at
            found.append((start, end))
        return found

    def has_gap(self, base: Base) -> bool:
        return self._segments(base)[1]

    def _segments(self, base: Base) -> tuple[tuple[str, ...], bool]:
        """What has to be replayed behind the base, and whether there is something that cannot be reached."""
        there = {name[:24] for name in self.wal.get(base.system, ()) if not HISTORY.fullmatch(name)}
        same = [one for one in self.usable() if (one.system, one.timeline) == (base.system, base.timeline)]
        # By the log: the clock may have been wrong when one was made.
        later = sorted((one for one in same if one.after > base.after), key=lambda one: one.after)
        last = max((name for name in there if name[:8] == base.first_segment[:8]), default=base.first_segment)
        end = later[0].last_segment if later else last
        wanted = itertools.takewhile(lambda name: name <= end, _following(base))
        run = tuple(itertools.takewhile(there.__contains__, wanted))
        return run, (run[-1] if run else "") < end


def chain(base: Base, known: Mapping[str, Base]) -> list[Base]:
    """From the full one to this; nothing where one of them is missing."""
    found = [base]
    while parent := found[0].parent:
        if parent not in known:
            return []
        found.insert(0, known[parent])
    return found


def keep(bases: Iterable[Base], now: datetime, days: int) -> set[str]:
    """The ids of what still has to be there, so that each second of so many days can be restored.

    That is the newest one from before them with its chain, and all later ones; the newest of all in any case.
    """
    known = {base.id: base for base in bases}
    usable = sorted((b for b in known.values() if chain(b, known)), key=lambda base: base.stopped_at)
    before = [base for base in usable if base.stopped_at <= now - timedelta(days=days)]
    wanted = usable[usable.index(before[-1]) :] if before else usable
    return {link.id for base in wanted for link in chain(base, known)}


def outlived(names: Iterable[str], kept: Iterable[Base]) -> list[str]:
    """Parts of the log that no kept base needs; histories of timelines stay, they are small."""
    starts = [base.first_segment[8:] for base in kept]
    first = min(starts, default="")
    return [name for name in names if not HISTORY.fullmatch(name) and name[8:24] < first]


def segment(timeline: int, place: int, size: int) -> str:
    number, each = place // size, (1 << 32) // size
    return f"{timeline:08X}{number // each:08X}{number % each:08X}"


def _following(base: Base) -> Iterable[str]:
    return (
        segment(base.timeline, place, base.segment_size)
        for place in itertools.count(base.start, base.segment_size)
    )


def spoken(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}Z"
