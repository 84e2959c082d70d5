"""Invoices that nobody pays: given up, or grown too old."""

from uuid import UUID

from sqlalchemy import and_

from app.invoices import products
from app.invoices.errors import NotPayable
from app.invoices.models import Invoice, State
from app.invoices.operations import attempts, settling
from app.invoices.operations.locking import each, lock, lock_own
from app.kit import clock
from app.platform import audit, work
from app.platform.audit import Action
from app.platform.rounds import rounds

BATCH = 100
# Money that is on its way may take longer than an invoice lives.
EXPIRING = (State.OPEN, State.UNDERPAID)
TELL_WORK = "invoices.tell_money_came_in"


def give_up(invoice_id: UUID, payer_id: UUID) -> None:
    """By its payer, as long as nothing was paid."""
    invoice = lock_own(invoice_id, payer_id)
    if invoice.state != State.OPEN:
        raise NotPayable
    cancel(invoice)


def cancel(invoice: Invoice) -> None:
    """The caller holds its lock."""
    _end(invoice, State.CANCELLED)
    audit.record(Action.INVOICE_CANCELLED, actor=invoice.user_id, subject=("invoice", invoice.id))


def expire(invoice: Invoice) -> bool:
    """Whether it is too late for it. The caller holds its lock."""
    late = invoice.expires_at is not None and invoice.expires_at <= clock.now()
    if late and invoice.state in EXPIRING:
        _end(invoice, State.EXPIRED)
        tell_of_leftover(invoice)
        return True
    return False


def expire_due() -> None:
    due = and_(Invoice.state.in_(EXPIRING), Invoice.expires_at <= clock.now())
    for some in rounds(due, Invoice.expires_at, Invoice.id, size=BATCH):
        each(some, lambda invoice_id: expire(lock(invoice_id)))


def tell_of_leftover(invoice: Invoice) -> None:
    """Its payer did not end it: a part that they paid waits for their word from now on."""
    if invoice.leftover:
        work.enqueue(TELL_WORK, {"invoice_id": str(invoice.id)})


def _end(invoice: Invoice, state: State) -> None:
    invoice.state = state
    attempts.call_off(invoice, "expired" if state is State.EXPIRED else "cancelled")
    for line in invoice.lines:
        if line.product is not None:
            products.product(line.product).let_go(settling.sold(invoice, line))
