"""Paying with what one has with us."""

from uuid import UUID

from app.extensions import db
from app.invoices.errors import NotEnoughCredit, NotOffered
from app.invoices.models import Invoice, Payment, State
from app.invoices.operations import attempts, bookings, limits, receiving
from app.invoices.operations.attempts import Quote
from app.invoices.rails import CREDIT
from app.kit import clock
from app.kit.ids import new_id
from app.ledger import queries as ledger
from app.ledger.chart import Kind


def pay(invoice_id: UUID, payer_id: UUID) -> Invoice:
    """As much as there is; another rail brings the rest."""
    invoice = attempts.payable(invoice_id, payer_id)
    if invoice.state == State.PROCESSING:
        raise NotOffered("A payment is on its way already. Wait until it has ended.")
    amount = min(available(invoice), invoice.missing)
    if amount <= 0:
        raise NotEnoughCredit
    limits.check(invoice.user_id, invoice.total, invoice.currency, besides=invoice.id)
    _spend(invoice, amount)
    return invoice


def pay_at_once(invoice: Invoice) -> None:
    """All of one that was made in this transaction: nobody else knows of it, and its limits were kept to."""
    _spend(invoice, invoice.total)


def _spend(invoice: Invoice, amount: int) -> None:
    attempt = attempts.enter(invoice, Quote(CREDIT, amount, invoice.currency, amount=amount))
    payment = Payment(
        id=new_id(),
        invoice=invoice,
        attempt=attempt,
        user_id=invoice.user_id,
        rail=CREDIT,
        external_id=str(attempt.id),
        amount=amount,
        currency=invoice.currency,
        rail_amount=amount,
        rail_currency=invoice.currency,
        returned=0,
        origin={},
        received_at=clock.now(),
    )
    db.session.add(payment)
    receiving.count(invoice, payment, bookings.spent_credit(invoice, payment), had=True)


def balances(person_id: UUID) -> list[tuple[str, int]]:
    """What somebody has with us, by currency."""
    lines = ledger.balances(person_id)
    found = [(line.account.currency, line.balance.available) for line in lines if _is_credit(line)]
    return [(currency, amount) for currency, amount in found if amount]


def available(invoice: Invoice) -> int:
    return ledger.balance(bookings.credit(invoice)).available


def _is_credit(line: ledger.AccountLine) -> bool:
    return line.account.kind is Kind.FAN_CREDIT
