"""Real processes for tests: killed at the end whatever happened.

They are forked from one that has loaded all code and begun nothing (`nursery`), because to load it takes
longer than most tests.
"""

import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from subprocess import TimeoutExpired

from app.config import Settings
from workers.stack.server import tethered
from workers.stack.tether import end_with_parent

ROOT = Path(__file__).parents[2]
NURSERY = get_context("forkserver")
NURSERY.set_forkserver_preload(["tests.faults.nursery"])


def environment(settings: Settings) -> dict[str, str]:
    """What a process needs to stand on the same servers as the test."""
    return {
        "MODE": settings.mode.value,
        "DATABASE_URL": settings.database_url,
        "DATABASE_DIRECT_URL": settings.database_direct_url,
        "REDIS_URL": settings.redis_url,
        "DATA_DIR": str(settings.data_dir),
        "SECRET_KEY": settings.secret_key,
        "ENCRYPTION_KEYS": ",".join(settings.encryption_keys),
    }


class Started:
    """A process as `subprocess` would show it."""

    def __init__(self, module: str, env: Mapping[str, str], arguments: tuple[str, ...]) -> None:
        self._process = NURSERY.Process(target=_become, args=(module, dict(env), arguments), daemon=True)
        self._process.start()
        assert self._process.pid
        self.pid = self._process.pid

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise TimeoutExpired(self._process.name, timeout or 0)
        return self._process.exitcode


def _become(module: str, env: dict[str, str], arguments: tuple[str, ...]) -> None:
    """In the forked process: what `python -m module` does, with this environment."""
    end_with_parent(signal.SIGKILL)
    os.chdir(ROOT)
    os.environ.update(env)
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)


@contextmanager
def start(module: str, env: Mapping[str, str], *arguments: str) -> Iterator[Started]:
    """`python -m module`, but sooner; what it says is shown with a failed test."""
    process = Started(module, os.environ | env, arguments)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def start_anew(module: str, env: Mapping[str, str], *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m module`, for what looks at its surroundings when its code is loaded."""
    command = tethered([sys.executable, "-m", module, *arguments], end_with="KILL")
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | env, stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
