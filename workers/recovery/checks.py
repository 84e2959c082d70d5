"""Is what was restored whole? Run on its own, with the settings of the restored house.

python -m workers.recovery.checks [OPTION ...]     what `flask media verify` is told
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from workers.recovery.errors import RecoveryError
from workers.stack.environment import ROOT

# Nobody listens there: a restored house has nothing to tell the running one.
NOWHERE = "redis://127.0.0.1:1/0"
# Files reach the store a little later than the database does.
ON_ITS_WAY = timedelta(minutes=2)
CHECKS = (("ledger", "verify"), ("audit", "verify"), ("media", "verify"))


@dataclass(frozen=True)
class Verdict:
    name: str
    good: bool
    said: str


def look(
    database_url: str,
    settings: dict[str, str],
    data_dir: Path,
    moment: datetime,
    files: Iterable[str] | None = None,
) -> list[Verdict]:
    """Of the ledger, the audit log and the files, each by the command that an owner has for it.

    `files` are those that count as there; without, the house looks where they lie. What changed right before
    `moment` may have been on its way yet.
    """
    chosen = _of_house(database_url, settings, data_dir)
    with tempfile.NamedTemporaryFile("w", suffix=".names") as names:
        names.writelines(f"{name}\n" for name in files or ())
        names.flush()
        limit = (moment - ON_ITS_WAY).astimezone(UTC)
        options = ["--until", f"{limit:%Y-%m-%dT%H:%M:%S}"]
        options += [] if files is None else ["--among", names.name]
        said = _run(["workers.recovery.checks", *options], chosen)
    return [Verdict(**one) for one in json.loads(said.splitlines()[-1])]


def hold_money(database_url: str, settings: dict[str, str], data_dir: Path, moment: str) -> str:
    """What was charged and paid out since must not be so again (app/payments/operations/holding.py)."""
    chosen = _of_house(database_url, settings, data_dir)
    return _run(["flask", "--app", "app", "payments", "restored", moment], chosen).strip()


def _of_house(database_url: str, settings: dict[str, str], data_dir: Path) -> dict[str, str]:
    """Its settings. No pooler leads to what was restored just now."""
    own = {"REDIS_URL": NOWHERE, "DATA_DIR": str(data_dir)}
    return settings | own | {"DATABASE_URL": database_url, "DATABASE_DIRECT_URL": database_url}


def _run(module: list[str], settings: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *module],
        cwd=ROOT,
        env=os.environ | settings,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RecoveryError(f"What was restored could not be looked at: {done.stderr.strip()[-2000:]}")
    return done.stdout


def main(of_media: list[str]) -> int:
    from app import create_app  # noqa: PLC0415 - only when run

    runner, verdicts = create_app().test_cli_runner(), []
    for group, verb in CHECKS:
        options = of_media if group == "media" else []
        result = runner.invoke(args=[group, verb, *options])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        verdicts.append({"name": group, "good": result.exit_code == 0, "said": result.output.strip()})
    print(json.dumps(verdicts))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
