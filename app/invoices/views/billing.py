"""Settings, billing: where somebody lives, and what they want to spend at most."""

from typing import Any

from flask import flash
from werkzeug.wrappers import Response

from app.invoices import queries
from app.invoices.forms import COUNTED_IN, BillingForm, LimitForm
from app.invoices.operations import billing, limits
from app.invoices.views import bp
from app.kit.money import plain, readable
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, see
from app.platform.viewer import signed_in_viewer

PAGE, HOME = "invoices/billing.html", "/settings/billing"


@bp.get("/settings/billing")
@guard(Access.SIGNED_IN)
def show_billing() -> Response:
    return page(PAGE, **_page())


@bp.post("/settings/billing")
@guard(Access.SIGNED_IN)
def save_billing() -> Response:
    form = BillingForm()
    if not form.validate():
        return form_page(PAGE, **_page(form=form))
    billing.save(signed_in_viewer().id, form.details)
    flash("Saved. It holds for what you buy from now on.", "good")
    return see(HOME)


@bp.post("/settings/billing/limit")
@guard(Access.SIGNED_IN)
def save_limit() -> Response:
    form = LimitForm()
    if not form.validate():
        return form_page(PAGE, **_page(limit_form=form))
    found = limits.set_limit(signed_in_viewer().id, form.limit)
    if limits.waiting(found):
        flash("Noted. More is possible in 24 hours; until then your present limit holds.", "good")
    else:
        flash("Your limit holds from now on.", "good")
    return see(HOME)


def _page(form: BillingForm | None = None, limit_form: LimitForm | None = None) -> dict[str, Any]:
    person = signed_in_viewer()
    limit = queries.spending_limit(person.id)
    at_most = limits.in_force(limit) if limit else None
    typed = plain(at_most, COUNTED_IN) if at_most is not None else ""
    return {
        "form": form or BillingForm(formdata=None, obj=billing.opened(queries.billing_details(person.id))),
        "limit_form": limit_form or LimitForm(formdata=None, data={"amount": typed}),
        "at_most": typed,
        "spent": [(code, readable(amount, code)) for code, amount in limits.spent_by_currency(person.id)],
        "next": limit if limit and limits.waiting(limit) else None,
        "next_amount": plain(limit.next_amount, COUNTED_IN)
        if limit and limit.next_amount is not None
        else "",
    }
