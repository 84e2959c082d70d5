"""Disks do not fill with releases: what nobody runs, and nobody goes back to, goes."""

import os
from pathlib import Path

import pytest

from workers.deploy.house import House, Proxy
from workers.deploy.tidying import tidy


class Home:
    """Releases with the packages that each uses."""

    def __init__(self, folder: Path) -> None:
        self.house = House(folder, folder, Proxy(folder, folder))

    def release(self, name: str, packages: str) -> None:
        venv = self.house.home / "venvs" / packages
        venv.mkdir(parents=True, exist_ok=True)
        release = self.house.home / "releases" / name
        release.mkdir(parents=True)
        (release / ".venv").symlink_to(venv)

    def runs(self, colour: str, name: str) -> None:
        self.house.point(colour, self.house.home / "releases" / name)

    def tidied(self) -> tuple[list[str], list[str]]:
        tidy(self.house, lambda *_: None)
        return self._names("releases"), self._names("venvs")

    def _names(self, folder: str) -> list[str]:
        return sorted(path.name for path in (self.house.home / folder).iterdir())


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    for number in range(1, 7):
        home.release(f"2026112{number}-120000", packages=f"p{(number + 1) // 2}")
    return home


def test_the_newest_stay_and_what_they_stand_on(home: Home) -> None:
    home.runs("blue", "20261126-120000")
    home.runs("green", "20261125-120000")
    assert home.tidied() == (["20261124-120000", "20261125-120000", "20261126-120000"], ["p2", "p3"])


def test_what_runs_stays_however_old_and_where_one_would_go_back_to(home: Home) -> None:
    home.runs("blue", "20261121-120000")
    home.runs("previous", "20261123-120000")
    releases, packages = home.tidied()
    assert {"20261121-120000", "20261123-120000"} < set(releases)
    assert "20261122-120000" not in releases
    assert packages == ["p1", "p2", "p3"]


def test_what_is_being_made_stays_and_its_packages(home: Home) -> None:
    making = home.house.home / "releases" / ".20261127-120000"
    making.mkdir()
    (home.house.home / "venvs" / "p4").mkdir()
    releases, packages = home.tidied()
    assert making.name in releases and "p4" in packages
    os.utime(making, (0, 0))
    releases, packages = home.tidied()
    assert making.name not in releases and packages == ["p2", "p3"]


def test_what_cannot_be_removed_is_told(home: Home) -> None:
    (home.house.home / "venvs" / "not-ours").symlink_to(home.house.home / "elsewhere")
    (home.house.home / "elsewhere").mkdir()
    told: list[str] = []
    tidy(home.house, lambda _, how: told.append(how))
    assert any("not-ours could not be removed" in how for how in told)
    assert (home.house.home / "elsewhere").is_dir()
