"""Files that people uploaded: each content once, sealed, and a log of which file had which content when.

media/objects/<..>/<digest>  a content
media/full/<moment>          all files of that moment
media/log/<moment>           what came and went since
"""

import hashlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from workers.recovery.depot import Depot
from workers.recovery.notes import Notes
from workers.recovery.shipping import PASSING

STAMP = "%Y%m%dT%H%M%S%fZ"
# Where there is very much, looking for what is new takes no more than this share of the time.
SHARE = 0.05
FULL_EVERY = timedelta(days=1)
# At most so many are brought before the log says so.
AT_ONCE = 200
# A file is in the log a little later than in the database.
LATER = timedelta(minutes=10)
READ = 1024 * 1024
HANDS = 8

log = logging.getLogger("fanlight.recovery")

# Size, time of change in nanoseconds, name of the content.
Entry = tuple[int, int, str]
Files = dict[str, Entry]


class MediaShipping:
    def __init__(self, depot: Depot, notes: Notes, storage: Path, every: float) -> None:
        self._depot, self._notes, self._storage = depot, notes, storage
        self._every = every
        self._known: Files = {}
        self._begun = False
        self._full_at = datetime.min.replace(tzinfo=UTC)

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            begun = time.monotonic()
            try:
                self.turn(stop.is_set)
            except PASSING as error:
                log.warning("files could not be shipped; trying again", extra={"error": str(error)})
            stop.wait(max(self._every, (time.monotonic() - begun) / SHARE))

    def turn(self, enough: Callable[[], bool] = lambda: False) -> None:
        began = datetime.now(UTC)
        if not self._begun:
            fulls = _moments(self._depot, "full")
            self._known = files_at(self._depot, began)
            self._full_at = fulls[-1] if fulls else self._full_at
            self._begun = True
        there = dict(_scan(self._storage))
        gone = [name for name in self._known if name not in there]
        fresh = [name for name, seen in there.items() if self._known.get(name, (0, 0, ""))[:2] != seen]
        for start in range(0, max(len(fresh), 1), AT_ONCE):
            some = {name: there[name] for name in fresh[start : start + AT_ONCE]}
            with self._depot.contents:
                self._bring(some, gone if not start else [])
            if enough():
                return
        if began - self._full_at > FULL_EVERY:
            self._depot.put_json(f"media/full/{began:{STAMP}}", self._known)
            self._full_at = began
        self._notes.moved("media", began, files=len(self._known))

    def _bring(self, fresh: dict[str, tuple[int, int]], gone: list[str]) -> None:
        """First the contents, then what tells of them."""
        added: Files = {}
        contents = {entry[2] for entry in self._known.values()}
        for name, (size, changed) in fresh.items():
            try:
                content = self._content(self._storage / name)
                if content not in contents:
                    self._depot.put(_object(content), _read(self._storage / name), packed=False)
            except FileNotFoundError:
                continue  # deleted since it was seen
            contents.add(content)
            added[name] = (size, changed, content)
        if added or gone:
            moment = datetime.now(UTC)
            self._depot.put_json(f"media/log/{moment:{STAMP}}", {"added": added, "gone": gone})
            self._known = {k: v for k, v in (self._known | added).items() if k not in gone}

    def _content(self, path: Path) -> str:
        digest = hashlib.sha256()
        for chunk in _read(path):
            digest.update(chunk)
        return self._depot.keys.digest(digest.digest())


def files_at(depot: Depot, moment: datetime) -> Files:
    """What was there then. What came a little later may belong to what the database says of that moment."""
    before = [at for at in _moments(depot, "full") if at <= moment]
    found: Files = _entries(depot.read_json(f"media/full/{before[-1]:{STAMP}}")) if before else {}
    first = before[-1] if before else datetime.min.replace(tzinfo=UTC)
    moments = [at for at in _moments(depot, "log") if first <= at <= moment + LATER]
    for at, said in zip(moments, _read_all(depot, "log", moments), strict=True):
        found |= _entries(said["added"])
        if at <= moment:
            for name in said["gone"]:
                found.pop(name, None)
    return found


def restore(depot: Depot, files: Files, storage: Path) -> int:
    """Brings what is not there yet; how many. Broken off and begun again, it goes on."""
    wanted = [name for name, entry in files.items() if not _has(storage / name, entry)]
    with ThreadPoolExecutor(HANDS) as hands:
        for _ in hands.map(lambda name: _fetch(depot, storage / name, files[name]), wanted):
            continue
    return len(wanted)


def content_matches(depot: Depot, entry: Entry) -> bool:
    """Whether what lies in the store is what was brought there."""
    digest = hashlib.sha256()
    for chunk in depot.chunks(_object(entry[2])):
        digest.update(chunk)
    return depot.keys.is_digest(entry[2], digest.digest())


def stored(depot: Depot) -> set[str]:
    """The contents that are in the store."""
    return {name.rpartition("/")[2] for name in depot.names("media/objects/")}


def prune(depot: Depot, floor: datetime) -> None:
    """What no moment from `floor` on needs: with it goes what people had deleted before."""
    fulls = [at for at in _moments(depot, "full") if at <= floor]
    if not fulls:
        return
    with depot.contents:
        _prune(depot, fulls[-1])


def _prune(depot: Depot, first: datetime) -> None:
    kept: set[str] = set()
    for kind in ("full", "log"):
        moments = _moments(depot, kind)
        for at in moments:
            if at < first:
                depot.delete(f"media/{kind}/{at:{STAMP}}")
        for said in _read_all(depot, kind, [at for at in moments if at >= first]):
            kept |= {entry[2] for entry in _entries(said if kind == "full" else said["added"]).values()}
    for content in stored(depot) - kept:
        depot.delete(_object(content))


def _fetch(depot: Depot, target: Path, entry: Entry) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    # Names that begin with a dot are nobody's.
    making = target.with_name(f".{target.name}.coming")
    with making.open("wb") as file:
        for chunk in depot.chunks(_object(entry[2])):
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    # So that it is not taken for new.
    os.utime(making, ns=(entry[1], entry[1]))
    making.rename(target)


def _has(path: Path, entry: Entry) -> bool:
    """As a file counts as known when it is shipped."""
    return path.is_file() and (path.stat().st_size, path.stat().st_mtime_ns) == entry[:2]


def _object(content: str) -> str:
    return f"media/objects/{content[:2]}/{content}"


def _entries(said: dict[str, Any]) -> Files:
    return {name: (int(size), int(changed), str(content)) for name, (size, changed, content) in said.items()}


def _read_all(depot: Depot, kind: str, moments: list[datetime]) -> Iterator[dict[str, Any]]:
    """In their order; several at once, because a bucket takes its time for each."""
    with ThreadPoolExecutor(HANDS) as hands:
        yield from hands.map(lambda at: depot.read_json(f"media/{kind}/{at:{STAMP}}"), moments)


def _moments(depot: Depot, kind: str) -> list[datetime]:
    stamps = (name.rpartition("/")[2] for name in depot.names(f"media/{kind}/"))
    return sorted(datetime.strptime(stamp, STAMP).replace(tzinfo=UTC) for stamp in stamps)


def _scan(folder: Path, prefix: str = "") -> Iterator[tuple[str, tuple[int, int]]]:
    """Every file with its size and time; not what is half-written, whose folders begin with a dot."""
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _scan(folder / entry.name, f"{prefix}{entry.name}/")
            else:
                facts = entry.stat()
                yield f"{prefix}{entry.name}", (facts.st_size, facts.st_mtime_ns)


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from iter(lambda: file.read(READ), b"")
