"""A whole product as `make run` starts it, for tests: own folder, own ports, killed at the end."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.support import eventually, free_port
from workers.stack import ports
from workers.stack.environment import ROOT
from workers.stack.gone import is_gone
from workers.stack.probe import status
from workers.stack.supervise import MARK

STARTS_WITHIN = 180.0
STOPS_WITHIN = 60.0
READY = "Ctrl-C stops it."
# What somebody may have set for a product of their own.
SETTINGS_OF_OTHERS = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ENCRYPTION_KEYS", "MODE", "HOST")


class Stack:
    def __init__(self, data: Path, *words: str, **settings: str) -> None:
        self.data = data
        self._words = words
        self.port = int(settings.get("PORT", free_port()))
        self.ws_port = free_port()
        self.cards_port = int(settings.get("CARDS_PORT", free_port()))
        self.chain_port = int(settings.get("CHAIN_PORT", free_port()))
        self._env = {name: value for name, value in os.environ.items() if name not in SETTINGS_OF_OTHERS}
        self._env |= {"DATA_DIR": str(data), "PORT": str(self.port), "WS_PORT": str(self.ws_port)}
        self._env |= {"CARDS_PORT": str(self.cards_port), "CHAIN_PORT": str(self.chain_port)}
        # To draw pictures would keep the machine busy for a minute.
        self._env |= {"DEMO_POSTS": "false"} | settings
        self._said = data.with_name(f"{data.name}-{self.port}.out")
        self.launcher: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        with self._said.open("wb") as said:
            self.launcher = subprocess.Popen(
                [sys.executable, "-m", "workers.stack.up", *self._words],
                cwd=ROOT,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                process_group=0,
            )

    @property
    def said(self) -> str:
        return self._said.read_text(errors="replace")

    def wait_until_ready(self) -> None:
        eventually(lambda: READY in self.said or self._process.poll() is not None, within=STARTS_WITHIN)
        assert READY in self.said, self.said

    def start(self) -> "Stack":
        self.launch()
        self.wait_until_ready()
        return self

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self) -> int:
        return self._process.wait(STOPS_WITHIN)

    def page(self) -> int:
        return status("127.0.0.1", self.port, "/readyz")

    def cards(self) -> int:
        return status("127.0.0.1", self.cards_port, "/healthz")

    def chain(self) -> int:
        return status("127.0.0.1", self.chain_port, "/_double/state")

    @property
    def _process(self) -> subprocess.Popen[bytes]:
        assert self.launcher is not None
        return self.launcher

    def processes(self) -> list[psutil.Process]:
        """Everything that runs for this folder; the embedded servers hide their environment."""
        found = []
        redis = f"redis-server 127.0.0.1:{self._keys()['redis_port']}"
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                text = " ".join(process.cmdline())
                if process.environ().get(MARK) == str(self.data) or str(self._home) in text or redis in text:
                    found.append(process)
        return [process for process in found if not is_gone(process)]

    def named(self, part: str) -> list[psutil.Process]:
        return [process for process in self.processes() if part in " ".join(process.cmdline())]

    def left_behind(self) -> list[str]:
        """What should not be there after the end; listening ports included, as they tell of Redis."""
        wanted = [
            self.port,
            self.ws_port,
            self.cards_port,
            self.chain_port,
            self._keys()["postgres_port"],
            self._keys()["redis_port"],
        ]
        taken = [f"port {port}" for port in wanted if port and not ports.is_free(port)]
        return [" ".join(process.cmdline()) for process in self.processes()] + taken

    @property
    def _home(self) -> Path:
        return (self.data / "servers").resolve()

    def _keys(self) -> dict[str, int]:
        try:
            kept: dict[str, int] = json.loads((self._home / "keys.json").read_text())
        except FileNotFoundError:
            return {"postgres_port": 0, "redis_port": 0}
        return kept

    def destroy(self) -> None:
        """Whatever the test left: the launcher first, then the rest."""
        if self.launcher and self.launcher.poll() is None:
            self.launcher.kill()
            self.launcher.wait()
        with contextlib.suppress(psutil.Error):
            for process in [*self.named("supervisord"), *self.processes()]:
                process.kill()


@contextmanager
def stack(data: Path, *words: str, **settings: str) -> Iterator[Stack]:
    made = Stack(data, *words, **settings)
    try:
        yield made
    finally:
        made.destroy()
