"""One stack for one data folder: the lock, and what a killed stack left behind."""

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from workers.stack.environment import Folders
from workers.stack.errors import StackError
from workers.stack.gone import wait_until_gone
from workers.stack.supervise import MARK

# An orphaned stack stops by itself, in order; then by force.
PATIENCE = 40.0
PAUSE = 0.1
LAUNCHER = "workers.stack.up"

Say = Callable[[str, str], None]


def take_lock(folders: Folders, say: Say) -> int:
    """The lock's descriptor. The process runner inherits it: it is free when both are gone."""
    path = folders.run / "lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    if not _try(descriptor):
        _refuse_if_running(path, folders.data)
        say("earlier run", "its launcher was killed; waiting until the rest has stopped")
        _wait_or_force(descriptor, folders)
    if (folders.run / "supervisord.pid").exists():
        _sweep(folders, say)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return descriptor


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _refuse_if_running(path: Path, data: Path) -> None:
    with contextlib.suppress(OSError, ValueError, psutil.Error):
        pid = int(path.read_text())
        if LAUNCHER in " ".join(psutil.Process(pid).cmdline()):
            raise StackError(
                f"Fanlight already runs on {data} (process {pid}). "
                f"Stop it with Ctrl-C there, or with: kill {pid}\n"
                "To run a second one, give it a folder and ports of its own: "
                "DATA_DIR=var2 PORT=3100 WS_PORT=3102 make run"
            )


def _wait_or_force(descriptor: int, folders: Folders) -> None:
    deadline = time.monotonic() + PATIENCE
    forced = False
    while not _try(descriptor):
        if time.monotonic() > deadline:
            if forced:
                raise StackError(
                    f"What holds {folders.run / 'lock'} does not end: see fuser {folders.run / 'lock'}"
                )
            forced, deadline = True, time.monotonic() + PATIENCE
            _signal(_marked(folders), signal.SIGKILL)
        time.sleep(PAUSE)


def _sweep(folders: Folders, say: Say) -> None:
    """End what outlived its process runner; after an orderly end there is nothing to look for."""
    left = _marked(folders)
    if left:
        say("earlier run", f"ending {len(left)} processes that it left behind")
        _signal(left, signal.SIGTERM)
        stubborn = wait_until_gone(left, PATIENCE)
        _signal(stubborn, signal.SIGKILL)
        wait_until_gone(stubborn, PATIENCE)
    (folders.run / "supervisord.pid").unlink(missing_ok=True)


def _marked(folders: Folders) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(MARK) == str(folders.data):
                found.append(process)
    return found


def _signal(processes: list[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.send_signal(number)
