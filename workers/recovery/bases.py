"""Base backups: taken by pg_basebackup, checked against their manifest as they pass, sealed part by part.

A base is there once its `about` is; parts without one were left by somebody who was killed.
"""

import hashlib
import itertools
import logging
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, cast

from workers.recovery.catalogue import Base, Catalogue, segment
from workers.recovery.depot import Depot
from workers.recovery.errors import RecoveryError
from workers.recovery.source import Source
from workers.recovery.verifying import Manifest, TarWatch
from workers.stack.server import tethered

STAMP = "%Y%m%dT%H%M%SZ"
# The house's own process brings it, a few seconds later.
LOG_WITHIN, PAUSE = 120.0, 0.5
READ = 1024 * 1024
# An object store takes nothing that is much longer in one piece.
PART = 256 * 1024 * 1024

Enough = Callable[[], bool]


class Unfinished(RecoveryError):
    """The server's own program gave up, and said why."""


log = logging.getLogger("fanlight.recovery")


def take(
    source: Source,
    depot: Depot,
    parent: Base | None,
    folder: Path,
    enough: Enough = lambda: False,
) -> dict[str, Any]:
    """All of the database, or what changed since `parent`; what there is to know of it."""
    source.check_programs()
    facts, started = source.facts(), source.now()
    id = f"{started:{STAMP}}-{'changes' if parent else 'full'}"
    place = f"{facts['system']}/base/{id}"
    watch, digest = TarWatch(), hashlib.sha256()
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        options = _since(depot, parent, Path(scratch)) if parent else []
        with _running(source, options) as chunks:
            parts, size, sealed = _ship(depot, place, watch.through(_digested(chunks, digest, enough)))
    manifest = watch.check()
    _await_log(depot, facts, manifest, enough)
    depot.put(f"{place}/manifest", [manifest.text])
    stopped, after = source.now_and_where()
    about = facts | {
        "id": id,
        "timeline": manifest.timeline,
        "start": manifest.start,
        "stop": manifest.stop,
        "started_at": started.isoformat(),
        "after": after,
        "stopped_at": stopped.isoformat(),
        "parent": parent.id if parent else "",
        "parts": parts,
        "size": size,
        "sealed": sealed,
        "files": len(manifest.files),
        "sha256": digest.hexdigest(),
    }
    depot.put_json(f"{place}/about", about)
    return about


def _await_log(depot: Depot, facts: dict[str, Any], manifest: Manifest, enough: Enough) -> None:
    """Without the log of its own time a base is nothing: that has to be in the store first."""
    size, prefix = facts["segment_size"], f"{facts['system']}/wal/"
    places = range(manifest.start // size * size, manifest.stop, size)
    wanted = {f"{prefix}{segment(manifest.timeline, place, size)}" for place in places}
    deadline = time.monotonic() + LOG_WITHIN
    while lacking := wanted - set(depot.names(prefix)):
        if enough() or time.monotonic() > deadline:
            raise RecoveryError(
                f"The base backup was made, but {len(lacking)} parts of its log did not "
                "reach the store: is the house running with BACKUP_TO?"
            )
        time.sleep(PAUSE)


def wanted_parent(catalogue: Catalogue, facts: dict[str, Any], timeline: int, full_days: int) -> Base | None:
    """What the next one may build upon; nothing where it has to be a full one."""
    usable = catalogue.made_by(datetime.now(UTC), facts["system"])
    if not usable or not facts["incremental"] or usable[-1].timeline != timeline:
        return None
    newest, fulls = usable[-1], [base for base in usable if base.full]
    if not fulls:
        return None
    age = datetime.now(UTC) - fulls[-1].started_at
    # Half an hour less, so that a daily round that begins a little earlier counts.
    return None if age > timedelta(days=full_days) - timedelta(minutes=30) else newest


def look(depot: Depot) -> Catalogue:
    """What lies in the store, its descriptions read."""
    names = depot.names()
    bases = tuple(
        _base(depot.read_json(name)) for name in names if _is(name, "base") and name.endswith("/about")
    )
    wal: dict[str, set[str]] = {}
    for name in names:
        if _is(name, "wal"):
            wal.setdefault(name.split("/")[0], set()).add(name.split("/")[2])
    said = {name.split("/")[0]: depot.read_json(name) for name in names if name.endswith("/shipped")}
    shipped = {system: datetime.fromisoformat(one["at"]) for system, one in said.items()}
    reached = {
        (system, int(timeline)): datetime.fromisoformat(at)
        for system, one in said.items()
        for timeline, at in one.get("on", {}).items()
    }
    return Catalogue(bases, {system: frozenset(found) for system, found in wal.items()}, shipped, reached)


def about(depot: Depot, base: Base) -> dict[str, Any]:
    found: dict[str, Any] = depot.read_json(f"{base.system}/base/{base.id}/about")
    return found


def tar(depot: Depot, about: dict[str, Any]) -> Iterator[bytes]:
    """The backup as it came from the server."""
    place = f"{about['system']}/base/{about['id']}"
    for number in range(about["parts"]):
        yield from depot.chunks(f"{place}/{number:05}")


def _base(about: dict[str, Any]) -> Base:
    return Base(
        id=about["id"],
        system=about["system"],
        timeline=about["timeline"],
        start=about["start"],
        after=about["after"],
        started_at=datetime.fromisoformat(about["started_at"]),
        stopped_at=datetime.fromisoformat(about["stopped_at"]),
        parent=about["parent"],
        segment_size=about["segment_size"],
    )


def _is(name: str, kind: str) -> bool:
    return name.count("/") > 1 and name.split("/")[1] == kind


def _since(depot: Depot, parent: Base, scratch: Path) -> list[str]:
    path = scratch / "manifest"
    path.write_bytes(depot.read(f"{parent.system}/base/{parent.id}/manifest"))
    return ["--incremental", str(path)]


@contextmanager
def _running(source: Source, options: list[str]) -> Iterator[Iterator[bytes]]:
    """pg_basebackup as a stream; what it complains about is told."""
    command = source.command(
        "pg_basebackup",
        *("--pgdata", "-", "--format", "tar", "--wal-method", "none", "--checkpoint", "fast"),
        *("--manifest-checksums", "SHA256", "--no-password", "--label", "fanlight"),
        *options,
    )
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            tethered(command),
            env=source.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
        )
        stream = cast(IO[bytes], process.stdout)
        try:
            yield iter(lambda: stream.read(READ), b"")
        except BaseException:
            process.kill()
            raise
        finally:
            failed = process.wait() != 0
            stream.close()
        if failed:
            said.seek(0)
            complaint = said.read().decode(errors="replace").strip()
            raise Unfinished(f"The base backup failed: {complaint}")


def _digested(chunks: Iterable[bytes], digest: Any, enough: Enough) -> Iterator[bytes]:
    for chunk in chunks:
        if enough():
            raise RecoveryError("The base backup was broken off; the next start makes one.")
        digest.update(chunk)
        yield chunk


def _ship(depot: Depot, place: str, chunks: Iterator[bytes]) -> tuple[int, int, int]:
    """How many parts, and how long they were before and after."""
    size = sealed = 0
    for number in itertools.count():
        first = next(chunks, None)
        if first is None:
            return number, size, sealed
        lengths: list[int] = []
        sealed += depot.put(f"{place}/{number:05}", _part(first, chunks, lengths))
        size += sum(lengths)
    raise AssertionError("a count has no end")


def _part(first: bytes, rest: Iterator[bytes], lengths: list[int]) -> Iterator[bytes]:
    chunk: bytes | None = first
    while chunk is not None:
        lengths.append(len(chunk))
        yield chunk
        chunk = next(rest, None) if sum(lengths) < PART else None
