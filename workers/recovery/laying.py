"""A backup laid out as a data folder again: fetched, opened, combined, compared with its manifest."""

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, cast

from workers.recovery import bases
from workers.recovery.catalogue import HISTORY, PIECE, Catalogue, Plan
from workers.recovery.depot import Depot, Gone
from workers.recovery.errors import RecoveryError
from workers.recovery.verifying import MANIFEST, Manifest
from workers.stack.keys import write_private
from workers.stack.place import Place

HANDS = 4
# From this release on the server's own program can link files.
LINKS = 180_000


def lay_out(depot: Depot, catalogue: Catalogue, plan: Plan, place: Place, target: Path) -> None:
    """`target` is as the server left it when the base was made, with the log up to the end of the plan."""
    folders = []
    for number, base in enumerate(plan.chain):
        folder = target.with_name(f"{target.name}.part{number}")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        place.give(folder)
        _untar(bases.tar(depot, bases.about(depot, base)), folder, place)
        Manifest((folder / MANIFEST).read_bytes()).check_folder(folder)
        folders.append(folder)
    if len(folders) == 1:
        folders[0].rename(target)
    else:
        links = bases.about(depot, plan.base)["version"] >= LINKS
        _combine(folders, target, place, links=links)
    _lay_log(depot, catalogue, plan, place, target / "pg_wal")


def _untar(chunks: Iterable[bytes], folder: Path, place: Place) -> None:
    """By tar, as the account that the files shall belong to."""
    account = place.account
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            ["tar", "--extract", "--file", "-", "--no-same-owner", "--preserve-permissions"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stderr=said,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
        try:
            _pour(chunks, cast(IO[bytes], process.stdin))
        except BaseException:
            process.kill()
            process.wait()
            raise
        if process.wait() != 0:
            said.seek(0)
            complaint = said.read().decode(errors="replace").strip()
            raise RecoveryError(f"The backup could not be laid out in {folder}: {complaint}")


def _pour(chunks: Iterable[bytes], into: IO[bytes]) -> None:
    # Who reads it says for itself why it stopped.
    with contextlib.suppress(BrokenPipeError), into:
        for chunk in chunks:
            into.write(chunk)


def _combine(folders: list[Path], target: Path, place: Place, *, links: bool) -> None:
    """Linked where a file is as it was, if the server can: the folders go right after."""
    # Its account may have no place of its own there.
    target.mkdir(mode=0o700)
    place.give(target)
    program = str(place.postgres_bin / "pg_combinebackup")
    options = ["--manifest-checksums", "SHA256", "--output", str(target), *(["--link"] if links else [])]
    done = place.run([program, *options, *(str(folder) for folder in folders)])
    if done.returncode != 0:
        raise RecoveryError(f"The backups could not be combined: {done.stderr.strip()}")
    for folder in folders:
        shutil.rmtree(folder)


def _lay_log(depot: Depot, catalogue: Catalogue, plan: Plan, place: Place, folder: Path) -> None:
    names = catalogue.wal.get(plan.base.system, frozenset())
    pieces: dict[str, list[str]] = {}
    for name in sorted(names):
        if match := PIECE.fullmatch(name):
            pieces.setdefault(match[1], []).append(name)

    def fetch(name: str) -> None:
        prefix = f"{plan.base.system}/wal/"
        content = b""
        if name in pieces and name not in names:
            # Gone, where the segment was written to its end meanwhile.
            with contextlib.suppress(Gone):
                content = _joined(depot, prefix, pieces[name], plan.base.segment_size)
        content = content or depot.read(prefix + name)
        (folder / name).touch(mode=0o600)
        (folder / name).write_bytes(content)
        place.give(folder / name)

    with ThreadPoolExecutor(HANDS) as hands:
        histories = (name for name in names if HISTORY.fullmatch(name))
        for _ in hands.map(fetch, (*histories, *plan.segments)):
            continue


def _joined(depot: Depot, prefix: str, names: list[str], size: int) -> bytes:
    """The segment that was being written; zeros are where its end is."""
    content = bytearray(size)
    for name in names:
        piece = depot.read(prefix + name)
        at = int(name.rpartition(".")[2], 16)
        content[at : at + len(piece)] = piece
    return bytes(content)


def write_settings(folder: Path, place: Place, text: str, access: str) -> None:
    """What the server goes by while it recovers; what it had is put back by `settings_back`."""
    for name, content in (("postgresql.conf", text), ("pg_hba.conf", access), ("recovery.signal", "")):
        if (folder / name).exists() and not _before(folder, name).exists():
            (folder / name).rename(_before(folder, name))
        write_private(folder / name, content)
        place.give(folder / name)
    auto = folder / "postgresql.auto.conf"
    if auto.exists() and not _before(folder, auto.name).exists():
        auto.rename(_before(folder, auto.name))


def settings_back(folder: Path) -> None:
    for name in ("postgresql.conf", "pg_hba.conf", "postgresql.auto.conf"):
        if _before(folder, name).exists():
            _before(folder, name).replace(folder / name)


def _before(folder: Path, name: str) -> Path:
    return folder / f"{name}.before"
