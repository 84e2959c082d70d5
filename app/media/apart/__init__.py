"""Programs that read what strangers sent: in processes of their own, with little memory and little time.

Whatever such a file does to a decoder, it does it there. What the program says is JSON, or a word for the
trouble; that it said nothing in time is trouble too.
"""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any

from app.media.errors import UploadRefused

log = logging.getLogger(__name__)
HERE = Path(__file__).parent
PICTURE_PROGRAM = HERE / "picture_program.py"
CONFINED = (sys.executable, "-I", str(HERE / "confined.py"))
REFUSED = 3
Process = subprocess.Popen[bytes]
MB = 1024 * 1024
SAID_AT_MOST = 256 * 1024


@dataclass(frozen=True, slots=True)
class Bounds:
    seconds: int
    memory: int
    written: int = 256 * MB


PICTURE = Bounds(seconds=60, memory=300 * MB)


def picture(source: Path, out: Path, purpose: str) -> dict[str, Any]:
    """Makes the renditions of a picture in the folder `out`, and tells what they are."""
    told = run([sys.executable, "-I", str(PICTURE_PROGRAM), str(source), str(out), purpose], PICTURE)
    if told.returncode == 0:
        return dict(json.loads(told.stdout))
    raise UploadRefused(trouble(told.returncode, told.stdout, told.stderr))


def trouble(code: int, said: bytes, complaint: bytes) -> str:
    """A word for what went wrong. Who was stopped by a bound said nothing."""
    if code == REFUSED:
        return said.decode().strip()
    log.warning(
        "media program failed", extra={"code": code, "said": complaint[-400:].decode(errors="replace")}
    )
    return "heavy" if code < 0 else "broken"


def run(command: Sequence[str], bounds: Bounds) -> "subprocess.CompletedProcess[bytes]":
    with started(command, bounds) as process:
        try:
            out, err = process.communicate(timeout=bounds.seconds * 2)
        except subprocess.TimeoutExpired:
            raise UploadRefused("heavy") from None
    return subprocess.CompletedProcess(command, process.returncode, out[:SAID_AT_MOST], err[-SAID_AT_MOST:])


@contextmanager
def started(command: Sequence[str], bounds: Bounds) -> Iterator[Process]:
    """Gone at the end, whatever happened; and gone with us, when we are killed."""
    limits = [str(bounds.seconds), str(bounds.memory), str(bounds.written)]
    network_closes()
    process = subprocess.Popen(
        [*CONFINED, *limits, *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            _close(pipe)


@cache
def network_closes() -> bool:
    """Whether such programs are without a network. Said once; what they may open does not depend on it."""
    closes = subprocess.run(CONFINED, check=False).returncode == 0
    if not closes:
        log.warning("the system does not let media programs be cut off from the network")
    return closes


def _close(pipe: IO[bytes] | None) -> None:
    if pipe:
        pipe.close()
