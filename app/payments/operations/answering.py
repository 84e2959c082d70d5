"""What the house says to a bank about a dispute. Said once, and sent off after the commit."""

from datetime import timedelta
from uuid import UUID

from app.extensions import db
from app.invoices.errors import OwnCase
from app.invoices.models import Dispute, Invoice
from app.kit import clock
from app.payments.errors import TooLate
from app.payments.models import CARD
from app.platform import audit, work
from app.platform.audit import Action
from app.platform.errors import NotFound

ANSWER = "payments.card_answer"
AGAIN_AFTER = timedelta(hours=1)


def answer(dispute_id: UUID, admin_id: UUID, words: str) -> None:
    found = db.session.get(Dispute, dispute_id, with_for_update=True, populate_existing=True)
    if found is None or found.rail != CARD:
        raise NotFound
    if admin_id == db.session.get_one(Invoice, found.invoice_id).user_id:
        raise OwnCase
    late = found.answer_by is not None and found.answer_by <= clock.now()
    if found.state != "open" or found.answered_at is not None or late:
        raise TooLate
    found.answered_at = clock.now()
    work.enqueue(ANSWER, {"dispute_id": str(dispute_id), "words": words})
    audit.record(Action.DISPUTE_ANSWERED, actor=admin_id, subject=("invoice", found.invoice_id))


def send_again(dispute_id: UUID, words: str) -> None:
    """The processor was away for longer than work has patience; the bank gives days."""
    again = {"dispute_id": str(dispute_id), "words": words}
    work.enqueue(ANSWER, again, due_at=clock.now() + AGAIN_AFTER)
