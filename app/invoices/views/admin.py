"""Admins find a payment, read its whole story, and send money back."""

from typing import Any
from uuid import UUID

from flask import flash
from htmx_flask import request
from werkzeug.wrappers import Response

from app.invoices import queries, queries_admin, rails, words
from app.invoices.errors import NotRefundable
from app.invoices.forms import RefundForm, SearchForm
from app.invoices.operations import bookings, refunding
from app.invoices.views import bp, refunds
from app.kit.ids import parse_id
from app.ledger import queries as ledger
from app.platform import navigation
from app.platform.errors import Refused
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, see
from app.platform.viewer import signed_in_viewer, viewer

HOME, STORY = "/admin/payments", "invoices/admin/story.html"
# Where features hang up rooms beside the list of invoices.
ROOMS = "payments"


def rooms() -> list[tuple[str, str, bool]]:
    """The one that lies deepest is open; the others contain it."""
    found = navigation.doors(ROOMS, viewer())
    deepest = max((door.href for door in found if door.active), key=len, default="")
    return [(door.label, door.href, door.href == deepest) for door in found]


@bp.get("/admin/payments")
@guard(Access.ADMIN)
def find_payments() -> Response:
    form = SearchForm(request.args)
    text = (form.q.data or "") if form.validate() else ""
    before = parse_id(request.args.get("before", ""))
    found, older = queries_admin.find(text, before)
    if text and len(found) == 1 and before is None:
        return see(f"{HOME}/{found[0].invoice.id}")
    return page(
        "invoices/admin/find.html",
        status=422 if form.errors else 200,
        form=form,
        text=text,
        found=found,
        older=older,
        paged=before is not None,
        words=words,
    )


@bp.get("/admin/payments/<uuid:invoice_id>")
@guard(Access.ADMIN)
def show_story(invoice_id: UUID) -> Response:
    return page(STORY, **_about(invoice_id))


@bp.post("/admin/payments/<uuid:invoice_id>/refund")
@guard(Access.ADMIN, fresh=True)
def refund_payment(invoice_id: UUID) -> Response:
    invoice = queries.any_of_all(invoice_id)
    form = refunds.form_for(invoice)
    if form is None:
        raise NotRefundable(0, invoice.currency)
    if not form.validate():
        return form_page(STORY, **_about(invoice_id, form))
    try:
        refunding.refund_for_house(invoice_id, signed_in_viewer().id, refunds.wish(form))
    except Refused as refused:
        form.refuse(refused)
        return form_page(STORY, **_about(invoice_id, form))
    flash("It goes back, and the payer is told.", "good")
    return see(f"{HOME}/{invoice_id}")


def _about(invoice_id: UUID, form: RefundForm | None = None) -> dict[str, Any]:
    bill = queries.bill(queries.any_of_all(invoice_id))
    return {
        "bill": bill,
        "invoice": bill.invoice,
        "shares": bookings.shares(bill.invoice, bill.invoice.kept),
        "entries": ledger.entries_about("invoice", invoice_id),
        "form": form or refunds.form_for(bill.invoice),
        "rails": rails.names(),
        "words": words,
    }
