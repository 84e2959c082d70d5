"""python -m workers.recovery receive | backup | list | restore | files | lay-out | drill"""

import argparse
import contextlib
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg2

from app.config import BackupSettings, ConfigError, load_backup_settings, load_settings
from app.platform import logs
from app.platform.errors import Refused
from workers.recovery import bases, house_keys
from workers.recovery.catalogue import LATEST, Catalogue, spoken
from workers.recovery.depot import Depot, open_depot
from workers.recovery.drilling import drill
from workers.recovery.errors import RecoveryError
from workers.recovery.notes import Notes
from workers.recovery.restoring import Wanted, files_and_keys, lay_out_for_others, restore, tell
from workers.recovery.service import back_up, serve
from workers.recovery.source import find_source
from workers.stack.environment import ROOT, Surroundings
from workers.stack.errors import StackError

ENDING = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)

Command = Callable[[argparse.Namespace, BackupSettings, Depot], int]


def say(what: str, how: str) -> None:
    with contextlib.suppress(BrokenPipeError):
        print(f"  {what:<14}{how}", flush=True)


def _receive(_: argparse.Namespace, __: BackupSettings, depot: Depot) -> int:
    settings = load_settings()
    logs.configure("recovery", settings.log_level)
    return serve(settings, find_source(settings, Surroundings.look()), depot)


def _backup(chosen: argparse.Namespace, _: BackupSettings, depot: Depot) -> int:
    settings, surroundings = load_settings(), Surroundings.look()
    house_keys.keep(depot, house_keys.gather(surroundings))
    source = find_source(settings, surroundings)
    about = back_up(settings, source, depot, Notes(settings.direct_url), full=chosen.full)
    say("backup", f"{about['id']}, {_size(about['size'])}, in the store {_size(about['sealed'])}")
    return 0


def _list(_: argparse.Namespace, __: BackupSettings, depot: Depot) -> int:
    catalogue = bases.look(depot)
    for base in catalogue.usable():
        about = bases.about(depot, base)
        say(
            f"{base.stopped_at:%Y-%m-%d}",
            f"{base.id}  {_size(about['size'])}, in the store {_size(about['sealed'])}",
        )
    _tell_spans(catalogue)
    return 0


def _tell_spans(catalogue: Catalogue) -> None:
    spans = catalogue.spans()
    for start, end in spans:
        say("every second", f"from {spoken(start)} to {spoken(end)}")
    if not spans:
        say("every second", "of no time yet")


def _restore(chosen: argparse.Namespace, settings: BackupSettings, depot: Depot) -> int:
    if not Surroundings.look().embeds("DATABASE_URL"):
        raise RecoveryError(
            "DATABASE_URL names a server of your own: lay its data folder out (docs/recovery.md), or "
            "unset DATABASE_URL to restore into the embedded one."
        )
    back = restore(settings, depot, Wanted(_moment(chosen.to), chosen.aside, Path(chosen.env)), say)
    return 0 if back.whole else 1


def _files(chosen: argparse.Namespace, settings: BackupSettings, depot: Depot) -> int:
    files_and_keys(settings, depot, Wanted(_moment(chosen.to), env=Path(chosen.env)), say)
    return 0


def _lay_out(chosen: argparse.Namespace, settings: BackupSettings, depot: Depot) -> int:
    lay_out_for_others(settings, depot, _moment(chosen.to), Path(chosen.folder), say)
    return 0


def _drill(chosen: argparse.Namespace, _: BackupSettings, depot: Depot) -> int:
    settings = load_settings()
    back = drill(settings, depot, Notes(settings.direct_url), say, _moment(chosen.to) if chosen.to else None)
    tell(back, say)
    return 0 if back.whole else 1


def _moment(text: str) -> datetime | None:
    """In UTC where no other zone is named."""
    if text == LATEST:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise RecoveryError(
            f"TO={text} is no moment: write 2026-11-21 14:03:00, in UTC, or {LATEST}."
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _size(count: int) -> str:
    return f"{count / 1024**3:.1f} GB" if count >= 1024**3 else f"{count / 1024**2:.1f} MB"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m workers.recovery", description=__doc__)
    commands = parser.add_subparsers(required=True)

    def add(name: str, command: Command, about: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=about, description=about)
        made.set_defaults(command=command)
        return made

    add("receive", _receive, "bring everything to the store as it comes; make run does this")
    add("backup", _backup, "make a base backup now").add_argument("--full", action="store_true")
    add("list", _list, "what is there, and what can be restored")
    back = add("restore", _restore, "the house as it was, in an empty data folder")
    back.add_argument("--aside", action="store_true", help="move a database that is there aside")
    files = add("files", _files, "files and keys alone, where the database is a server of your own")
    laid = add("lay-out", _lay_out, "the data folder for a PostgreSQL of your own")
    laid.add_argument("folder")
    for one in (back, files, laid):
        one.add_argument("--to", required=True, help="a moment in UTC, or latest")
    for one in (back, files):
        one.add_argument(
            "--env", default=str(ROOT / ".env"), help="what settings are added to that lack there"
        )
    add("drill", _drill, "restore a random second and look at it").add_argument("--to", default="")
    return parser


def _end(number: int, _: object) -> None:
    sys.exit(128 + number)


def main(arguments: list[str]) -> int:
    chosen = _parser().parse_args(arguments)
    # Broken off, it stops what it started and clears away what it made.
    for number in ENDING:
        signal.signal(number, _end)
    try:
        settings = load_backup_settings()
        code: int = chosen.command(chosen, settings, open_depot(settings))
    except ConfigError as error:
        print("These settings are not right:", *error.problems, sep="\n  ", file=sys.stderr)
        return 2
    except (StackError, Refused, psycopg2.OperationalError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
