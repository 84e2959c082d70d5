"""What the card processor tells by itself. Signed, kept, answered; looked at by the worker."""

from htmx_flask import request
from werkzeug.wrappers import Response

from app.payments.cards import hearing
from app.payments.gateways.stripe import events
from app.payments.gateways.stripe.events import Forged
from app.payments.views import bp
from app.platform import storable
from app.platform.guards import Access, guard


@bp.post("/webhooks/stripe")
@guard(Access.MACHINE, limit=None, once=False, signed=True)
def stripe() -> Response:
    """Not limited: who cannot sign costs one digest, and who can is not to be turned away."""
    body: bytes = request.get_data()
    try:
        event = events.read(body, request.headers.get("Stripe-Signature", ""))
        storable.check_content()
    except (Forged, ValueError, RecursionError):
        return _answer(400, "not signed by the processor, or too long ago")
    if event is not None:
        hearing.receive(event)
    return _answer(200, "ok")


def _answer(status: int, words: str) -> Response:
    return Response(words, status, mimetype="text/plain")
