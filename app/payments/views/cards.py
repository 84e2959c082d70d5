"""Paying an invoice by card.

A form may not wait for the processor inside its transaction. So it writes down what is wanted and sends the
browser on to an address that makes the call: quick, safe to open again, and made up for by the worker when
nobody ever arrives there.
"""

import time
from uuid import UUID

from flask import flash
from werkzeug.wrappers import Response

from app.invoices.models import Attempt, State
from app.invoices.queries import own
from app.invoices.views import paying
from app.kit.ids import parse_id
from app.payments import queries
from app.payments.cards import asking, looking
from app.payments.cards.rail import is_on
from app.payments.errors import Busy, Impossible, RailClosed, Unsure
from app.payments.forms import CardForm
from app.payments.operations import charging
from app.payments.operations.charging import NEEDS_OWNER
from app.payments.views import bp
from app.platform.errors import NotFound, Refused
from app.platform.guards import Access, guard
from app.platform.pages import see
from app.platform.transaction import transaction
from app.platform.viewer import signed_in_viewer

# Seconds.
PATIENCE, PAUSE = 3.0, 0.1
SLOW = "The card processor does not answer at the moment. We go on asking; this page shows what comes of it."


@bp.post("/invoices/<uuid:invoice_id>/pay/card")
@guard(Access.SIGNED_IN)
def pay_by_card(invoice_id: UUID) -> Response:
    try:
        attempt = _begin(invoice_id, CardForm())
    except NotFound:
        raise
    except Refused as refused:
        return paying.refused_page(invoice_id, refused)
    return see(f"/invoices/{invoice_id}/go/{attempt.id}")


@bp.get("/invoices/<uuid:invoice_id>/go/<uuid:attempt_id>")
@guard(Access.SIGNED_IN, limit="costly")
def go(invoice_id: UUID, attempt_id: UUID) -> Response:
    """To the processor's page, or straight back when a card on file was charged."""
    queries.own_attempt(attempt_id, invoice_id, signed_in_viewer().id)
    try:
        attempt = _asked(attempt_id)
    except Unsure:
        flash(SLOW, "info")
        return see(paying.address(invoice_id))
    except Refused as refused:
        flash(refused.message, "bad")
        return see(paying.address(invoice_id))
    return see(_page_of(attempt) or paying.address(invoice_id))


@bp.get("/invoices/<uuid:invoice_id>/back/<uuid:attempt_id>")
@guard(Access.SIGNED_IN, limit="costly")
def back(invoice_id: UUID, attempt_id: UUID) -> Response:
    """From the processor's page, paid or not: that it says so is no proof, so we look."""
    queries.own_attempt(attempt_id, invoice_id, signed_in_viewer().id)
    try:
        asking.ask(attempt_id)
        looking.attempt(attempt_id)
    except (Unsure, Impossible):
        flash(SLOW, "info")
    return see(paying.address(invoice_id))


def _begin(invoice_id: UUID, form: CardForm) -> Attempt:
    if not is_on():
        raise RailClosed
    payer_id = signed_in_viewer().id
    if not form.choice.data:
        return charging.open_page(invoice_id, payer_id, keep=bool(form.keep.data))
    method_id = parse_id(form.choice.data)
    if method_id is None:
        raise NotFound
    return charging.charge_saved(invoice_id, payer_id, method_id)


def _asked(attempt_id: UUID) -> Attempt:
    """Where a bank wants its customer to confirm a card on file, a page is opened that asks them."""
    try:
        asking.ask(attempt_id)
    except Busy:
        _let_finish(attempt_id)
    attempt = _fresh(attempt_id)
    if attempt.failure_code in NEEDS_OWNER and not attempt.off_session:
        with transaction():
            page_id = charging.open_page(attempt.invoice_id, attempt.user_id, keep=False).id
        asking.ask(page_id)
        attempt = _fresh(page_id)
    return attempt


def _let_finish(attempt_id: UUID) -> None:
    """A second click waits for what the first one has begun."""
    deadline = time.monotonic() + PATIENCE
    while _fresh(attempt_id).state == "made" and time.monotonic() < deadline:
        time.sleep(PAUSE)  # bounded by PATIENCE; the answer is what the first click gets


def _page_of(attempt: Attempt) -> str | None:
    """As long as something can be paid there."""
    if attempt.state != "waiting" or own(attempt.invoice_id, attempt.user_id).state == State.PROCESSING:
        return None
    url: str | None = attempt.data.get("url")
    return url


def _fresh(attempt_id: UUID) -> Attempt:
    found = queries.attempt(attempt_id)
    assert found is not None
    return found
