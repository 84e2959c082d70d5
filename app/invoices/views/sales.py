"""One sale, for who sold it: what it brought, what became of it, and giving it back."""

from typing import Any
from uuid import UUID

from flask import flash
from werkzeug.wrappers import Response

from app.invoices import products, queries, rails, words
from app.invoices.errors import NotRefundable
from app.invoices.forms import RefundForm
from app.invoices.operations import bookings, refunding
from app.invoices.views import bp, refunds
from app.platform.errors import Refused
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, see
from app.platform.viewer import signed_in_viewer

PAGE = "invoices/sale.html"


@bp.get("/dashboard/sales/<uuid:invoice_id>")
@guard(Access.CREATOR)
def show_sale(invoice_id: UUID) -> Response:
    return page(PAGE, **_about(invoice_id))


@bp.post("/dashboard/sales/<uuid:invoice_id>/refund")
@guard(Access.CREATOR)
def refund_sale(invoice_id: UUID) -> Response:
    seller = signed_in_viewer()
    invoice = queries.sold_by(invoice_id, seller.id)
    form = refunds.form_for(invoice)
    if form is None:
        raise NotRefundable(0, invoice.currency)
    if not form.validate():
        return form_page(PAGE, **_about(invoice_id, form))
    try:
        refunding.refund_own_sale(invoice_id, seller.id, refunds.wish(form))
    except Refused as refused:
        form.refuse(refused)
        return form_page(PAGE, **_about(invoice_id, form))
    flash("It goes back to them, and they are told.", "good")
    return see(f"/dashboard/sales/{invoice_id}")


def _about(invoice_id: UUID, form: RefundForm | None = None) -> dict[str, Any]:
    bill = queries.bill(queries.sold_by(invoice_id, signed_in_viewer().id))
    return {
        "bill": bill,
        "invoice": bill.invoice,
        "shares": bookings.shares(bill.invoice, bill.invoice.kept),
        "opens": products.opens(bill.products),
        "form": form or refunds.form_for(bill.invoice),
        "rails": rails.names(),
        "words": words,
    }
