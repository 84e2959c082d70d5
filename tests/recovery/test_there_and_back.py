"""F8: the machine is lost; the house comes back on an empty one, to the last moment or to a chosen one."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg2
import pytest
from dotenv import dotenv_values

from app.config import load_backup_settings
from tests.faults.processes import start
from tests.recovery.houses import KEY, House, a_house, a_new_machine
from tests.support import eventually
from workers.recovery import media
from workers.recovery.depot import Gone, open_depot
from workers.recovery.laying import lay_out
from workers.recovery.recovering import Recovering
from workers.recovery.restoring import Wanted, restore
from workers.stack.embedded import LASTING, EmbeddedServers
from workers.stack.place import make_place

LOST_AT_MOST = timedelta(seconds=60)
HOUSE = {"user": "fanlight", "dbname": "fanlight"}


@pytest.mark.fault_long
def test_what_was_lost_with_its_machine_comes_back(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    with a_house(tmp_path, {"BACKUP_TO": str(tmp_path / "store")}) as house:
        chosen = live_and_die(house)
        lost_at = house.lose_the_machine()
        with a_new_machine(tmp_path, house) as (data, run):
            remembered = make_place(data, elsewhere=LASTING).home / "redis"
            remembered.mkdir()
            assert run("restore", "--to", "latest", "--env", str(tmp_path / ".env")) == 0
            assert not remembered.exists(), "it knew what has not happened now"
            # Not once more, over it.
            assert run("restore", "--to", "latest", "--env", str(tmp_path / ".env")) == 1
            back = beats_in(data)
            assert back == house.beats[: len(back)]
            assert back[-1] > chosen and lost_at - back[-1] < LOST_AT_MOST
            assert (data / "storage/media/one").read_bytes() == b"a picture"
            assert not (data / "storage/media/other").exists()
            assert dotenv_values(tmp_path / ".env")["ENCRYPTION_KEYS"] == house.env["ENCRYPTION_KEYS"]
        assert beats_at(house, tmp_path, chosen) == [beat for beat in house.beats if beat < chosen]


def live_and_die(house: House) -> datetime:
    """With a full backup, another as the first can be no ground any more, one of what changed since,
    files that come and go; a moment in between.

    A row that says this moment was committed a little after it.
    """
    files = house.settings.data_dir / "storage" / "media"
    files.mkdir(parents=True)
    (files / "one").write_bytes(b"a picture")
    (files / "other").write_bytes(b"another")
    with start("workers.recovery", house.env, "receive") as service, house.writing():
        eventually(lambda: house.look().usable(), within=60)
        house.forget_changes()
        assert house.run("backup") == 0
        assert house.run("backup") == 0
        assert [base.full for base in house.look().usable()] == [True, True, False]
        (files / "other").unlink()
        chosen = eventually(lambda: len(house.beats) > 20 and house.beats[-1])
        assert isinstance(chosen, datetime)
        eventually(lambda: house.beats[-1] > chosen + timedelta(seconds=1))
        # Files have a round of their own.
        eventually(lambda: list(media.files_at(house.depot, datetime.now(UTC))) == ["media/one"])
        house.shipped_beyond(datetime.now(UTC))
        service.kill()
    return chosen


def beats_in(data: Path) -> list[datetime]:
    """As the house would find them, with the passwords of its new machine. It will charge nobody again."""
    with EmbeddedServers(data) as servers, psycopg2.connect(servers.database_url) as connection:
        cursor = connection.cursor()
        cursor.execute("select kind, state from payment_cases")
        assert cursor.fetchall() == [("restored", "open")]
        cursor.execute("select at from beats order by at")
        return [row[0] for row in cursor.fetchall()]


def beats_at(house: House, folder: Path, moment: datetime) -> list[datetime]:
    catalogue = house.look()
    place = make_place(folder / "then", elsewhere=Path("/tmp"))  # noqa: S108
    target = place.home / "postgres"
    plan = catalogue.plan(moment)
    lay_out(house.depot, catalogue, plan, place, target)
    server = Recovering(place, target, folder / "then.log", HOUSE, durable=False)
    try:
        server.recover(plan)
        rows = server.ask("fanlight", "select at from beats order by at", database="fanlight")
    finally:
        server.close()
        # It may have had to lie elsewhere.
        shutil.rmtree(place.home)
    return [row[0] for row in rows]


def test_what_does_not_come_back_leaves_the_database_that_is_there(tmp_path: Path) -> None:
    """Moved aside it would be followed by an empty one at the next start."""
    store, data = tmp_path / "store", tmp_path / "data"
    store.mkdir()
    settings = load_backup_settings(backup_to=str(store), backup_key=KEY, data_dir=data)
    depot = open_depot(settings)
    at = datetime(2026, 11, 22, 3, tzinfo=UTC).isoformat()
    about = {
        "id": "20261122T030000Z-full", "system": "7", "timeline": 1, "start": 0, "after": 9, "parent": "",
        "started_at": at, "stopped_at": at, "segment_size": 1 << 24, "version": 180_000, "house": HOUSE,
        "owner": "postgres", "parts": 1,
    }  # fmt: skip
    depot.put_json(f"7/base/{about['id']}/about", about)
    depot.put("7/wal/000000010000000000000000", [b"log"])
    depot.put_json("keys/20261122T030000Z", {"settings": {}, "demo": {}, "wallet": ""})
    home = make_place(data, elsewhere=LASTING).home
    (home / "postgres").mkdir()
    (home / "postgres/PG_VERSION").write_text("18")
    try:
        with pytest.raises(Gone):
            restore(settings, depot, Wanted(None, aside=True, env=tmp_path / ".env"), lambda *_: None)
        assert [path.name for path in home.iterdir() if path.name != "restore.log"] == ["postgres"]
        assert (home / "postgres/PG_VERSION").read_text() == "18"
    finally:
        shutil.rmtree(home)
