"""The one page on which anything is paid, by any rail."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, make_response
from htmx_flask import request
from werkzeug.wrappers import Response

from app.invoices import products, queries, rails, words
from app.invoices.models import PAYABLE, SETTLED, Invoice, State
from app.invoices.operations import crediting, ending, refunding
from app.invoices.operations.refunding import Cleared
from app.invoices.operations.settling import sold
from app.invoices.queries import Bill
from app.invoices.views import bp
from app.kit.money import readable
from app.platform.errors import NotFound, Refused
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, partial, see
from app.platform.viewer import signed_in_viewer

PAGE, STATE = "invoices/page.html", "invoices/_state.html"
LEFTOVER_HELD = frozenset({State.PROCESSING, State.DISPUTED})


def address(invoice_id: object) -> str:
    return f"/invoices/{invoice_id}"


@bp.get("/invoices/<uuid:invoice_id>")
@guard(Access.SIGNED_IN)
def show(invoice_id: UUID) -> Response:
    return page(PAGE, **_about(invoice_id))


@bp.get("/invoices/<uuid:invoice_id>/state")
@guard(Access.SIGNED_IN)
def state(invoice_id: UUID) -> Response:
    """Asked again and again while a payer waits; says nothing as long as nothing is new."""
    about = _about(invoice_id)
    if request.args.get("seen") == about["bill"].fingerprint:
        return make_response("", 204)
    return partial(STATE, **about)


@bp.post("/invoices/<uuid:invoice_id>/cancel")
@guard(Access.SIGNED_IN)
def cancel(invoice_id: UUID) -> Response:
    return _act(invoice_id, ending.give_up, lambda _: "Cancelled. Nothing was taken.")


@bp.post("/invoices/<uuid:invoice_id>/give-back")
@guard(Access.SIGNED_IN)
def give_back(invoice_id: UUID) -> Response:
    done = "goes back to where it came from."
    return _act(invoice_id, refunding.give_back_leftover, lambda cleared: _cleared(cleared, done))


@bp.post("/invoices/<uuid:invoice_id>/credit")
@guard(Access.SIGNED_IN)
def keep_as_credit(invoice_id: UUID) -> Response:
    done = "is yours as credit now."
    return _act(invoice_id, refunding.keep_leftover_as_credit, lambda cleared: _cleared(cleared, done))


@bp.post("/invoices/<uuid:invoice_id>/pay/credit")
@guard(Access.SIGNED_IN)
def pay_by_credit(invoice_id: UUID) -> Response:
    return _act(invoice_id, crediting.pay, lambda _: "")


@bp.get("/invoices/<uuid:invoice_id>/receipt.pdf")
@guard(Access.SIGNED_IN, limit="costly")
def receipt(invoice_id: UUID) -> Response:
    from app.invoices import receipts  # noqa: PLC0415 - most processes never draw a paper

    bill = queries.bill(queries.own(invoice_id, signed_in_viewer().id))
    if bill.invoice.number is None:
        raise NotFound("There is a receipt once it is paid.")
    response = make_response(receipts.draw(bill))
    response.mimetype = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="receipt-{bill.invoice.number}.pdf"'
    return response


def _act(invoice_id: UUID, act: Callable[[UUID, UUID], Any], said: Callable[[Any], str]) -> Response:
    try:
        done = said(act(invoice_id, signed_in_viewer().id))
    except NotFound:
        raise
    except Refused as refused:
        return refused_page(invoice_id, refused)
    if done:
        flash(done, "good")
    return see(address(invoice_id))


def _cleared(cleared: Cleared, done: str) -> str:
    """`done`: what becomes of it. What their bank gave them already is not promised once more."""
    if not cleared.taken:
        return f"It {done}"
    had = f"Your bank gave you {readable(cleared.taken, cleared.currency)} of it already."
    return f"{had} The rest {done}" if cleared.rest else had


def refused_page(invoice_id: UUID, refused: Refused) -> Response:
    """The invoice again, with the reason above it: for our own forms and those of other rails."""
    return form_page(PAGE, refused=refused.message, **_about(invoice_id))


def _about(invoice_id: UUID) -> dict[str, Any]:
    bill = queries.bill(queries.own(invoice_id, signed_in_viewer().id))
    invoice = bill.invoice
    payable = State(invoice.state) in PAYABLE
    living = bill.living
    return {
        "bill": bill,
        "invoice": invoice,
        "attempt": living,
        "panel": rails.panel(living.rail) if living else None,
        "payable": payable and invoice.state != State.PROCESSING,
        "offers": rails.offers(invoice) if payable and invoice.state != State.PROCESSING else [],
        "waiting": payable and (living is not None or invoice.state == State.PROCESSING),
        "claimable": invoice.leftover if State(invoice.state) not in LEFTOVER_HELD else 0,
        "may_keep": bool(invoice.leftover) and refunding.may_become_credit(invoice),
        "ways_on": ways_on(bill),
        "thanks": _thanks(bill),
        "opens": products.opens(bill.products),
        "rails": rails.names(),
        "words": words,
    }


def _thanks(bill: Bill) -> str:
    return next((words for line in bill.lines if (words := products.thanks(line.product))), "")


def ways_on(bill: Bill) -> list[tuple[str, str]]:
    """To what was bought, once it is the payer's."""
    invoice: Invoice = bill.invoice
    if State(invoice.state) not in SETTLED:
        return []
    found = [
        (line.label, href)
        for line in bill.lines
        if (href := products.href(line.product, sold(invoice, line)))
    ]
    return found or ([("Go on", invoice.return_to)] if invoice.return_to else [])
