"""A house whose database was brought back to an earlier second."""

from flask import Flask

from tests.factories.people import a_person, signed_in

CASES = "/admin/payments/cases"


def restored(app: Flask) -> None:
    """As restore.sh says it."""
    done = app.test_cli_runner().invoke(args=["payments", "restored", "2026-11-21 14:03:00"])
    assert done.exit_code == 0 and "wait" in done.output


def compared(app: Flask) -> None:
    """By an admin, who closes the case."""
    admin = signed_in(app, a_person(app, roles=("fan", "admin")), second_factor=True)
    case = admin.get(CASES).one('a:-soup-contains("Renewals, payouts and refunds wait")')["href"]
    here = admin.get(str(case))
    assert "Restored to" in here.text
    admin.send(here.form(f"{case}/close"), note="Compared with the processor.")
