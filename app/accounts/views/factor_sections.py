"""What second factors, passkeys and wallets show on pages that are not theirs."""

from typing import Any

from flask import Flask
from htmx_flask import request

from app.accounts import queries_factors
from app.accounts.sections import Section, add_section
from app.accounts.views.ways import wanted
from app.platform.viewer import Viewer


def init_app(app: Flask) -> None:
    add_section(app, "security", Section("accounts/factors/_security.html", 40, _security))
    add_section(app, "sign_in", Section("accounts/factors/_sign_in.html", 40, _sign_in))
    add_section(app, "confirm", Section("accounts/factors/_confirm.html", 40, _confirm))


def _security(person: Viewer | None) -> dict[str, Any]:
    assert person is not None
    return {
        "factors": queries_factors.factors(person.id),
        "passkeys": queries_factors.passkeys(person.id),
    }


def _sign_in(_: Viewer | None) -> dict[str, Any]:
    return {"next": wanted(request.args.get("next"))}


def _confirm(person: Viewer | None) -> dict[str, Any]:
    assert person is not None
    return {"ways": queries_factors.ways_in(person.id), "next": wanted(request.args.get("next"))}
