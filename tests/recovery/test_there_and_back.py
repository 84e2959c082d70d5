"""F8: the machine is lost; the house comes back on an empty one, to the last moment or to a chosen one."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg2
from dotenv import dotenv_values

from tests.faults.processes import start
from tests.recovery.houses import House, a_house, a_new_machine
from tests.support import eventually
from workers.recovery import media
from workers.recovery.laying import lay_out
from workers.recovery.recovering import Recovering
from workers.stack.embedded import EmbeddedServers
from workers.stack.place import make_place

LOST_AT_MOST = timedelta(seconds=60)
HOUSE = {"user": "fanlight", "dbname": "fanlight"}


def test_what_was_lost_with_its_machine_comes_back(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    with a_house(tmp_path, {"BACKUP_TO": str(tmp_path / "store")}) as house:
        chosen = live_and_die(house)
        lost_at = house.lose_the_machine()
        with a_new_machine(tmp_path, house) as (data, run):
            assert run("restore", "--to", "latest", "--env", str(tmp_path / ".env")) == 0
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
    """With a full backup, one of what changed since, files that come and go; a moment in between.

    A row that says this moment was committed a little after it.
    """
    files = house.settings.data_dir / "storage" / "media"
    files.mkdir(parents=True)
    (files / "one").write_bytes(b"a picture")
    (files / "other").write_bytes(b"another")
    with start("workers.recovery", house.env, "receive") as service, house.writing():
        eventually(lambda: house.look().usable(), within=60)
        assert house.run("backup") == 0
        assert [base.full for base in house.look().usable()] == [True, False]
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
    """As the house would find them, with the passwords of its new machine."""
    with EmbeddedServers(data) as servers, psycopg2.connect(servers.database_url) as connection:
        cursor = connection.cursor()
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
