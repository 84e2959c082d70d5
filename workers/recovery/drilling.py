"""A drill: a random second is restored to an empty folder and looked at, and how long that took is kept."""

import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.config import BackupSettings
from workers.recovery import bases, checks, house_keys, media
from workers.recovery.catalogue import Catalogue, Plan
from workers.recovery.checks import Verdict
from workers.recovery.depot import Depot
from workers.recovery.errors import RecoveryError
from workers.recovery.media import Files
from workers.recovery.notes import Notes
from workers.recovery.restoring import Back, Say, recovered
from workers.stack.embedded import LASTING
from workers.stack.place import Place, make_home, make_place

# So many files are fetched and compared; of the others it is enough that they are there.
SAMPLE = 20
# Of what the base holds: laid out, combined, and room for the log.
ROOM = 2.5


def drill(settings: BackupSettings, depot: Depot, notes: Notes, say: Say, to: datetime | None = None) -> Back:
    """Kept on record whether it goes well or not."""
    began = datetime.now(UTC)
    facts: dict[str, object] = {}
    try:
        catalogue = bases.look(depot)
        # What would be lost if the machine were gone this moment.
        facts["rpo_seconds"] = round((began - catalogue.newest()).total_seconds(), 1)
        moment = to or _some_second(catalogue)
        plan = catalogue.plan(moment)
        facts |= {"moment": moment.isoformat(), "base": plan.base.id}
        back = _hold(settings, depot, catalogue, plan)
        facts["rto_seconds"] = round(back.seconds, 1)
    except Exception as error:
        notes.done("drill", began, trouble=str(error), **facts)
        raise
    trouble = "; ".join(f"{verdict.name}: {verdict.said}" for verdict in back.verdicts if not verdict.good)
    notes.done("drill", began, trouble=trouble, **facts)
    say("RPO", f"{facts['rpo_seconds']} s would be lost")
    return back


def _some_second(catalogue: Catalogue) -> datetime:
    spans = catalogue.spans()
    if not spans:
        raise RecoveryError("There is nothing yet that could be restored.")
    lengths = [(end - start).total_seconds() for start, end in spans]
    start, end = random.choices(spans, lengths)[0]  # noqa: S311
    return start + timedelta(seconds=random.uniform(0, (end - start).total_seconds()))  # noqa: S311


def _hold(settings: BackupSettings, depot: Depot, catalogue: Catalogue, plan: Plan) -> Back:
    begun, moment = time.monotonic(), plan.to or catalogue.newest()
    about = bases.about(depot, plan.chain[0])
    with _empty_place(settings) as place:
        _check_room(place.home, int(about["size"] * ROOM))
        target = place.home / "postgres"
        with recovered(depot, catalogue, plan, place, target, durable=False) as server:
            reached = server.reached(about["owner"])
            files, pack = media.files_at(depot, moment), house_keys.of(depot, moment)
            data = settings.data_dir.resolve()
            verdicts = [_sampled(depot, files)] if files else []
            # Files in an object store are where they are; ours are those that the backup has.
            there = _there(depot, files) if not pack["settings"].get("S3_BUCKET") else None
            verdicts += checks.look(server.url, house_keys.environment(pack), data, moment, there)
    return Back(moment, reached, time.monotonic() - begun, verdicts)


@contextmanager
def _empty_place(settings: BackupSettings) -> Iterator[Place]:
    # Beside the database, where its account can reach it.
    folder = settings.data_dir.resolve() / "drill"
    _sweep(folder)
    elsewhere = LASTING if LASTING.is_dir() else Path(tempfile.gettempdir())
    try:
        # With a server of one's own nothing else has to be installed.
        if bin := settings.backup_postgres_bin:
            folder.mkdir(mode=0o755, parents=True)
            yield Place(*make_home(folder / "servers", elsewhere=elsewhere), bin, bin)
        else:
            yield make_place(folder, elsewhere=elsewhere)
    finally:
        _sweep(folder)


def _sweep(folder: Path) -> None:
    """Also what a killed one left, and where it had to lie elsewhere."""
    pointer = folder / "servers"
    if pointer.is_symlink():
        shutil.rmtree(pointer.resolve(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def _check_room(folder: Path, wanted: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < wanted:
        raise RecoveryError(f"A drill needs {wanted >> 20} MB in {folder}, and {free >> 20} MB are free.")


def _there(depot: Depot, files: Files) -> list[str]:
    contents = media.stored(depot)
    return [name for name, entry in files.items() if entry[2] in contents]


def _sampled(depot: Depot, files: Files) -> Verdict:
    some = random.sample(sorted(files), min(SAMPLE, len(files)))
    wrong = [name for name in some if not media.content_matches(depot, files[name])]
    said = f"of {len(some)} files that were compared {len(wrong)} are not what they were"
    return Verdict("files", not wrong, said)
