"""A server process of our own: started on a tether, watched, stopped or killed."""

import contextlib
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path

import psutil

from workers.stack.errors import StackError
from workers.stack.gone import wait_until_gone
from workers.stack.place import Account, Place

TETHER = Path(__file__).with_name("tether.py")
PAUSE = 0.02
READY_WITHIN = 30.0
STOPS_WITHIN = 30.0


def tethered(
    command: list[str],
    *,
    end_with: str = "TERM",
    account: Account | None = None,
    memory: int = 0,
    nice: int = 0,
) -> list[str]:
    """The command that runs `command` and ends it when the process that started it dies."""
    options = ["--signal", end_with]
    if account:
        options += ["--account", f"{account.uid}:{account.gid}"]
    if memory:
        options += ["--memory", str(memory)]
    if nice:
        options += ["--nice", str(nice)]
    return [sys.executable, "-I", "-S", str(TETHER), *options, "--", *command]


class Server(ABC):
    """One of the two embedded servers."""

    name: str
    # The setting that names a server of the owner's instead.
    setting: str
    stop_signal: signal.Signals
    port: int

    def __init__(self, place: Place, log: Path) -> None:
        self.place = place
        self.log = log
        self.data = place.home / self.name
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def prepare(self) -> bool:
        """Make data folder and configuration; whether the folder is new."""

    @abstractmethod
    def command(self) -> list[str]:
        """What runs the server in the foreground."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether the server does its work now."""

    @property
    @abstractmethod
    def pid_file(self) -> Path: ...

    @property
    @abstractmethod
    def url(self) -> str: ...

    def supervised(self) -> list[str]:
        """The command on a tether, as the right account."""
        return tethered(self.command(), end_with=self.stop_signal.name[3:], account=self.place.account)

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started here")
        return self._process.pid

    def start(self, within: float = READY_WITHIN) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.supervised(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.place.home,
                process_group=0,
            )
        started = self._process
        deadline = time.monotonic() + within
        while not self.answers():
            if started.poll() is not None:
                raise StackError(f"{self.name} did not start. {end_of(self.log)}")
            if time.monotonic() > deadline:
                raise StackError(f"{self.name} gave no answer in {within:.0f} s. {end_of(self.log)}")
            time.sleep(PAUSE)

    def stop(self) -> None:
        """End it in order; by force when it does not follow."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(self.stop_signal)
        try:
            self._process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """What a crash does: no goodbye, nothing written."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def restart(self) -> None:
        """On the same port, after `stop` or `kill` too."""
        self.stop()
        self.start()

    def stop_leftover(self) -> bool:
        """Stop what a killed run left behind on these data; whether there was any."""
        process = self._leftover()
        if process is None:
            return False
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(self.stop_signal)
        if wait_until_gone([process], STOPS_WITHIN):
            raise StackError(
                f"{self.name} of an earlier run (process {process.pid}) does not stop. "
                f"Stop it by hand and start again: kill -9 {process.pid}"
            )
        return True

    def _leftover(self) -> psutil.Process | None:
        """The process that the pid file names, if it is still this server and not a number reused."""
        try:
            process = psutil.Process(int(self.pid_file.read_text().split("\n")[0]))
            command = " ".join(process.cmdline())
        except (OSError, ValueError, psutil.Error):
            return None
        ours = str(self.data) in command or f":{self.port}" in command
        return process if self.name in command and ours else None


def end_of(log: Path, count: int = 15) -> str:
    """The end of a log, for a person to read."""
    try:
        lines = log.read_text(errors="replace").splitlines()[-count:]
    except OSError:
        lines = []
    return "\n".join([f"The end of {log}:", *(f"    {line}" for line in lines or ["(empty)"])])
