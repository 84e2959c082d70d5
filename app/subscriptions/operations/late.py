"""A card was charged while its owner was away, and what it was for is no more: they get it back unasked."""

from uuid import UUID

from app.extensions import db
from app.invoices.models import Attempt, Payment, State
from app.invoices.operations import refunding
from app.invoices.operations.locking import lock
from app.subscriptions import queries
from app.subscriptions.operations import next_period

OVER = frozenset({State.CANCELLED, State.EXPIRED})


def give_back(invoice_id: UUID, payment_id: UUID) -> None:
    if queries.subject_of(invoice_id, next_period.PRODUCT) is None:
        return
    payment = db.session.get_one(Payment, payment_id)
    attempt = db.session.get(Attempt, payment.attempt_id) if payment.attempt_id else None
    if attempt is None or not attempt.off_session:
        return
    invoice = lock(invoice_id)
    if invoice.leftover and State(invoice.state) in OVER:
        refunding.give_back_leftover(invoice_id, invoice.user_id)
