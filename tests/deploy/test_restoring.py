"""restore.sh in folders of its own: what is the distribution's is stood in for, the script is ours."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support import eventually
from workers.stack.environment import ROOT

# What each is asked stands in the file `asked`.
STAND_INS = {
    "systemctl": 'echo "systemctl $*" >>"$ASKED"',
    # Of PostgreSQL's own account; as the house's it runs what it is told.
    "runuser": """
case "$*" in
*data_directory*) echo "$DATABASE" ;;
*alembic_version*) echo "$STANDS" ;;
*psql*) cat >/dev/null ;;
*) shift 3; exec "$@" ;;
esac""",
    "chown": "",
    "install": 'while [ $# -gt 2 ]; do shift; done; exec cp "$1" "$2"',
    "id": "echo 0",
    # The second time it answers.
    "curl": '[ -e "$ASKED.once" ] && exec echo "answers" >>"$ASKED"; touch "$ASKED.once"; exit 1',
    # As where something still writes there.
    "rm": '[ "$1" != -rf ] || exit 1; exec /bin/rm "$@"',
}
LAYING = """#!/bin/sh
echo "python $*" >>"$ASKED"
[ "$3" = lay-out ] || exit 0
[ -e "$ASKED.whole" ] && exec mkdir "$6"
mkdir -p "$DATABASE.restored-half.part0"
exec sleep 60
"""
UPGRADES = "python -m flask --app app db upgrade"


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    """Its environment. The house runs as blue."""
    blue = tmp_path / "home/blue"
    for folder in ("bin", "etc", "data", "front", "postgres/main"):
        (tmp_path / folder).mkdir(parents=True)
    for folder in (".venv/bin", "migrations/versions"):
        (blue / folder).mkdir(parents=True)
    database = tmp_path / "postgres/main"
    (tmp_path / "home/active").symlink_to("blue")
    (tmp_path / "etc/env").write_text(
        "BACKUP_TO=/backups\nDATABASE_URL=postgresql://fanlight:x@127.0.0.1/fanlight\n"
    )
    (blue / "migrations/versions/0001.py").write_text('revision = "0001_people"\n')
    (tmp_path / "etc/blue.env").write_text("PORT=3000\nWS_PORT=3002\n")
    programs = {tmp_path / "bin" / name: f"#!/bin/sh\n{does}\n" for name, does in STAND_INS.items()}
    for path, text in {**programs, blue / ".venv/bin/python": LAYING}.items():
        path.write_text(text)
        path.chmod(0o755)
    own = f"etc={tmp_path}/etc home={tmp_path}/home data={tmp_path}/data closed={tmp_path}/front/maintenance"
    lines = (ROOT / "deploy/restore.sh").read_text().splitlines()
    here = [own if line.startswith("etc=") else line for line in lines]
    (tmp_path / "restore.sh").write_text("\n".join(here) + "\n")
    return {
        **os.environ,
        "PATH": f"{tmp_path}/bin:{os.environ['PATH']}",
        "ASKED": str(tmp_path / "asked"),
        "DATABASE": str(database),
        # How far the database of the backup is migrated.
        "STANDS": "0001_people",
    }


def restoring(folder: Path, machine: dict[str, str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        # What a suite in the background ignores, a script would as well.
        ["env", "--default-signal=HUP,INT,TERM", "bash", str(folder / "restore.sh"), "latest"],
        env=machine,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # As a terminal's own, so that all of it hears what the terminal says.
        start_new_session=True,
    )


def restored(folder: Path, machine: dict[str, str]) -> str:
    """What it said of a restore that came to its end."""
    for all_goes_well in ("asked.whole", "asked.once"):
        (folder / all_goes_well).touch()
    with restoring(folder, machine) as process:
        said, _ = process.communicate(timeout=20)
    assert process.returncode == 0, said
    return said


@pytest.mark.parametrize("word", [signal.SIGINT, signal.SIGHUP])
def test_who_breaks_it_off_before_anything_is_changed_finds_the_house_open(
    tmp_path: Path, machine: dict[str, str], word: signal.Signals
) -> None:
    """Ctrl-C, because it is the wrong second; a terminal that goes away. What it made may not go at once.

    A deployment that was killed may have led visitors to green.
    """
    asked, closed = tmp_path / "asked", tmp_path / "front/maintenance"
    with restoring(tmp_path, machine) as process:
        eventually(lambda: asked.exists() and "lay-out" in asked.read_text())
        assert closed.exists()
        os.killpg(process.pid, word)
        said, _ = process.communicate(timeout=20)
    assert process.returncode != 0
    assert "Nothing was changed" in said and "not answer" not in said
    assert not closed.exists()
    asked_for = asked.read_text().splitlines()
    assert "systemctl disable --quiet fanlight@green.target" in asked_for
    assert asked_for[-4:] == [
        "systemctl start fanlight@blue.target",
        "python -m workers.proxy --upstreams-only --web 127.0.0.1:3000 --realtime 127.0.0.1:3002",
        "systemctl reload nginx",
        "answers",
    ]


def test_a_deployment_that_is_under_way_is_not_disturbed(tmp_path: Path, machine: dict[str, str]) -> None:
    lock = tmp_path / "home/lock"
    with subprocess.Popen(["flock", "--no-fork", lock, "sleep", "60"]) as deployment:
        try:
            eventually(lambda: subprocess.run(["flock", "-n", lock, "true"], check=False).returncode)
            with restoring(tmp_path, machine) as process:
                said, _ = process.communicate(timeout=20)
        finally:
            deployment.terminate()
    assert process.returncode == 1
    assert "under way" in said
    assert not (tmp_path / "asked").exists()


@pytest.mark.parametrize(("stands", "upgraded"), [("0001_people", True), ("0003_ledger", False)])
def test_a_database_of_a_newer_release_is_opened_by_the_one_that_runs(
    tmp_path: Path, machine: dict[str, str], stands: str, upgraded: bool
) -> None:
    """The newer one was taken back since, and its migrations stayed; to bring them up to date would fail."""
    restored(tmp_path, machine | {"STANDS": stands})
    asked_for = (tmp_path / "asked").read_text().splitlines()
    assert (UPGRADES in asked_for) is upgraded
    assert asked_for[-1] == "answers"
    assert not (tmp_path / "front/maintenance").exists()


def test_a_house_that_was_closed_before_stays_closed(tmp_path: Path, machine: dict[str, str]) -> None:
    """Whoever closed it opens it: they may want to look at it first."""
    closed = tmp_path / "front/maintenance"
    closed.touch()
    said = restored(tmp_path, machine)
    assert closed.exists()
    assert f"rm {closed} opens it" in said and "open again" not in said


def test_a_house_that_was_closed_before_stays_so_when_it_is_broken_off(
    tmp_path: Path, machine: dict[str, str]
) -> None:
    asked, closed = tmp_path / "asked", tmp_path / "front/maintenance"
    closed.touch()
    with restoring(tmp_path, machine) as process:
        eventually(lambda: asked.exists() and "lay-out" in asked.read_text())
        os.killpg(process.pid, signal.SIGINT)
        said, _ = process.communicate(timeout=20)
    assert closed.exists()
    assert "Nothing was changed" in said and "open again" not in said


def test_what_a_restore_closed_the_one_after_it_opens(tmp_path: Path, machine: dict[str, str]) -> None:
    """The first did not come to its end, and said so: begin it again."""
    broken = tmp_path / "bin/install"
    works = broken.read_text()
    broken.write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "asked.whole").touch()
    with restoring(tmp_path, machine) as process:
        said, _ = process.communicate(timeout=20)
    assert process.returncode != 0 and "begin it again" in said
    broken.write_text(works)
    restored(tmp_path, machine)
    assert not (tmp_path / "front/maintenance").exists()
