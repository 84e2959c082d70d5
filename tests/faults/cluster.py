"""Three PostgreSQL under Patroni, with the files that owners have (deploy/patroni); an etcd; their deaths."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest

from tests.support import eventually, free_port
from workers.stack.environment import ROOT
from workers.stack.place import Account, Place, make_place
from workers.stack.server import end_of, tethered

TOOLS = ROOT / "var" / "tools"
SETTINGS = ROOT / "deploy" / "patroni" / "patroni.yml"
START_SECONDS = 120
WORD = "a-word-that-only-tests-know"
ROLES = (
    f"create role fanlight login password '{WORD}'",
    "create database fanlight owner fanlight",
)


class Node:
    """One machine: Patroni, and the PostgreSQL that it keeps."""

    def __init__(self, name: str, place: Place, etcd: int, libraries: Path) -> None:
        self.name, self.port, self._rest = name, free_port(), free_port()
        self.data = place.home / name
        self.log = place.home / f"{name}.log"
        self._place = place
        self._process: subprocess.Popen[bytes] | None = None
        self._env = {
            "PYTHONPATH": str(libraries),
            "PATRONI_NAME": name,
            "PATRONI_POSTGRESQL_LISTEN": f"127.0.0.1:{self.port}",
            "PATRONI_POSTGRESQL_CONNECT_ADDRESS": f"127.0.0.1:{self.port}",
            "PATRONI_POSTGRESQL_DATA_DIR": str(self.data),
            "PATRONI_POSTGRESQL_BIN_DIR": str(place.postgres_bin),
            "PATRONI_RESTAPI_LISTEN": f"127.0.0.1:{self._rest}",
            "PATRONI_RESTAPI_CONNECT_ADDRESS": f"127.0.0.1:{self._rest}",
            "PATRONI_ETCD3_HOSTS": f"127.0.0.1:{etcd}",
        }
        for role, user in (("SUPERUSER", "postgres"), ("REPLICATION", "replicator"), ("REWIND", "rewinder")):
            self._env |= {f"PATRONI_{role}_USERNAME": user, f"PATRONI_{role}_PASSWORD": WORD}

    def start(self) -> None:
        command = [sys.executable, "-m", "patroni", str(self._place.home / SETTINGS.name)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                _as(self._place.account, command),
                cwd=self._place.home,
                env=os.environ | self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        """As when the power is cut, but for the network: nobody says goodbye, and nothing more is written."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        for process in self._postgres():
            with suppress(psutil.NoSuchProcess):
                process.kill()

    def control(self, *words: str) -> None:
        program = str(self._place.home / "patroni" / "bin" / "patronictl")
        command = [sys.executable, program, "-c", str(self._place.home / SETTINGS.name), *words]
        subprocess.run(command, env=os.environ | self._env, check=True, capture_output=True, timeout=60)

    def about(self) -> dict[str, Any]:
        """What Patroni says of itself."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._rest}/patroni", timeout=5) as answer:
                found = json.load(answer)
        except urllib.error.HTTPError as error:
            found = json.load(error)
        except OSError:
            return {}
        assert isinstance(found, dict)
        return found

    @property
    def is_primary(self) -> bool:
        return self.about().get("role") == "primary"

    @property
    def follows(self) -> bool:
        about = self.about()
        return about.get("role") == "replica" and about.get("replication_state") == "streaming"

    def _postgres(self) -> list[psutil.Process]:
        try:
            server = psutil.Process(int((self.data / "postmaster.pid").read_text().split("\n")[0]))
            return [server, *server.children(recursive=True)]
        except (OSError, ValueError, psutil.NoSuchProcess):
            return []


class Cluster:
    def __init__(self, place: Place) -> None:
        self._etcd_port = free_port()
        libraries = place.home / "patroni"
        shutil.copytree(TOOLS / "patroni", libraries)
        shutil.copy2(SETTINGS, place.home / SETTINGS.name)
        self._place = place
        self._etcd: subprocess.Popen[bytes] | None = None
        self.nodes = [Node(name, place, self._etcd_port, libraries) for name in ("db1", "db2", "db3")]

    @property
    def url(self) -> str:
        return self._address("fanlight", "fanlight")

    @property
    def admin_url(self) -> str:
        return self._address("postgres", "postgres")

    def _address(self, user: str, database: str) -> str:
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        return f"postgresql://{user}:{WORD}@{hosts}/{database}?target_session_attrs=read-write"

    @property
    def primary(self) -> Node:
        found = eventually(lambda: [node for node in self.nodes if node.is_primary], within=START_SECONDS)
        return found[0]

    def switch_over(self) -> None:
        """As an owner does it, on any of the machines."""
        self.primary.control("switchover", "--force")

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(psycopg2.connect(self.admin_url, connect_timeout=5)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return list(cursor.fetchall()) if cursor.description else []

    def whole(self) -> bool:
        """Two follow, and Patroni has written down whose word a commit has to have."""
        following = [node.about() for node in self.nodes if node.follows]
        return len(following) == 2 and any(about.get("sync_standby") for about in following)

    def start(self) -> None:
        self._start_etcd()
        for node in self.nodes:
            node.start()
        eventually(self.whole, within=START_SECONDS)
        for statement in ROLES:
            self.ask(statement)

    def close(self) -> None:
        for node in self.nodes:
            node.kill()
        if self._etcd:
            self._etcd.kill()
            self._etcd.wait()

    def _start_etcd(self) -> None:
        here, peers = f"http://127.0.0.1:{self._etcd_port}", f"http://127.0.0.1:{free_port()}"
        folder = self._place.home / "etcd"
        told = {
            "--name": "etcd1",
            "--data-dir": str(folder),
            "--listen-client-urls": here,
            "--advertise-client-urls": here,
            "--listen-peer-urls": peers,
            "--initial-advertise-peer-urls": peers,
            "--initial-cluster": f"etcd1={peers}",
        }
        shutil.copy2(TOOLS / "etcd", self._place.home / "etcd-program")
        command = [str(self._place.home / "etcd-program"), *(word for pair in told.items() for word in pair)]
        with (self._place.home / "etcd.log").open("wb") as log:
            self._etcd = subprocess.Popen(
                tethered(command, account=self._place.account),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )


def _as(account: Account | None, command: list[str]) -> list[str]:
    """As the account, which may have no way to where our Python lies: below the home of root."""
    if account is None:
        return tethered(command)
    may = ("--inh-caps", "+dac_override", "--ambient-caps", "+dac_override")
    who = ("--reuid", str(account.uid), "--regid", str(account.gid), "--clear-groups")
    return ["setpriv", *who, *may, "--pdeathsig", "TERM", *command]


@contextmanager
def a_cluster(folder: Path) -> Iterator[Cluster]:
    if not (TOOLS / "etcd").exists() or not (TOOLS / "patroni").is_dir():
        pytest.skip("Patroni and etcd are not here: make faults fetches them")
    place = make_place(folder, elsewhere=Path(tempfile.gettempdir()))
    cluster = Cluster(place)
    try:
        cluster.start()
        yield cluster
    except BaseException:
        print(*(end_of(node.log, 40) for node in cluster.nodes), sep="\n")
        raise
    finally:
        cluster.close()
        if (folder / "servers").is_symlink():
            shutil.rmtree(place.home, ignore_errors=True)
