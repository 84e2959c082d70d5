"""By which ways money may come in: for the whole house, and for what one creator sells."""

from typing import Any
from uuid import UUID

from flask import flash
from werkzeug.wrappers import Response

from app.invoices import rails
from app.invoices.rails import CREDIT
from app.payments import queries
from app.payments.forms import SwitchForm
from app.payments.operations import switching
from app.payments.views import bp
from app.platform.errors import NotFound
from app.platform.guards import Access, guard
from app.platform.pages import page, see
from app.platform.viewer import signed_in_viewer

HOUSE, MINE = "/admin/payments/rails", "/dashboard/ways-to-pay"


@bp.get(HOUSE)
@guard(Access.ADMIN)
def show_rails() -> Response:
    return page("payments/admin/rails.html", base=HOUSE, **_ways(None))


@bp.post(f"{HOUSE}/<string:rail>")
@guard(Access.ADMIN, fresh=True)
def switch_rail(rail: str) -> Response:
    return _switch(rail, None, HOUSE)


@bp.get(MINE)
@guard(Access.CREATOR)
def show_ways() -> Response:
    return page("payments/ways.html", base=MINE, **_ways(signed_in_viewer().id))


@bp.post(f"{MINE}/<string:rail>")
@guard(Access.CREATOR)
def switch_way(rail: str) -> Response:
    return _switch(rail, signed_in_viewer().id, MINE)


def _switch(rail: str, seller_id: UUID | None, home: str) -> Response:
    """Credit is no way that closes: it is people's own."""
    names = _names()
    if rail not in names:
        raise NotFound
    on = bool(SwitchForm().on.data)
    switching.switch(rail, seller_id, on=on, actor_id=signed_in_viewer().id)
    flash(f"{names[rail]} is {'open' if on else 'closed'} from now on.", "good")
    return see(home)


def _ways(seller_id: UUID | None) -> dict[str, Any]:
    off, house = queries.switched_off(seller_id), queries.switched_off(None)
    return {"ways": [(rail, label, rail not in off, rail in house) for rail, label in _names().items()]}


def _names() -> dict[str, str]:
    return {name: label for name, label in rails.names().items() if name != CREDIT}
