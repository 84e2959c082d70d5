"""Who starts and stops processes where systemd does not, and is killed meanwhile."""

import multiprocessing
from pathlib import Path

import pytest

from tests.support import eventually
from workers.deploy.house import House, Proxy
from workers.deploy.runners import Processes, stop_all

# It finishes what it has begun, however long that takes.
BUSY = """#!/bin/sh
trap 'echo asked >> asked.$$' TERM
echo $$ >> begun
until [ -e asked.$$ ] && [ -e finished ]; do sleep 0.05; done
"""


@pytest.fixture
def blue(tmp_path: Path) -> Path:
    program = tmp_path / "blue/.venv/bin/python"
    program.parent.mkdir(parents=True)
    program.write_text(BUSY)
    program.chmod(0o755)
    return tmp_path / "blue"


def test_what_was_asked_to_end_before_a_deployment_was_killed_runs_no_more_and_comes_anew(
    blue: Path,
) -> None:
    runner = Processes(House(blue.parent, blue.parent, Proxy(blue, blue)))
    runner.start("scheduler", "blue")
    eventually((blue / "begun").exists)
    assert runner.runs("scheduler", "blue")
    killed = multiprocessing.get_context("fork").Process(target=runner.stop, args=("scheduler", "blue"))
    killed.start()
    eventually(lambda: list(blue.glob("asked.*")))
    killed.kill()
    killed.join()
    assert not runner.runs("scheduler", "blue"), "it ends"
    (blue / "finished").touch()
    runner.start("scheduler", "blue")
    eventually(lambda: len((blue / "begun").read_text().split()) == 2)
    assert runner.runs("scheduler", "blue")
    first, second = (blue / "begun").read_text().split()
    assert (blue / f"asked.{first}").read_text().split() == ["asked"], "once"
    stop_all(runner, "blue")
    assert (blue / f"asked.{second}").exists()
    assert not runner.runs("scheduler", "blue")
