"""nginx in a deployment: its configuration made anew, pointed to a colour, put back."""

import json
import shutil
import subprocess
import time
from collections import Counter
from pathlib import Path

from workers.deploy import smoke
from workers.deploy.house import House
from workers.stack.errors import StackError

SEEN_WITHIN = 30.0
# So many answers in a row, each to a connection of its own: the workers of before take no more.
IN_A_ROW = 5
PAUSE = 0.1
# Below both, what failed may be somebody's own fault.
FEWEST_FAILED, SHARE_FAILED = 3, 0.05


class Front:
    def __init__(self, house: House, base_url: str) -> None:
        self._house = house
        self._base_url = base_url
        self._before = house.home / "nginx-before"

    def make(self, release: Path, colour: str) -> None:
        """All of it as this release wants it, with visitors where they are."""
        folder = self._house.nginx.folder
        shutil.rmtree(self._before, ignore_errors=True)
        if folder.exists():
            shutil.copytree(folder, self._before)
        self._write(release, colour)
        self._check()

    def put_back(self) -> None:
        if self._before.exists():
            shutil.copytree(self._before, self._house.nginx.folder, dirs_exist_ok=True)
            self._reload()

    def point(self, release: Path, colour: str, name: str) -> None:
        """Visitors come to this colour from now on."""
        self._write(release, colour, "--upstreams-only")
        self._check()
        self._reload()
        self.until_seen(name)

    def until_seen(self, name: str) -> None:
        deadline, seen = time.monotonic() + SEEN_WITHIN, 0
        while seen < IN_A_ROW:
            seen = seen + 1 if smoke.is_seen(self._house.nginx.port, self._base_url, name) else 0
            if time.monotonic() > deadline:
                raise StackError(f"nginx does not show {name} after {SEEN_WITHIN:.0f} s.")
            if not seen:
                time.sleep(PAUSE)

    def _write(self, release: Path, colour: str, *more: str) -> None:
        web, realtime = self._house.ports(colour)
        nginx = self._house.nginx
        where = ["--web", f"127.0.0.1:{web}", "--realtime", f"127.0.0.1:{realtime}"]
        options = ["--folder", str(nginx.folder), "--log", str(nginx.log), *nginx.options]
        command = [str(release / ".venv/bin/python"), "-m", "workers.proxy", *options, *where, *more]
        _run(command, release)

    def _check(self) -> None:
        _run(self._house.nginx.test)

    def _reload(self) -> None:
        _run(self._house.nginx.reload)


class Watch:
    """What visitors are answered from now on, by nginx's own log."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._from = log.stat().st_size if log.exists() else 0
        self._answers: Counter[bool] = Counter()

    def look(self) -> None:
        """StackError when too much fails."""
        if not self._log.exists():
            return
        with self._log.open("rb") as file:
            if self._log.stat().st_size < self._from:
                self._from = 0  # put away meanwhile, and begun anew
            file.seek(self._from)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._from += len(line)
                self._answers[_failed(line)] += 1
        failed, all_ = self._answers[True], self._answers.total()
        if failed >= FEWEST_FAILED and failed > SHARE_FAILED * all_:
            raise StackError(f"{failed} of {all_} requests failed.")

    @property
    def told(self) -> str:
        return f"{self._answers.total()} requests, {self._answers[True]} failed"


def _failed(line: bytes) -> bool:
    try:
        return int(json.loads(line)["status"]) >= 500
    except (ValueError, KeyError, TypeError):
        return False


def _run(command: tuple[str, ...] | list[str], folder: Path | None = None) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise StackError(f"{Path(command[0]).name} {' '.join(command[1:3])}: {said[-1000:]}")
