"""The embedded servers: killed, half-made, left behind."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg2
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.support import eventually
from workers.stack.embedded import EmbeddedServers
from workers.stack.errors import StackError
from workers.stack.gone import is_gone


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "var"


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One folder for all whose data are whole: to make them takes longest."""
    folder = tmp_path_factory.mktemp("lasting") / "var"
    yield folder
    EmbeddedServers(folder, durable=False).close()


def query(servers: EmbeddedServers, statement: str) -> object:
    connection = psycopg2.connect(servers.database_url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None
    finally:
        connection.close()


@contextmanager
def kept(folder: Path) -> Iterator[EmbeddedServers]:
    """Servers whose data stay, wherever they lie."""
    servers = EmbeddedServers(folder, durable=False)
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()


def test_what_was_committed_is_there_after_kill_9_on_the_same_ports(lasting: Path) -> None:
    with kept(lasting) as servers:
        cache = redis.Redis.from_url(servers.redis_url)
        query(servers, "CREATE TABLE killed AS SELECT 7 AS number")
        cache.set("kept", "7")
        addresses = servers.database_url, servers.redis_url
        for server in servers.all:
            server.kill()
            server.restart()
        assert (servers.database_url, servers.redis_url) == addresses
        assert query(servers, "SELECT number FROM killed") == 7
        assert cache.get("kept") == b"7"


def test_time_is_utc_and_the_products_role_is_no_superuser(servers: EmbeddedServers) -> None:
    assert query(servers, "SHOW timezone") == "UTC"
    assert query(servers, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    assert query(servers, "SELECT lower('ÄÖ')") == "äö"


def test_nobody_comes_in_without_the_password(servers: EmbeddedServers) -> None:
    with pytest.raises(psycopg2.OperationalError, match="password"):
        psycopg2.connect(servers.postgres.url, password="a-guess")
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=servers.redis.port, retry=Retry(NoBackoff(), 0)).ping()


def test_a_killed_initdb_leaves_nothing_that_hurts(folder: Path) -> None:
    servers = EmbeddedServers(folder, durable=False)
    half_made = servers.home / "postgres.new"
    half_made.mkdir()
    (half_made / "PG_VERSION").write_text("18\n")
    with servers:
        assert query(servers, "SELECT 1") == 1
    assert not half_made.exists()


def test_a_folder_that_is_no_database_is_named_and_left_alone(folder: Path) -> None:
    servers = EmbeddedServers(folder, durable=False)
    strange = servers.home / "postgres" / "something.txt"
    strange.parent.mkdir()
    strange.write_text("not mine")
    with pytest.raises(StackError, match="is not a complete database"):
        servers.postgres.prepare()
    assert strange.read_text() == "not mine"
    servers.close()


def test_a_server_left_behind_is_stopped_and_its_data_are_used(lasting: Path) -> None:
    with kept(lasting) as first:
        query(first, "CREATE TABLE kept AS SELECT 7 AS number")
        left = psutil.Process(first.postgres.pid)
        with kept(lasting) as second:
            assert set(second.leftovers) == {"postgres", "redis"}
            assert is_gone(left)
            assert query(second, "SELECT number FROM kept") == 7


def test_a_stale_pid_file_does_not_keep_it_from_starting(lasting: Path) -> None:
    with kept(lasting) as servers:
        servers.postgres.kill()
        servers.redis.kill()
        assert servers.postgres.pid_file.exists()
        # The number belongs to somebody else by now.
        lines = servers.postgres.pid_file.read_text().split("\n")
        servers.postgres.pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]))
        servers.redis.pid_file.write_text(str(os.getpid()))
        with kept(lasting) as again:
            assert again.leftovers == []
            assert query(again, "SELECT 1") == 1


def test_servers_end_with_the_process_that_started_them(lasting: Path) -> None:
    child = os.fork()
    if child == 0:
        EmbeddedServers(lasting, durable=False).start()
        signal.pause()
    try:
        pid_file = lasting / "servers" / "postgres" / "postmaster.pid"
        server = eventually(lambda: psutil.Process(int(pid_file.read_text().split("\n")[0])))
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    eventually(lambda: is_gone(server))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts servers as another account")
def test_root_needs_no_looser_folders_and_runs_no_server_itself(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    before = closed.stat().st_mode
    with EmbeddedServers(closed / "var", durable=False) as servers:
        assert closed not in servers.home.parents
        assert psutil.Process(servers.postgres.pid).uids().real != 0
        assert psutil.Process(servers.redis.pid).uids().real != 0
        assert query(servers, "SELECT 1") == 1
    assert closed.stat().st_mode == before
    assert not servers.home.exists()
