"""Paying an invoice with coins. The price is known beforehand, so nobody waits for the chain here."""

from uuid import UUID

from flask import jsonify
from htmx_flask import request
from werkzeug.wrappers import Response

from app.invoices.views import paying
from app.payments import queries
from app.payments import queries_solana as chain
from app.payments.errors import Impossible, RailClosed, Unsure
from app.payments.forms import CoinForm
from app.payments.gateways.solana import building, signer, wallets
from app.payments.gateways.solana.building import ToMove
from app.payments.operations import solana_paying
from app.payments.solana import rail
from app.payments.views import bp
from app.platform.errors import Conflict, NotFound, Refused
from app.platform.guards import Access, guard
from app.platform.pages import see
from app.platform.viewer import signed_in_viewer


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


@bp.get("/invoices/<uuid:invoice_id>/pay/solana/<uuid:attempt_id>/transaction")
@guard(Access.SIGNED_IN)
def transaction(invoice_id: UUID, attempt_id: UUID) -> Response:
    """What a wallet in the browser signs and sends: made here, so that the page cannot get it wrong."""
    attempt = queries.own_attempt(attempt_id, invoice_id, signed_in_viewer().id)
    payer = request.args.get("account", "")
    if attempt.ended_at is not None or not wallets.is_wallet(payer):
        raise NotFound
    left = max(attempt.rail_amount - chain.brought(attempt.id), 1)
    wanted = ToMove(payer, signer.address(), attempt.rail_currency, left, str(attempt.id), attempt.reference)
    try:
        return jsonify(transaction=building.unsigned(wanted))
    except (Unsure, Impossible):
        raise Conflict("The network does not answer at the moment. Try again, or scan the code.") from None
