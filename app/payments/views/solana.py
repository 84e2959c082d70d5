"""Paying an invoice with coins, and coins of which nobody knows whose they are.

The price is known beforehand, so no form waits for the chain.
"""

from uuid import UUID

from flask import flash, jsonify
from htmx_flask import request
from werkzeug.wrappers import Response

from app.invoices.views import paying
from app.kit.ids import parse_id
from app.payments import queries
from app.payments import queries_solana as chain
from app.payments.errors import Impossible, NoSuchInvoice, RailClosed, Unsure
from app.payments.forms import AssignForm, CoinForm, DepositForm, ReturnForm
from app.payments.gateways.solana import building, signer, wallets
from app.payments.gateways.solana.building import ToMove
from app.payments.operations import solana_nobodys, solana_paying
from app.payments.solana import rail
from app.payments.solana.values import RAIL
from app.payments.views import bp
from app.platform.errors import Conflict, NotFound, Refused
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, see
from app.platform.viewer import signed_in_viewer

ASSIGN, DEPOSIT = "payments/admin/assign.html", "payments/admin/deposit.html"
RETURN = "payments/admin/return.html"


@bp.post("/invoices/<uuid:invoice_id>/pay/solana")
@guard(Access.SIGNED_IN)
def pay_by_solana(invoice_id: UUID) -> Response:
    try:
        if not rail.is_on():
            raise RailClosed
        coin = CoinForm().choice.data or ""
        solana_paying.begin(invoice_id, signed_in_viewer().id, coin, wallets.new_reference())
    except NotFound:
        raise
    except Refused as refused:
        return paying.refused_page(invoice_id, refused)
    return see(paying.address(invoice_id))


@bp.get("/admin/payments/cases/<uuid:case_id>/assign")
@guard(Access.ADMIN)
def ask_whose(case_id: UUID) -> Response:
    return page(ASSIGN, case=chain.nobodys(case_id), form=AssignForm(formdata=None))


@bp.post("/admin/payments/cases/<uuid:case_id>/assign")
@guard(Access.ADMIN, fresh=True)
def assign(case_id: UUID) -> Response:
    """Money that named nothing, or came in another coin, counts for an invoice after all."""
    form = AssignForm()
    if not form.validate():
        return form_page(ASSIGN, case=chain.nobodys(case_id), form=form)
    try:
        invoice_id = parse_id(form.invoice.data or "")
        if invoice_id is None:
            raise NoSuchInvoice
        solana_nobodys.assign(case_id, invoice_id, signed_in_viewer().id, form.note.data or "")
    except NotFound:
        raise
    except Refused as refused:
        form.refuse(refused)
        return form_page(ASSIGN, case=chain.nobodys(case_id), form=form)
    flash("It counts for this invoice now.", "good")
    return see(f"/admin/payments/{invoice_id}")


@bp.get("/admin/payments/cases/<uuid:case_id>/deposit")
@guard(Access.ADMIN)
def ask_from_where(case_id: UUID) -> Response:
    return page(DEPOSIT, case=chain.nobodys(case_id, chain.UNNAMED), form=DepositForm(formdata=None))


@bp.post("/admin/payments/cases/<uuid:case_id>/deposit")
@guard(Access.ADMIN, fresh=True)
def claim(case_id: UUID) -> Response:
    """Money that named nothing was put there by the house itself."""
    form = DepositForm()
    if not form.validate():
        return form_page(DEPOSIT, case=chain.nobodys(case_id, chain.UNNAMED), form=form)
    try:
        solana_nobodys.claim(case_id, signed_in_viewer().id, form.note.data or "")
    except NotFound:
        raise
    except Refused as refused:
        form.refuse(refused)
        return form_page(DEPOSIT, case=chain.nobodys(case_id, chain.UNNAMED), form=form)
    flash("It is the house's own deposit now.", "good")
    return see("/admin/payments/cases")


@bp.get("/admin/payments/cases/<uuid:case_id>/return")
@guard(Access.ADMIN)
def ask_why(case_id: UUID) -> Response:
    return page(RETURN, case=chain.nobodys(case_id), form=ReturnForm(formdata=None))


@bp.post("/admin/payments/cases/<uuid:case_id>/return")
@guard(Access.ADMIN, fresh=True)
def send_back(case_id: UUID) -> Response:
    """Money that nobody can place goes to where it came from."""
    form = ReturnForm()
    if not form.validate():
        return form_page(RETURN, case=chain.nobodys(case_id), form=form)
    try:
        solana_nobodys.send_back(case_id, signed_in_viewer().id, form.note.data or "")
    except NotFound:
        raise
    except Refused as refused:
        form.refuse(refused)
        return form_page(RETURN, case=chain.nobodys(case_id), form=form)
    flash("It is on its way back. The case closes when it is there.", "good")
    return see(f"/admin/payments/cases/{case_id}")


@bp.get("/invoices/<uuid:invoice_id>/pay/solana/<uuid:attempt_id>/transaction")
@guard(Access.SIGNED_IN, limit="costly")
def transaction(invoice_id: UUID, attempt_id: UUID) -> Response:
    """What a wallet in the browser signs and sends: made here, so that the page cannot get it wrong."""
    attempt = queries.own_attempt(attempt_id, invoice_id, signed_in_viewer().id)
    payer = request.args.get("account", "")
    if attempt.rail != RAIL or attempt.ended_at is not None or not wallets.is_wallet(payer):
        raise NotFound
    if attempt.data.get("seen"):
        raise Conflict("A payment is on its way already. Wait until it has arrived.")
    left = max(attempt.rail_amount - chain.brought(attempt.id), 1)
    wanted = ToMove(
        payer, signer.address(), attempt.rail_currency, left, rail.memo(attempt), attempt.reference
    )
    try:
        return jsonify(transaction=building.unsigned(wanted))
    except (Unsure, Impossible):
        raise Conflict("The network does not answer at the moment. Try again, or scan the code.") from None
