"""Somebody leaves: what is theirs goes back first, what they did not pay is called off, credit given up."""

from uuid import UUID

from sqlalchemy import or_, select

from app.accounts.queries import has_left
from app.extensions import db
from app.invoices.models import Invoice, State
from app.invoices.operations import bookings, crediting, ending, refunding
from app.invoices.operations.locking import lock
from app.kit.money import readable
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account, Entry, Leg
from app.platform import audit
from app.platform.audit import Action
from app.platform.personal_data import Reason


def reason_to_wait(user_id: UUID) -> Reason | None:
    """They can clear it themselves: each invoice says how."""
    waiting = Invoice.received > Invoice.kept + Invoice.returned
    found = select(Invoice.state).where(
        Invoice.user_id == user_id, or_(waiting, Invoice.state == State.PROCESSING)
    )
    if db.session.scalars(found.limit(1)).first() is None:
        return None
    return Reason(
        "Money of yours is on its way or left over. Clear it first: each invoice says how.",
        (("Your transactions", "/transactions"),),
    )


def credit_left(user_id: UUID) -> list[str]:
    """Credit cannot be paid out; so nobody has to spend it before they can go."""
    return [
        f"You have {readable(amount, currency)} of credit here."
        " It cannot be paid out and is gone when you leave."
        for currency, amount in crediting.balances(user_id)
    ]


def give_up_credit(user_id: UUID) -> None:
    left = crediting.balances(user_id)
    for currency, amount in left:
        audit.record(
            Action.CREDIT_GIVEN_UP, actor=None, subject=("user", user_id), amount=amount, currency=currency
        )
    bookings.write(*(_given_up(user_id, currency, amount) for currency, amount in left))


def call_off(user_id: UUID) -> None:
    found = select(Invoice).where(Invoice.user_id == user_id, Invoice.state == State.OPEN)
    for invoice in db.session.scalars(found.order_by(Invoice.id).with_for_update()).all():
        ending.cancel(invoice)


def give_back_unclaimed(invoice_id: UUID) -> None:
    """What is left over of somebody who has left: nobody is there any more to say what becomes of it."""
    invoice = lock(invoice_id)
    waits = invoice.leftover and invoice.state not in {State.PROCESSING, State.DISPUTED}
    if waits and has_left(invoice.user_id):
        refunding.give_back_leftover(invoice_id, invoice.user_id)


def _given_up(user_id: UUID, currency: str, amount: int) -> Entry:
    legs = (
        Leg(Account(Kind.FAN_CREDIT, currency, user_id), amount, covered=True),
        Leg(Account(Kind.FORFEITED_CREDIT, currency), -amount),
    )
    return Entry(f"credit-given-up:{user_id}:{currency}", "credit_given_up", legs)
