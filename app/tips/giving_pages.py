"""The sheet on which a tip is given, wherever: the features that offer it say on what."""

from typing import Any

from htmx_flask import request
from werkzeug.wrappers import Response

from app.kit.money import plain, readable
from app.platform.errors import Refused
from app.platform.pages import form_page, page, see
from app.platform.viewer import signed_in_viewer
from app.tips.forms import SUGGESTED, TipForm
from app.tips.operations import giving
from app.tips.queries import Target

FORM, SHEET = "tips/give.html", "tips/_sheet.html"


def ask(target: Target) -> Response:
    """`?amount=5` is typed already."""
    amount = request.args.get("amount", "")
    form = TipForm(target.currency, formdata=None, data={"amount": amount})
    return page(FORM, partial=SHEET, **_form(target, form))


def give(target: Target) -> Response:
    form = TipForm(target.currency)
    try:
        if form.validate():
            tip, invoice = giving.give(signed_in_viewer().id, target, form.wish)
            return see(f"/tips/{tip.id}" if invoice.paid_at else f"/invoices/{invoice.id}")
    except Refused as refused:
        form.refuse(refused)
    return form_page(FORM, partial=SHEET, **_form(target, form))


def _form(target: Target, form: TipForm) -> dict[str, Any]:
    currency = target.currency
    return {
        "target": target,
        "form": form,
        "action": f"{target.href}/tip",
        "suggested": [(plain(one, currency), readable(one, currency)) for one in SUGGESTED],
        "credit": target.credit,
    }
