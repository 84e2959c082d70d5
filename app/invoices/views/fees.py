"""What the house keeps, where it differs from the usual."""

from typing import Any

from flask import flash
from werkzeug.wrappers import Response

from app.invoices import products, queries_admin
from app.invoices.forms import FeeForm
from app.invoices.operations import fee_rules
from app.invoices.views import bp
from app.kit import clock
from app.platform.errors import Refused
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, see
from app.platform.settings import settings
from app.platform.viewer import signed_in_viewer

PAGE, HOME = "invoices/admin/fees.html", "/admin/fees"


@bp.get("/admin/fees")
@guard(Access.ADMIN)
def show_fees() -> Response:
    return page(PAGE, **_about(_form()))


@bp.post("/admin/fees")
@guard(Access.ADMIN, fresh=True)
def add_fee() -> Response:
    form = _form()
    if not form.validate() or form.bps is None:
        return form_page(PAGE, **_about(form))
    handle = (form.handle.data or "").removeprefix("@")
    try:
        fee_rules.set_rule(signed_in_viewer().id, handle, form.kind.data, form.bps, form.begins)
    except Refused as refused:
        form.refuse(refused)
        return form_page(PAGE, **_about(form))
    flash("It holds for what is sold from then on.", "good")
    return see(HOME)


def _form() -> FeeForm:
    form = FeeForm()
    form.kind.choices = {"": "Everything"} | products.kinds()
    return form


def _about(form: FeeForm) -> dict[str, Any]:
    return {
        "form": form,
        "rules": queries_admin.fee_rules(),
        "nouns": products.nouns(),
        "usual": settings().platform_fee_bps,
        "at": clock.now(),
    }
