"""What workers do with media: make it ready, delete its files."""

import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

from app.media import apart, kinds, marking, scanner
from app.media.apart import audio, video
from app.media.errors import UploadRefused
from app.media.operations import making, sweeping, uploading
from app.media.operations.making import Task
from app.media.personal import FORGET
from app.media.scanner import ScannerAway
from app.media.shown import part_type
from app.platform import schedule, work
from app.platform.errors import NotFound
from app.platform.storage import StorageFull, storage
from app.platform.transaction import transaction

ATTEMPTS = 3
BENCH = "fanlight-media-"
LEFT_FOR_SECONDS = 24 * 3_600

Made = dict[str, Any]
WAITS_FOR: dict[type[Exception], str] = {ScannerAway: making.SCANNER_AWAY, StorageFull: making.NO_ROOM}


def _give_up(payload: dict[str, Any]) -> None:
    making.give_up(UUID(payload["media_id"]))


@work.handler(
    uploading.PROCESS, queue="media", max_attempts=ATTEMPTS, transactional=False, on_failure=_give_up
)
def process(payload: dict[str, Any]) -> None:
    """Run again after a worker died, it writes the same files once more; they are seen when all are there."""
    media_id = UUID(payload["media_id"])
    with work.recording():
        task = making.begin(media_id)
    if task and not _finished(task):
        sweeping.delete_files(media_id)


def _finished(task: Task) -> bool:
    """False when nobody wants it any more."""
    try:
        made = _make(task)
    except UploadRefused as refused:
        with work.recording():
            return making.refuse(task.media_id, refused.trouble)
    except (ScannerAway, StorageFull) as trouble:
        with work.recording():
            making.hold(task.media_id, WAITS_FOR[type(trouble)])
        raise
    with work.recording():
        return making.finish(task.media_id, made)


def _make(task: Task) -> Made:
    storage().compose(task.original, task.upload, task.content_type)
    _clear_bench()
    with storage().local(task.original) as source, tempfile.TemporaryDirectory(prefix=BENCH) as folder:
        if scanner.found_virus(source):
            raise UploadRefused("virus")
        if not task.content_type:
            task = _recognised(task, source)
        digest = _digest(source)
        with work.recording():
            same = making.note_digest(task.media_id, digest)
        return (same and _copied(task, same)) or _made_anew(task, source, Path(folder))


def _clear_bench() -> None:
    """What a killed worker left on this machine: half a film may be gigabytes."""
    for folder in Path(tempfile.gettempdir()).glob(f"{BENCH}*"):
        with suppress(FileNotFoundError):
            if folder.stat().st_mtime < time.time() - LEFT_FOR_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


def _recognised(task: Task, source: Path) -> Task:
    with source.open("rb") as file, work.recording():
        return making.recognise(task.media_id, file.read(kinds.HEAD)) or task


def _copied(task: Task, same: Made) -> Made | None:
    """Of a file that was made ready before; None when that is being removed just now."""
    try:
        return same | {"names": {name: _copy(task, one) for name, one in same["names"].items()}}
    except NotFound:
        return None


def _copy(task: Task, rendition: dict[str, Any]) -> dict[str, Any]:
    folder, _, file = rendition["key"].rpartition("/")
    for name in (*rendition.get("parts", ()), file):
        storage().copy(f"{folder}/{name}", task.folder + name)
    return rendition | {"key": task.folder + file}


def _made_anew(task: Task, source: Path, folder: Path) -> Made:
    if task.kind not in MAKERS:
        raise UploadRefused("kind")
    made = MAKERS[task.kind](source, folder, task)
    return made | {"names": {name: _keep(task, folder, one) for name, one in made["names"].items()}}


def _picture(source: Path, folder: Path, task: Task) -> Made:
    return apart.picture(source, folder, task.purpose)


def _video(source: Path, folder: Path, task: Task) -> Made:
    return video.make(source, folder, task.content_type, _teller(task))


def _audio(source: Path, folder: Path, task: Task) -> Made:
    return audio.make(source, folder, task.content_type, _teller(task))


def _teller(task: Task) -> Callable[[int], None]:
    """Tells how far it is, once a second at most, and never backwards."""
    told = {"percent": 0, "at": 0.0}

    def tell(percent: int) -> None:
        if percent > told["percent"] and time.monotonic() - told["at"] >= 1:
            with work.recording():
                making.progress(task.media_id, percent)
            told.update(percent=percent, at=time.monotonic())

    return tell


# Makes the renditions in the folder, and tells them: w, h, ms, color, and names, each with its file there.
MAKERS: dict[str, Callable[[Path, Path, Task], Made]] = {"image": _picture, "video": _video, "audio": _audio}


def _keep(task: Task, folder: Path, rendition: dict[str, Any]) -> dict[str, Any]:
    """A playlist comes with its parts: what it names, by size."""
    file = rendition.pop("file")
    for name in (*rendition.get("parts", ()), file):
        with (folder / name).open("rb") as stream:
            storage().put(task.folder + name, stream, rendition["type"] if name == file else part_type(name))
    return {"key": task.folder + file, **rendition}


def _digest(source: Path) -> bytes:
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


@work.handler(uploading.DELETE, queue="media", transactional=False)
def delete_files(payload: dict[str, Any]) -> None:
    sweeping.delete_files(UUID(payload["media_id"]))


@work.handler(FORGET, queue="media", transactional=False)
def forget_reader(payload: dict[str, Any]) -> None:
    marking.forget(UUID(payload["user_id"]))


@schedule.every(3600, "media.sweep")
def sweep() -> None:
    sweeping.sweep_loose()
    sweeping.sweep_kept()


@schedule.every(24 * 3600, "media.ask_for_sweep")
def ask_for_sweep() -> None:
    """A worker's task: it may take a while."""
    with transaction():
        work.enqueue("media.sweep_files", {}, unique_key="media.sweep_files")


@work.handler("media.sweep_files", queue="media", transactional=False)
def sweep_files(payload: dict[str, Any]) -> None:
    sweeping.sweep_files()


@schedule.every(60, "media.go_on")
def go_on() -> None:
    sweeping.go_on_with_held()
