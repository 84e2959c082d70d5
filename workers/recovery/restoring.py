"""The way back: a house in an empty data folder, as it was at a moment."""

import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg2

from app.config import BackupSettings
from workers.recovery import bases, checks, house_keys, media
from workers.recovery.catalogue import Catalogue, Plan, spoken
from workers.recovery.checks import Verdict
from workers.recovery.depot import Depot
from workers.recovery.errors import RecoveryError
from workers.recovery.house_keys import Pack
from workers.recovery.laying import lay_out
from workers.recovery.notes import Notes
from workers.recovery.recovering import Recovering
from workers.recovery.source import programs
from workers.stack.embedded import LASTING
from workers.stack.environment import ROOT, Folders
from workers.stack.keys import Keys
from workers.stack.place import Place, make_place, service_account
from workers.stack.postgres import ADMIN, MAJOR, NAME

Say = Callable[[str, str], None]


@dataclass(frozen=True)
class Wanted:
    # Nothing: all that there is.
    to: datetime | None
    # Move a database that is there aside.
    aside: bool = False
    # Where settings of the house are added that it lacks.
    env: Path = ROOT / ".env"


@dataclass(frozen=True)
class Back:
    moment: datetime
    # The last change that was replayed.
    reached: datetime | None
    seconds: float
    verdicts: list[Verdict]

    @property
    def whole(self) -> bool:
        return all(verdict.good for verdict in self.verdicts)


def restore(settings: BackupSettings, depot: Depot, wanted: Wanted, say: Say) -> Back:
    """Database, files and keys, ready for `make run`."""
    began, begun = datetime.now(UTC), time.monotonic()
    catalogue = bases.look(depot)
    plan = catalogue.plan(wanted.to)
    facts = bases.about(depot, plan.base)
    _check_release(facts["version"] // 10_000)
    moment = wanted.to or catalogue.newest()
    folders = Folders(settings.data_dir.resolve())
    folders.make()
    with _alone(folders):
        place = make_place(folders.data, elsewhere=LASTING)
        with _room(place.home / "postgres", aside=wanted.aside, say=say):
            _tell_choice(catalogue, plan, say)
            pack = _keys(depot, moment, wanted.env, folders.data, say)
            with recovered(depot, catalogue, plan, place, place.home / "postgres") as server:
                reached = server.reached(facts["owner"])
                say(
                    "database",
                    f"recovered in {time.monotonic() - begun:.0f} s; its last change: {_told(reached)}",
                )
                _new_passwords(server, place.home / "keys.json")
                _files(depot, moment, folders.data, say)
                url = server.url
                its_settings, until = house_keys.environment(pack), wanted.to or reached or moment
                verdicts = checks.look(url, its_settings, folders.data, moment)
                say("money", checks.hold_money(url, its_settings, folders.data, spoken(until)))
                back = Back(until, reached, time.monotonic() - begun, verdicts)
                _note(url, began, plan, back)
        # It remembers what has not happened now, and nothing there is the only copy.
        shutil.rmtree(place.home / "redis", ignore_errors=True)
    tell(back, say)
    return back


def files_and_keys(settings: BackupSettings, depot: Depot, wanted: Wanted, say: Say) -> None:
    """What a house with a database of its own needs beside that."""
    moment = wanted.to or bases.look(depot).newest()
    folders = Folders(settings.data_dir.resolve())
    folders.make()
    _keys(depot, moment, wanted.env, folders.data, say)
    _files(depot, moment, folders.data, say)


def lay_out_for_others(
    settings: BackupSettings, depot: Depot, to: datetime | None, folder: Path, say: Say
) -> None:
    """For a server of one's own: its data folder, recovered and closed."""
    if folder.exists() and any(folder.iterdir()):
        raise RecoveryError(f"{folder} is not empty.")
    catalogue = bases.look(depot)
    plan = catalogue.plan(to)
    _tell_choice(catalogue, plan, say)
    home = folder.resolve().parent
    account = service_account() if os.geteuid() == 0 else None
    bin = programs(settings)
    if folder.exists():
        folder.rmdir()
    with recovered(depot, catalogue, plan, Place(home, account, bin, bin), home / folder.name) as server:
        reached = server.reached(bases.about(depot, plan.base)["owner"])
    say("restored", f"{folder}; its last change: {_told(reached)}")


@contextlib.contextmanager
def recovered(
    depot: Depot, catalogue: Catalogue, plan: Plan, place: Place, target: Path, *, durable: bool = True
) -> Iterator[Recovering]:
    """A server on `target`, at the moment of the plan; closed, it leaves a data folder like any other."""
    lay_out(depot, catalogue, plan, place, target)
    house = bases.about(depot, plan.base)["house"]
    server = Recovering(place, target, target.with_name("restore.log"), house, durable=durable)
    try:
        server.recover(plan)
        yield server
    finally:
        server.close()


def tell(back: Back, say: Say) -> None:
    for verdict in back.verdicts:
        say(verdict.name, verdict.said if verdict.good else f"NOT WHOLE. {verdict.said}")
    say("restored", f"as of {spoken(back.moment)}, in {back.seconds:.0f} s")


def _tell_choice(catalogue: Catalogue, plan: Plan, say: Say) -> None:
    say("choice", f"{spoken(plan.to) if plan.to else 'all that there is'}, from the base {plan.base.id}")
    if not plan.to and catalogue.goes_on_without(plan.base):
        say(
            "NOT ALL", f"what was written after {spoken(catalogue.newest())} has no base yet that leads to it"
        )


def _keys(depot: Depot, moment: datetime, env: Path, data: Path, say: Say) -> Pack:
    pack = house_keys.of(depot, moment)
    added = house_keys.put_back(pack, data, env)
    say("keys", f"added to {env}: {', '.join(added)}" if added else "nothing to add")
    return pack


def _files(depot: Depot, moment: datetime, data: Path, say: Say) -> None:
    files = media.files_at(depot, moment)
    brought = media.restore(depot, files, data / "storage")
    say("files", f"{len(files)}, of which {brought} had to be fetched")


def _check_release(release: int) -> None:
    if release != int(MAJOR):
        raise RecoveryError(
            f"The backup is of PostgreSQL {release}, and the embedded one is {MAJOR}: lay it out for a "
            "server of its own release, as docs/recovery.md says."
        )


@contextlib.contextmanager
def _alone(folders: Folders) -> Iterator[None]:
    """Under the lock of the running house."""
    lock = os.open(folders.run / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise RecoveryError(f"Fanlight runs on {folders.data}. Stop it first (Ctrl-C).") from None
    finally:
        os.close(lock)


@contextlib.contextmanager
def _room(target: Path, *, aside: bool, say: Say) -> Iterator[None]:
    """What is there is moved aside, and comes back when nothing came of it."""
    if not target.exists() or not any(target.iterdir()):
        if target.exists():
            target.rmdir()
        yield
        return
    if not aside:
        raise RecoveryError(
            f"There is a database in {target} already. Restore into an empty folder (DATA_DIR=...), or have "
            "this one moved aside: ASIDE=1"
        )
    other = target.with_name(f"postgres.{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    target.rename(other)
    say("before", f"what was there is in {other}")
    try:
        yield
    except BaseException:
        for folder in (target, *target.parent.glob(f"{target.name}.part*")):
            shutil.rmtree(folder, ignore_errors=True)
        other.rename(target)
        say("before", f"what was there is in {target} again")
        raise


def _new_passwords(server: Recovering, path: Path) -> None:
    """Those of the old machine's servers are not in the backup, and need not be known."""
    keys = Keys.load_or_make(path)
    for role, password in ((ADMIN, keys.admin_password), (NAME, keys.database_password)):
        server.ask(ADMIN, f"alter role {role} password %s", password)


def _note(url: str, began: datetime, plan: Plan, back: Back) -> None:
    trouble = "; ".join(verdict.said for verdict in back.verdicts if not verdict.good)
    facts = {"moment": back.moment.isoformat(), "base": plan.base.id, "rto_seconds": round(back.seconds, 1)}
    # A house from before there were such notes has no place for them.
    with contextlib.suppress(psycopg2.errors.UndefinedTable):
        Notes(url).done("restore", began, trouble=trouble, **facts)


def _told(reached: datetime | None) -> str:
    return spoken(reached) if reached else "before the base was made"
