"""Who starts and stops the processes of a colour: systemd, or, without it, we."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import psutil

from workers.deploy.house import House
from workers.deploy.units import BACK, FRONT, Unit
from workers.stack.errors import StackError
from workers.stack.server import end_of

SYSTEM = Path("/etc/systemd/system")
BACKUPS = "fanlight-recovery.service"


class Runner(Protocol):
    def adopt(self, release: Path) -> None:
        """Run processes as this release says it."""

    def start(self, kind: str, colour: str) -> None:
        """Begin it; whether it stays is asked with `runs`."""

    def stop(self, kind: str, colour: str) -> None:
        """Ask it to end, and wait: what it has begun it finishes."""

    def runs(self, kind: str, colour: str) -> bool: ...

    def why(self, kind: str, colour: str) -> str:
        """The last that it said."""

    def wake(self, colour: str, *, with_machine: bool) -> None:
        """Whether it comes back after the machine started anew."""

    def keep(self, colour: str, other: str) -> None:
        """Of the two, this one stays."""

    def forget(self, colour: str) -> None:
        """All of it has been stopped."""


def stop_all(runner: Runner, colour: str, kinds: Iterable[str] = (*FRONT, *BACK)) -> None:
    for kind in kinds:
        if runner.runs(kind, colour):
            runner.stop(kind, colour)


class Systemd:
    def adopt(self, release: Path) -> None:
        """What runs goes on as it was begun."""
        for unit in sorted((release / "deploy" / "systemd").iterdir()):
            shutil.copyfile(unit, SYSTEM / unit.name)
        _systemctl("daemon-reload")

    def start(self, kind: str, colour: str) -> None:
        # What failed before has its counters still.
        _systemctl("reset-failed", _unit(kind, colour), must=False)
        _systemctl("start", _unit(kind, colour))

    def stop(self, kind: str, colour: str) -> None:
        _systemctl("stop", _unit(kind, colour))

    def runs(self, kind: str, colour: str) -> bool:
        told = _systemctl("show", "--property=ActiveState", "--value", _unit(kind, colour))
        return told in {"active", "reloading"}

    def why(self, kind: str, colour: str) -> str:
        command = ["journalctl", "--no-pager", "-o", "cat", "-n", "10", "-u", _unit(kind, colour)]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()

    def wake(self, colour: str, *, with_machine: bool) -> None:
        _systemctl("enable" if with_machine else "disable", "--quiet", f"fanlight@{colour}.target")

    def keep(self, colour: str, other: str) -> None:
        self.wake(colour, with_machine=True)
        # All of it runs already; so a stop of the target ends it.
        _systemctl("start", f"fanlight@{colour}.target")
        self.wake(other, with_machine=False)
        # Backups go on by the new release, where there are any; they miss nothing meanwhile.
        _systemctl("restart", BACKUPS, must=False)

    def forget(self, colour: str) -> None:
        _systemctl("stop", f"fanlight@{colour}.target")


def _unit(kind: str, colour: str) -> str:
    return f"fanlight-{kind}@{colour}.service"


def _systemctl(*words: str, must: bool = True) -> str:
    done = subprocess.run(["systemctl", *words], capture_output=True, text=True, check=False)
    if must and done.returncode:
        raise StackError(f"systemctl {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout.strip()


class Processes:
    """The units' own commands as plain processes, which outlive who started them."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._folder = house.home / "run"
        self._folder.mkdir(exist_ok=True)

    def adopt(self, release: Path) -> None:
        """The units are read each time."""

    def start(self, kind: str, colour: str) -> None:
        unit = Unit.read(kind, colour, self._house)
        # A deployment that was killed may have asked it to end, and it does so yet.
        self.stop(kind, colour)
        self._ends(unit.name).unlink(missing_ok=True)
        with self._log(unit.name).open("wb") as log:
            process = subprocess.Popen(
                unit.command,
                cwd=unit.folder,
                env={**os.environ, **unit.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        born = psutil.Process(process.pid).create_time()
        self._noted(unit.name).write_text(f"{process.pid} {born}")

    def stop(self, kind: str, colour: str) -> None:
        name = f"{kind}@{colour}"
        process = self._process(name)
        if process is None:
            return
        # Who is asked twice leaves unfinished what it has begun.
        if not self._ends(name).exists():
            self._ends(name).touch()
            process.terminate()
        with contextlib.suppress(psutil.NoSuchProcess):
            try:
                process.wait(Unit.read(kind, colour, self._house).stop_seconds)
            except psutil.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.wait()

    def runs(self, kind: str, colour: str) -> bool:
        name = f"{kind}@{colour}"
        return self._process(name) is not None and not self._ends(name).exists()

    def why(self, kind: str, colour: str) -> str:
        return end_of(self._log(f"{kind}@{colour}"))

    def wake(self, colour: str, *, with_machine: bool) -> None:
        """They do not come back by themselves."""

    def keep(self, colour: str, other: str) -> None:
        """All that runs was started one by one."""

    def forget(self, colour: str) -> None:
        """Nothing is left of it."""

    def _process(self, name: str) -> psutil.Process | None:
        """Another may have got the same number since."""
        with contextlib.suppress(OSError, ValueError, psutil.NoSuchProcess):
            pid, born = self._noted(name).read_text().split()
            process = psutil.Process(int(pid))
            if process.create_time() == float(born) and process.status() != psutil.STATUS_ZOMBIE:
                return process
        return None

    def _ends(self, name: str) -> Path:
        return self._folder / f"{name}.ends"

    def _noted(self, name: str) -> Path:
        return self._folder / f"{name}.pid"

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"


def runner_for(house: House) -> Runner:
    if house.runner == "systemd":
        return Systemd()
    if house.runner == "processes":
        return Processes(house)
    raise StackError(f"runner: systemd or processes, not {house.runner}")
