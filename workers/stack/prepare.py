"""Bring the database to the newest migration and, in demo mode, put the demo data in.

Answers the launcher with one line of JSON: what the demo accounts sign in with.
"""

import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def main() -> int:
    from app import create_app  # noqa: PLC0415 - only when run
    from app.config import ConfigError  # noqa: PLC0415

    try:
        app = create_app()
    except ConfigError as error:
        print(*error.problems, sep="\n", file=sys.stderr)
        return 2
    with app.app_context():
        _migrate()
    if not app.extensions["fanlight.settings"].demo:
        print(json.dumps({}))
        return _without_demo_people(app)
    return _seed(app)


def _migrate() -> None:
    from flask_migrate import upgrade  # noqa: PLC0415

    upgrade()


def _without_demo_people(app: "Flask") -> int:
    """Everybody knows their password: a house that was a demo before does not go live with them."""
    result = app.test_cli_runner().invoke(args=["demo", "check"])
    print(result.output, file=sys.stderr)
    return result.exit_code


def _seed(app: "Flask") -> int:
    from app.demo import people  # noqa: PLC0415

    result = app.test_cli_runner().invoke(args=["demo", "seed"])
    print(result.output, file=sys.stderr)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    print(json.dumps({"password": people.DEMO_PASSWORD, "totp": people.DEMO_TOTP_SECRET}))
    return result.exit_code


if __name__ == "__main__":
    sys.exit(main())
