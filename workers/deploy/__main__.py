"""Shows visitors another release of the house, or nothing at all: python -m workers.deploy --help"""

import argparse
import contextlib
import sys
from datetime import UTC, datetime
from pathlib import Path

from app.config import ConfigError
from workers.deploy.deploying import Deployment
from workers.deploy.house import House
from workers.stack.errors import StackError

BACK = "back"


def say(what: str, how: str) -> None:
    """A terminal that went away must not keep us from taking back what was begun."""
    with contextlib.suppress(OSError):
        print(f"  {datetime.now(UTC):%H:%M:%S}  {what:<18}{how}", flush=True)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser("python -m workers.deploy", description=__doc__)
    parser.add_argument("release", help=f"its name, its folder, or: {BACK}")
    parser.add_argument("--no-backup", action="store_true", help="go on without a backup of the database")
    parser.add_argument("--house", type=Path, help="what deploy/install.sh wrote: /etc/fanlight/deploy.toml")
    chosen = parser.parse_args(arguments)
    try:
        house = House.read(chosen.house)
        with house.one_at_a_time():
            release = _previous(house) if chosen.release == BACK else house.release(chosen.release)
            # What went before is in its own backup; the way back should be short.
            backup = not chosen.no_backup and chosen.release != BACK
            Deployment(house, release, say, backup=backup).run()
    except ConfigError as error:
        print("These settings are not right:", *error.problems, sep="\n  ", file=sys.stderr)
        return 1
    except StackError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


def _previous(house: House) -> Path:
    before = house.runs("previous")
    if before is None:
        raise StackError("There is no release to go back to.")
    return before


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
