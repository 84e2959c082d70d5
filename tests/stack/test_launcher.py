"""`make run`: what a person sees of it, and what happens to it when it is killed."""

import os
import shutil
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack.stacks import STARTS_WITHIN, Stack, stack
from tests.support import eventually, free_port

# Whole products on a machine that may be busy with other tests.
pytestmark = [pytest.mark.xdist_group("launcher"), pytest.mark.timeout(400)]

PROGRAMS = ("workers.realtime", "workers.run", "workers.scheduler", "wsgi.py", "postgres")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One data folder for all tests: its making takes longest."""
    folder = tmp_path_factory.mktemp("launcher") / "var"
    yield folder
    home = (folder / "servers").resolve()
    if home.exists() and folder not in home.parents:
        shutil.rmtree(home)


def test_it_starts_and_leaves_nothing(data: Path) -> None:
    """One story, because each start takes its time."""
    with stack(data) as running:
        running.start()
        _says_where_to_click(running)
        _refuses_a_second_run(running)
        running.signal(signal.SIGINT)
        assert running.wait() == 0
        assert running.left_behind() == []


@pytest.mark.fault_long
def test_it_mends_itself_and_starts_again(data: Path) -> None:
    with stack(data) as killed:
        killed.start()
        _brings_back_what_is_killed(killed)
        killed.signal(signal.SIGKILL)
        killed.wait()
        with stack(data, PORT=str(killed.port)) as second:
            second.start()
            assert second.page() == 200
            second.signal(signal.SIGINT)
            assert second.wait() == 0
            assert second.left_behind() == []


def _says_where_to_click(running: Stack) -> None:
    assert _all_answer(running)
    told = (running.data / "run" / "servers.env").read_text()
    assert f"SOLANA_RPC_URL=http://127.0.0.1:{running.chain_port}\n" in told
    assert f"http://localhost:{running.port}" in running.said
    for handle in ("fan", "creator", "moderator", "admin"):
        assert f"{handle}@demo.test" in running.said


def _refuses_a_second_run(running: Stack) -> None:
    second = Stack(running.data)
    second.launch()
    assert second.wait() == 1
    assert f"already runs on {running.data}" in second.said
    assert running.page() == 200


def _brings_back_what_is_killed(running: Stack) -> None:
    """One of each kind: a worker is started again as realtime and scheduler are, by the same words."""
    for part in ("wsgi.py", "workers.run", "postgres", "redis", "workers.doubles.chain"):
        running.named(part)[0].kill()
    eventually(lambda: _all_answer(running) and all(map(running.named, PROGRAMS)), within=40)


def _all_answer(running: Stack) -> bool:
    return running.page() == running.cards() == running.chain() == 200


def test_who_holds_a_taken_port_is_named(data: Path) -> None:
    port = free_port()
    with socket.socket() as other, stack(data, PORT=str(port)) as refused:
        other.bind(("127.0.0.1", port))
        other.listen()
        refused.launch()
        assert refused.wait() == 1
        assert f"Port {port} is taken by process {os.getpid()} (" in refused.said
        assert "choose another: PORT=" in refused.said


@pytest.mark.fault_long
def test_a_port_that_somebody_takes_during_the_start_is_named(data: Path) -> None:
    with socket.socket() as other, stack(data) as refused:
        refused.launch()
        eventually(lambda: "database" in refused.said, within=STARTS_WITHIN)
        other.bind(("127.0.0.1", refused.chain_port))
        other.listen()
        assert refused.wait() == 1
        assert f"Port {refused.chain_port} is taken by process {os.getpid()} (" in refused.said
        assert "choose another: CHAIN_PORT=" in refused.said


def test_all_wrong_settings_are_named_and_nothing_starts(tmp_path: Path) -> None:
    with stack(tmp_path / "var", MODE="live", WEB_PROCESSES="0", LOG_LEVEL="loud") as refused:
        refused.launch()
        assert refused.wait() == 1
        for name in ("WEB_PROCESSES", "LOG_LEVEL", "SECRET_KEY", "ENCRYPTION_KEYS"):
            assert name in refused.said
        assert not (tmp_path / "var" / "servers").exists()


def test_a_foreign_database_that_does_not_answer_is_named(tmp_path: Path) -> None:
    url = f"postgresql://nobody:secret-of-mine@127.0.0.1:{free_port()}/none"
    with stack(tmp_path / "var", DATABASE_URL=url) as refused:
        refused.launch()
        assert refused.wait() == 1
        assert "DATABASE_URL: no connection" in refused.said
        assert "secret-of-mine" not in refused.said


@pytest.mark.fault_long
def test_a_program_that_cannot_start_is_named_and_all_stops(data: Path) -> None:
    log = data / "log" / "realtime.log"
    log.unlink(missing_ok=True)
    log.mkdir(parents=True)
    try:
        with stack(data) as broken:
            broken.launch()
            assert broken.wait() == 1
            assert "realtime could not start" in broken.said
            assert broken.left_behind() == []
    finally:
        log.rmdir()


@pytest.mark.fault_long
def test_an_impatient_person_loses_nothing(data: Path) -> None:
    with stack(data) as running:
        running.start()
        for _ in range(5):
            running.signal(signal.SIGINT)
        assert running.wait() == 0
        assert running.left_behind() == []
        running.start()
        assert running.page() == 200


@pytest.mark.fault_long
def test_starts_again_after_launcher_and_process_runner_were_killed_together(data: Path) -> None:
    with stack(data) as killed:
        killed.start()
        runner = killed.named("supervisord")[0]
        killed.signal(signal.SIGKILL)
        runner.kill()
        killed.wait()
        with stack(data, PORT=str(killed.port)) as second:
            second.start()
            assert second.page() == 200
            second.signal(signal.SIGTERM)
            assert second.wait() == 0
            assert second.left_behind() == []


@pytest.mark.fault_long
def test_stops_cleanly_in_the_middle_of_its_start(data: Path) -> None:
    with stack(data) as running:
        running.launch()
        eventually(lambda: "database" in running.said)
        running.signal(signal.SIGTERM)
        assert running.wait() == 0
        assert running.left_behind() == []
