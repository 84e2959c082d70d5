"""What deployments leave behind goes: old releases, packages that none uses, what was begun and not made."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from workers.deploy.house import COLOURS, House

# deploy/release.sh takes minutes; what it began a day ago was killed.
ABANDONED = 86_400.0

Say = Callable[[str, str], None]


def tidy(house: House, say: Say) -> None:
    """Never what runs, nor where `back` leads. What cannot be removed is told, and is nobody's failure."""
    kept = {house.runs(name) for name in (*COLOURS, "previous")}
    folders = _folders(house.home / "releases")
    # One that is being made begins with a dot, as do its names with the time once it is.
    making = [path for path in folders if path.name[0] == "."]
    releases = sorted((path for path in folders if path not in making), reverse=True)
    old = [path for path in releases[house.keep_releases :] if path.resolve() not in kept]
    abandoned = [path for path in making if time.time() - path.stat().st_mtime > ABANDONED]
    for path in [*old, *abandoned]:
        _remove(path, say)
    if len(abandoned) < len(making):
        return  # whose packages may be the ones that nobody uses yet
    used = {(path / ".venv").resolve() for path in _folders(house.home / "releases")}
    for path in _folders(house.home / "venvs"):
        if path.resolve() not in used:
            _remove(path, say)


def _folders(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []


def _remove(path: Path, say: Say) -> None:
    try:
        shutil.rmtree(path)
        say("tidy", f"{path.parent.name}/{path.name} is gone")
    except OSError as error:
        say("tidy", f"{path} could not be removed: {error}")
