"""Which release this is: named by RELEASE, else by the commit that the folder is at, else by its version."""

import re
from functools import cache
from pathlib import Path

from app.config import Settings

ROOT = Path(__file__).resolve().parents[3]
VERSION = re.compile(r'^version = "([^"]+)"', re.M)


def release(settings: Settings) -> str:
    return settings.release or _of_folder()


@cache
def _of_folder() -> str:
    return _commit(ROOT / ".git")[:12] or _version()


def _commit(folder: Path) -> str:
    try:
        head = (folder / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return head
        loose = folder / head.removeprefix("ref: ")
        if loose.exists():
            return loose.read_text().strip()
        packed = (folder / "packed-refs").read_text().splitlines()
    except OSError:
        return ""
    named = (line.split(" ", 1) for line in packed if " " in line and not line.startswith("#"))
    return next((commit for commit, name in named if name == head.removeprefix("ref: ")), "")


def _version() -> str:
    found = VERSION.search((ROOT / "pyproject.toml").read_text())
    return found[1] if found else "unknown"
