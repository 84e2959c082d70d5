"""The process runner (supervisord): started on a tether, spoken to over its socket."""

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from xmlrpc.client import Error, ServerProxy

from supervisor.xmlrpc import SupervisorTransport

from workers.stack.environment import Folders
from workers.stack.keys import write_private
from workers.stack.programs import Program, configuration
from workers.stack.server import tethered

# What a unix socket's path may have, on all systems.
LONGEST_SOCKET_PATH = 100
# Names the stack that a process belongs to, for who must clean up after it.
MARK = "FANLIGHT_STACK"


@dataclass(frozen=True)
class State:
    name: str
    pid: int
    state: str

    @property
    def up(self) -> bool:
        return self.state in {"STARTING", "RUNNING"}

    @property
    def ended(self) -> bool:
        return self.state in {"STOPPED", "EXITED", "FATAL"}

    @property
    def gave_up(self) -> bool:
        return self.state == "FATAL"

    @property
    def failed(self) -> bool:
        return self.state in {"EXITED", "BACKOFF", "FATAL"}


class Supervisor:
    def __init__(self, folders: Folders) -> None:
        self._folders = folders
        self._socket = _socket_path(folders.run)
        self._process: subprocess.Popen[bytes] | None = None
        self._transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        self._proxy: Any = ServerProxy("http://127.0.0.1", transport=self._transport)

    def start(self, programs: list[Program], lock: int) -> None:
        """Start it with nothing running; it holds the lock until it ends, whatever befalls us."""
        config = self._folders.run / "supervisord.conf"
        root = os.geteuid() == 0
        write_private(config, configuration(programs, self._folders, self._socket, root=root))
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(config)]
        environment = {**os.environ, "DATA_DIR": str(self._folders.data), MARK: str(self._folders.data)}
        with (self._folders.log / "supervisord.err").open("wb") as trouble:
            self._process = subprocess.Popen(
                tethered(command),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=trouble,
                stderr=trouble,
                pass_fds=[lock],
                # Ctrl-C is ours to answer, in the right order.
                process_group=0,
            )

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def states(self) -> dict[str, State]:
        """Every program's state; nothing while the runner does not answer."""
        found = self._ask("getAllProcessInfo") or []
        return {info["name"]: State(info["name"], info["pid"], info["statename"]) for info in found}

    def start_program(self, name: str) -> None:
        self._ask("startProcess", name, False)

    def stop_program(self, name: str) -> None:
        self._ask("stopProcess", name, False)

    def kill_program(self, name: str) -> None:
        self._ask("signalProcess", name, "KILL")

    def end(self, within: float) -> None:
        """End the runner and what still runs below it."""
        if self._process is None:
            return
        self._ask("shutdown")
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            # Its children are on tethers of their own.
            self._process.kill()
            self._process.wait()
        self._socket.unlink(missing_ok=True)

    def _ask(self, method: str, *arguments: object) -> Any:
        try:
            return getattr(self._proxy.supervisor, method)(*arguments)
        except (OSError, Error, HTTPException):
            # Else it would go on with the half of a conversation.
            self._transport.close()
            return None


def _socket_path(run: Path) -> Path:
    path = run / "supervisor.sock"
    if len(str(path)) <= LONGEST_SOCKET_PATH:
        return path
    return Path(tempfile.mkdtemp(prefix="fanlight-")) / "supervisor.sock"
