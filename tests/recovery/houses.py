"""A house with backups, whose machine may be lost."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg2
from flask import Flask

from app.config import load_backup_settings
from tests.faults.processes import environment, start
from tests.platform.houses import a_mortal_house
from tests.support import eventually
from workers.recovery import bases
from workers.recovery.catalogue import Catalogue
from workers.recovery.depot import Depot, open_depot
from workers.stack.embedded import EmbeddedServers

KEY = "the-key-of-the-backups-0123456789"
WAIT = 60.0


class House:
    """Its writer puts a row with the moment into the table `beats` again and again."""

    def __init__(self, app: Flask, servers: EmbeddedServers, store: dict[str, str]) -> None:
        self.servers, self.store = servers, store
        self.settings = app.extensions["fanlight.settings"]
        # The drill has a test of its own.
        own = {"BACKUP_SECONDS": "1", "BACKUP_DRILL_DAYS": "0", "BACKUP_DATABASE_URL": servers.admin_url}
        self.env = environment(self.settings) | store | own
        self.beats: list[datetime] = []
        self._stop = threading.Event()
        with closing(psycopg2.connect(servers.admin_url)) as connection:
            connection.autocommit = True
            connection.cursor().execute("alter system set summarize_wal = on")
            connection.cursor().execute("select pg_reload_conf()")

    @property
    def depot(self) -> Depot:
        return open_depot(load_backup_settings(**{name.lower(): value for name, value in self.store.items()}))

    def look(self) -> Catalogue:
        return bases.look(self.depot)

    def run(self, *arguments: str) -> int:
        with start("workers.recovery", self.env, *arguments) as process:
            return process.wait(WAIT)

    def forget_changes(self) -> None:
        """What changed since the last base, which the server notes at checkpoints."""
        folder = self.servers.postgres.data / "pg_wal/summaries"

        def noted() -> set[Path]:
            # Not the one that is being written.
            return {path for path in folder.iterdir() if path.stem != "temp"}

        before = noted()
        with closing(psycopg2.connect(self.servers.admin_url)) as connection:
            connection.autocommit = True
            connection.cursor().execute("checkpoint")
        eventually(lambda: noted() - before, within=WAIT)
        for summary in noted():
            summary.unlink()

    def shipped_beyond(self, moment: datetime) -> None:
        eventually(lambda: self.look().newest() > moment, within=WAIT)

    @contextmanager
    def writing(self) -> Iterator[None]:
        with psycopg2.connect(self.servers.database_url) as connection:
            connection.cursor().execute("create table beats (at timestamptz)")
        writer = threading.Thread(target=self._write)
        writer.start()
        try:
            yield
        finally:
            self._stop.set()
            writer.join()

    def _write(self) -> None:
        try:
            connection = psycopg2.connect(self.servers.database_url)
            connection.autocommit = True
            with connection.cursor() as cursor:
                while not self._stop.wait(0.1):
                    cursor.execute("insert into beats values (clock_timestamp()) returning at")
                    self.beats.append(cursor.fetchall()[0][0])
        except psycopg2.OperationalError:
            return  # what this is about

    def lose_the_machine(self) -> datetime:
        self.servers.postgres.kill()
        shutil.rmtree(self.servers.postgres.data)
        shutil.rmtree(self.settings.data_dir)
        return datetime.now(UTC)


@contextmanager
def a_house(folder: Path, store: dict[str, str]) -> Iterator[House]:
    with a_mortal_house(folder / "old") as (app, servers):
        yield House(app, servers, store | {"BACKUP_KEY": KEY})


@contextmanager
def a_new_machine(folder: Path, house: House) -> Iterator[tuple[Path, Callable[..., int]]]:
    """Empty, with what its owner knows: the store and the key."""
    data = folder / "new"

    def run(*arguments: str) -> int:
        with start("workers.recovery", house.store | {"DATA_DIR": str(data)}, *arguments) as process:
            return process.wait(WAIT)

    try:
        yield data, run
    finally:
        # It may have had to lie elsewhere.
        shutil.rmtree((data / "servers").resolve(), ignore_errors=True)
