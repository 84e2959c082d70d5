"""The primary dies while people pay: another server takes over, and every acknowledged payment is there.

Three PostgreSQL under Patroni with the files that owners have, the product on top of them, payments by credit
over HTTP from several people at once. Each sends a form again until it is answered, as one does who reloads.
"""

import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPConnection, HTTPException
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID

import psycopg2
import pytest
from flask import Flask
from sqlalchemy import select

from app.config import Mode, load_backup_settings, load_settings
from app.extensions import db
from app.ledger import verifying
from app.platform.idempotency import new_key
from app.tips.models import Tip
from tests.factories.creators import a_creator
from tests.factories.invoices import give_credit
from tests.factories.people import a_person, signed_in
from tests.faults import processes
from tests.faults.cluster import Cluster, a_cluster
from tests.faults.threads import meanwhile
from tests.page_client import FilledForm, PageClient
from tests.platform.houses import SECRET, a_house
from tests.recovery.houses import KEY
from tests.schema import make_schema
from tests.support import eventually, free_port
from workers.recovery import bases
from workers.recovery.catalogue import Catalogue
from workers.recovery.depot import open_depot
from workers.stack.embedded import EmbeddedServers

pytestmark = [pytest.mark.fault_long, pytest.mark.timeout(900)]

RTO = 60.0
PAYERS, PAUSE = 4, 0.1
ENOUGH = 40
SETTLED = 1.0
START_SECONDS = 90
PAID = select(Tip.id).where(Tip.paid_at.is_not(None))


@dataclass
class Payer:
    """Somebody who tips again and again, and takes no 503 for an answer."""

    reader: PageClient
    form: FilledForm
    # When, and which tip.
    acknowledged: list[tuple[float, UUID]] = field(default_factory=list)
    heard: Counter[str] = field(default_factory=Counter)

    def pay(self, port: int, enough: threading.Event) -> None:
        while not enough.wait(PAUSE):
            body = urlencode({**self.form.fields, "amount": "1", "idempotency_key": new_key()})
            patient_until = time.monotonic() + 2 * RTO
            while not self._acknowledged(port, body) and time.monotonic() < patient_until:
                time.sleep(PAUSE * 3)  # as the answer asks for, if not quite so long

    def _acknowledged(self, port: int, body: str) -> bool:
        cookie = self.reader.http.get_cookie("fanlight")
        assert cookie is not None
        headers = {
            "Cookie": f"fanlight={cookie.value}",
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": self.reader.agent,
        }
        line = HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            line.request("POST", self.form.action, body, headers)
            answer = line.getresponse()
            answer.read()
        except (OSError, HTTPException) as error:
            self.heard[type(error).__name__] += 1
            return False
        finally:
            line.close()
        waits = " and when to come back" if answer.getheader("Retry-After") else ""
        self.heard[f"{answer.status}{waits}"] += 1
        if answer.status == 303:
            tip = UUID(answer.getheader("Location", "").rpartition("/")[2])
            self.acknowledged.append((time.monotonic(), tip))
        return answer.status == 303


class Shop:
    """The product's processes, and people who pay there."""

    def __init__(self, app: Flask, port: int) -> None:
        self.port = port
        a_creator(app, "mara")
        self.payers = [self._payer(app) for _ in range(PAYERS)]

    def _payer(self, app: Flask) -> Payer:
        person = a_person(app)
        give_credit(app, person, 10_000_000)
        reader = signed_in(app, person)
        return Payer(reader, reader.get("/@mara/tip").form("/@mara/tip"))

    @property
    def acknowledged(self) -> list[tuple[float, UUID]]:
        return sorted(each for payer in self.payers for each in payer.acknowledged)

    @property
    def heard(self) -> Counter[str]:
        return sum((payer.heard for payer in self.payers), Counter())

    def go_on(self, count: int = ENOUGH) -> None:
        before = len(self.acknowledged)
        eventually(lambda: len(self.acknowledged) >= before + count, within=RTO)

    @contextmanager
    def open(self) -> Iterator[None]:
        with meanwhile(*(partial(payer.pay, self.port) for payer in self.payers)):
            yield

    def seconds_without(self, moment: float) -> float:
        """The longest time in which nobody could pay, of that which began then or later."""
        times = [at for at, _ in self.acknowledged]
        return max(later - at for at, later in pairwise(times) if later > moment)


@dataclass
class Stage:
    app: Flask
    cluster: Cluster
    shop: Shop
    # What an owner knows of the backups.
    store: dict[str, str]

    def paid(self) -> set[UUID]:
        """As the server says that is asked now."""
        with self.app.app_context():
            db.engine.dispose()
            assert verifying.verify().good
            return set(db.session.scalars(PAID))

    def check(self) -> None:
        """All that was acknowledged is there, once, and nothing else; and nobody saw anything but a 503."""
        acknowledged = [tip for _, tip in self.shop.acknowledged]
        assert self.paid() == set(acknowledged)
        assert len(acknowledged) == len(set(acknowledged))
        assert set(self.shop.heard) <= {"303", "503 and when to come back"}

    def look(self) -> Catalogue:
        told = {name.lower(): value for name, value in self.store.items()}
        return bases.look(open_depot(load_backup_settings(**told)))


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("failover")
    store = folder / "store"
    store.mkdir()
    with (
        a_cluster(folder / "cluster") as cluster,
        EmbeddedServers(folder / "redis", durable=False) as servers,
    ):
        settings = load_settings(
            mode=Mode.DEMO,
            database_url=cluster.url,
            redis_url=servers.redis_url,
            data_dir=folder / "data",
            secret_key=SECRET,
            encryption_keys=[SECRET[::-1]],
        )
        app, port = a_house(settings), free_port()
        kept = {"BACKUP_TO": str(store), "BACKUP_KEY": KEY}
        env = processes.environment(settings) | kept
        env |= {"PORT": str(port), "LIMIT_WRITE": "1000000", "WEB_PROCESSES": "1", "BACKUP_SECONDS": "1"}
        env |= {"BACKUP_DATABASE_URL": cluster.admin_url, "BACKUP_DRILL_DAYS": "0"}
        with app.app_context():
            make_schema(Path("migrations"))
        shop = Shop(app, port)
        with (
            processes.start_anew("wsgi", env),
            processes.start("workers.run", env),
            processes.start("workers.scheduler", env),
            processes.start("workers.recovery", env, "receive"),
        ):
            eventually(lambda: _ready(port), within=START_SECONDS)
            yield Stage(app, cluster, shop, kept)


def _ready(port: int) -> bool:
    line = HTTPConnection("127.0.0.1", port, timeout=5)
    line.request("GET", "/readyz")
    return line.getresponse().status == 200


def say(stage: Stage, what: str, seconds: float) -> None:
    print(f"\n{what}: nobody could pay for {seconds:.1f} s; heard so far {dict(stage.shop.heard)}")


@pytest.mark.parametrize("turn", ["first", "back"])
def test_every_acknowledged_payment_survives_its_primary(
    stage: Stage, turn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with stage.shop.open():
        stage.shop.go_on()
        dead = stage.cluster.primary
        dead.kill()
        killed = time.monotonic()
        eventually(lambda: stage.shop.acknowledged[-1][0] > killed + SETTLED, within=2 * RTO)
        stage.shop.go_on()
        assert stage.cluster.primary is not dead
        # It comes back, unwinds what nobody else has, and follows.
        dead.start()
        eventually(lambda: dead.follows and stage.cluster.whole(), within=START_SECONDS)
        stage.shop.go_on()
    seconds = stage.shop.seconds_without(killed)
    with capsys.disabled():
        say(stage, f"kill -9 of the primary ({turn})", seconds)
    stage.check()
    assert seconds <= RTO


def test_the_primary_moves_when_its_owner_says_so(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    with stage.shop.open():
        stage.shop.go_on()
        before, told = stage.cluster.primary, time.monotonic()
        stage.cluster.switch_over()
        eventually(
            lambda: stage.cluster.primary is not before and stage.cluster.whole(), within=START_SECONDS
        )
        stage.shop.go_on()
    seconds = stage.shop.seconds_without(told)
    with capsys.disabled():
        say(stage, "switchover", seconds)
    stage.check()
    assert seconds <= RTO


def test_where_no_replica_is_left_nobody_is_told_that_they_paid(stage: Stage) -> None:
    """Until one is back: then all of it happened, once."""
    replicas = [node for node in stage.cluster.nodes if node.follows]
    with stage.shop.open():
        stage.shop.go_on()
        for node in replicas:
            node.kill()
        alone = time.monotonic()
        waited = stage.shop.heard["503 and when to come back"]
        eventually(lambda: stage.shop.heard["503 and when to come back"] > waited, within=2 * RTO)
        assert all(at < alone + SETTLED for at, _ in stage.shop.acknowledged)
        for node in replicas:
            node.start()
        eventually(stage.cluster.whole, within=START_SECONDS)
        stage.shop.go_on()
    stage.check()


def test_backups_follow_and_lead_to_all_of_it(stage: Stage, tmp_path: Path) -> None:
    """They began anew on each server that took over, without anybody's help."""
    now = datetime.now(UTC)
    here = int(stage.cluster.ask("select substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)")[0][0], 16)
    assert here > 1
    eventually(lambda: stage.look().usable()[-1].timeline == here, within=START_SECONDS)
    eventually(lambda: stage.look().newest() > now, within=START_SECONDS)
    data = tmp_path / "new"
    words = ("restore", "--to", "latest", "--env", str(tmp_path / ".env"))
    with processes.start("workers.recovery", stage.store | {"DATA_DIR": str(data)}, *words) as restoring:
        assert restoring.wait(3 * START_SECONDS) == 0
    with EmbeddedServers(data) as servers, closing(psycopg2.connect(servers.database_url)) as connection:
        cursor = connection.cursor()
        cursor.execute("select id::text from tips where paid_at is not null")
        assert {UUID(row[0]) for row in cursor.fetchall()} == stage.paid()
    shutil.rmtree((data / "servers").resolve(), ignore_errors=True)
