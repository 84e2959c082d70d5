"""The site that browser tests visit: real web and realtime processes, on the servers of the test's app."""

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.config import Settings
from tests.support import eventually, free_port

ROOT = Path(__file__).parents[2]
TETHER = ROOT / "workers" / "stack" / "tether.py"


@dataclass(frozen=True)
class LiveSite:
    url: str
    log: Path
    ws_port: int = 0


@contextmanager
def running_site(settings: Settings, folder: Path) -> Iterator[LiveSite]:
    """Begun once for many tests; it ends with them, even when they are killed."""
    settings = settings.model_copy(update={"ws_port": free_port(), "web_processes": 1})
    site = LiveSite(settings.base_url, folder / "web.log", settings.ws_port)
    web_itself = f"http://127.0.0.1:{settings.port}"
    live = f"http://127.0.0.1:{settings.ws_port}"
    with (
        _running(settings, site.log, "wsgi.py") as web,
        _running(settings, folder / "realtime.log", "-m", "workers.realtime") as realtime,
    ):
        eventually(lambda: _answers(f"{web_itself}/static/icons.svg", web, site.log), within=60)
        eventually(lambda: _answers(f"{live}/healthz", realtime, folder / "realtime.log"), within=60)
        yield site


@contextmanager
def _running(settings: Settings, log: Path, *program: str) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, str(TETHER), "--", sys.executable, *program]
    with log.open("wb") as file:
        process = subprocess.Popen(command, cwd=ROOT, env=_environment(settings), stdout=file, stderr=file)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


def _answers(address: str, process: "subprocess.Popen[bytes]", log: Path) -> bool:
    assert process.poll() is None, f"{process.args!r} ended: {log.read_text()[-2000:]}"
    with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310
        return bool(answer.status == 200)


def _environment(settings: Settings) -> dict[str, str]:
    chosen = {name: getattr(settings, name) for name in type(settings).model_fields}
    chosen |= {name: ",".join(value) for name, value in chosen.items() if isinstance(value, list)}
    chosen["mode"] = settings.mode.value
    return os.environ | {name.upper(): str(value) for name, value in chosen.items() if value is not None}
