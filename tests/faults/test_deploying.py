"""A release comes while people are there, and one that is no good goes again: nobody notices (F14)."""

import re
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from app.chat.models import Message
from app.config import BackupSettings, load_backup_settings
from app.extensions import db
from app.platform.audit import Action
from app.platform.models import AuditRecord
from tests.chat.talking import begin
from tests.deploy.a_house import Place, a_place
from tests.deploy.visitors import Crowd, cookie_of, crowd
from tests.factories.creators import a_creator
from tests.factories.people import a_person, signed_in
from tests.factories.posts import a_post
from tests.support import eventually
from workers.deploy.runners import Processes
from workers.deploy.smoke import is_seen
from workers.recovery import bases
from workers.recovery.depot import open_depot
from workers.stack.schema import _heads

pytestmark = [pytest.mark.fault_long, pytest.mark.timeout(600)]

BACK_WITHIN = 5.0
MIGRATION = '''"""A pinned post stands first"""

import sqlalchemy as sa
from alembic import op

from app.platform import expanding

revision = "9001_pinned"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("posts", sa.Column("pinned_first", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("messages", sa.Column("probe", sa.Integer()))
    op.create_check_constraint(op.f("ck_posts_long"), "posts", "version < 99999", postgresql_not_valid=True)
    expanding.validate("posts", "ck_posts_long")
    expanding.add_index("ix_posts_pinned_first", "posts", ["creator_id"], where="pinned_first")
    expanding.fill("users", {{"display_name": "'Somebody'"}}, where="display_name = ''")
'''


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    # Not below pytest's folder, which is closed to the account of nginx's workers.
    folder = Path(tempfile.mkdtemp(prefix="fanlight-deploy-"))
    folder.chmod(0o711)
    try:
        with a_place(folder) as there:
            there.a_release("one")
            done = there.deploy("one")
            assert done.returncode == 0, done.stdout + done.stderr
            yield there
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def the_crowd(place: Place) -> tuple[str, str, tuple[str, ...]]:
    """Who writes, where, and what others read."""
    mara, ben = a_creator(place.app), a_person(place.app)
    post = a_post(place.app, mara.id)
    talk = begin(signed_in(place.app, ben), mara.handle)
    landing = place.app.test_client().get("/", base_url=place.url).text
    styles = re.search(r'href="(/static/[^"]+\.css[^"]*)"', landing)
    assert styles
    pages = ("/", "/login", f"/@{mara.handle}", f"/posts/{post}", styles[1])
    return cookie_of(place.app, ben), talk, pages


def nobody_noticed(there: Crowd, place: Place, talk: str) -> None:
    assert there.failures == [], there.answers
    assert there.answers.total() > 100, there.answers
    assert max(there.gaps) < BACK_WITHIN, there.gaps
    with place.app.app_context():
        said = db.session.query(Message).filter(Message.conversation_id == talk.rsplit("/", 1)[1]).count()
    assert said == there.written + 1, "each once, and the first words"


def on_record(place: Place, action: Action) -> AuditRecord:
    with place.app.app_context():
        found = db.session.query(AuditRecord).filter_by(action=action.value).order_by(AuditRecord.at.desc())
        return found.first() or pytest.fail("not on record")


def test_a_release_with_a_migration_comes_and_nobody_notices(place: Place) -> None:
    head = next(iter(_heads(place.folder / "home/releases/one/migrations/versions")))
    place.a_release("two", {"migrations/versions/9001_pinned.py": MIGRATION.format(head=head)})
    refused = place.deploy("two")
    assert refused.returncode == 1
    assert "--no-backup" in refused.stderr
    writer, talk, pages = the_crowd(place)
    with crowd(place, writer, talk, pages) as there:
        done = place.deploy("two", "--no-backup")
    print(done.stdout, there.answers, there.gaps)
    assert done.returncode == 0, done.stdout + done.stderr
    nobody_noticed(there, place, talk)
    assert place.house.active == "green"
    with place.app.app_context():
        valid = db.session.scalar(
            text("select indisvalid from pg_index where indexrelid = 'ix_posts_pinned_first'::regclass")
        )
    assert valid
    record = on_record(place, Action.DEPLOYED)
    assert (record.subject_id, record.data["before"]) == ("two", "one")


def test_a_backup_is_made_first_and_nobody_notices(place: Place, tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    place.a_release("kept")
    writer, talk, pages = the_crowd(place)
    with place.backed_up(store) as told, crowd(place, writer, talk, pages) as there:
        done = place.deploy("kept")
        bases_made = bases.look(open_depot(backups_of(told))).usable()
    print(done.stdout, there.answers, there.gaps)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"back up +made", done.stdout)
    assert bases_made, "one that leads somewhere, its log beside it"
    nobody_noticed(there, place, talk)


def test_without_its_store_there_is_no_deployment(place: Place, tmp_path: Path) -> None:
    """A disk that is not mounted: nothing has begun, and it says so."""
    active, name = place.house.active, place.a_release("homeless").name
    with place.backed_up(tmp_path / "away"):
        done = place.deploy(name)
    assert done.returncode == 1
    assert "away" in done.stderr
    assert place.house.active == active
    assert place.house.runs(place.house.idle) != place.house.release(name)


def test_after_one_that_was_killed_the_next_comes_and_nobody_notices(place: Place) -> None:
    """Visitors saw the new release already, and its worker had taken the work."""
    for name in ("killed", "after"):
        place.a_release(name)
    active = place.house.active
    running = Processes(place.house)
    with place.deploying("killed", "--no-backup") as process:
        eventually(lambda: not running.runs("worker", str(active)), within=120)
        process.kill()
    writer, talk, pages = the_crowd(place)
    with crowd(place, writer, talk, pages) as there:
        done = place.deploy("after", "--no-backup")
    print(done.stdout, there.answers, there.gaps)
    assert done.returncode == 0, done.stdout + done.stderr
    nobody_noticed(there, place, talk)


def test_one_that_is_broken_off_while_visitors_are_brought_back_brings_them_back(place: Place) -> None:
    """After one that was killed, the next begins with that; Ctrl-C then ends it, but not half-way."""
    for name in ("cut-down", "broken-off"):
        place.a_release(name)
    active, idle = str(place.house.active), place.house.idle
    running = Processes(place.house)
    with place.deploying("cut-down", "--no-backup") as process:
        eventually(lambda: running.runs("worker", idle), within=240)
        process.kill()
    writer, talk, pages = the_crowd(place)
    last = ("broken-off", "--no-backup")
    with crowd(place, writer, talk, pages) as there, place.deploying(*last) as process:
        eventually(lambda: not running.runs("worker", idle), within=240)
        process.send_signal(signal.SIGINT)
        said, wrong = process.communicate(timeout=240)
    print(said, wrong, there.answers, there.gaps)
    assert process.returncode == 1
    assert running.runs("worker", active) and running.runs("scheduler", active)
    before = place.house.runs(active)
    assert before and is_seen(place.port, place.url, before.name)
    nobody_noticed(there, place, talk)


def test_who_does_not_wait_for_the_old_one_to_end_is_not_told_that_it_runs(place: Place) -> None:
    """Ctrl-C when there is no way back any more: visitors see the new release, and it stands on record."""
    idle, before = place.house.idle, place.house.runs(place.house.active)
    assert before
    place.a_release("hurried")
    with place.deploying("hurried", "--no-backup") as process:
        eventually(lambda: place.house.active == idle, within=120)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=120)
    assert "hurried runs all the same" in said
    assert f"{before.name} runs" not in said.partition("failed")[2]
    assert on_record(place, Action.DEPLOYED).subject_id == "hurried"


def backups_of(told: dict[str, str]) -> BackupSettings:
    return load_backup_settings(**{name.lower(): value for name, value in told.items()})


BROKEN = {
    "a page fails": {"templates/accounts/login.html": "{{ nobody.knows.this }}"},
    "it does not start": {"wsgi.py": "raise SystemExit(1)\n"},
    "its work fails": {"workers/run.py": "raise SystemExit(1)\n"},
    "a migration locks": {
        "migrations/versions/9002_bad.py": MIGRATION.replace("not_valid=True", "not_valid=False")
    },
}

WHY = {
    "a page fails": "the login page: 500",
    "it does not start": "web of bad-1 ended",
    "its work fails": "worker of bad-2 ended",
    "a migration locks": "constraint: looks through the table",
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_release_that_is_no_good_goes_again_and_nobody_notices(place: Place, fault: str) -> None:
    name = f"bad-{list(BROKEN).index(fault)}"
    place.a_release(name, BROKEN[fault])
    active = place.house.active
    writer, talk, pages = the_crowd(place)
    with crowd(place, writer, talk, pages) as there:
        done = place.deploy(name, "--no-backup")
    print(done.stdout, done.stderr, there.answers, there.gaps)
    assert WHY[fault] in done.stderr
    assert done.returncode == 1
    nobody_noticed(there, place, talk)
    assert place.house.active == active
    record = on_record(place, Action.DEPLOYMENT_TAKEN_BACK)
    assert record.subject_id == name
    assert record.data["why"]
