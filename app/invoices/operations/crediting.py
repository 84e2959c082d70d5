"""Paying with what one has with us."""

from uuid import UUID

from app.invoices.errors import NotEnoughCredit
from app.invoices.models import Invoice
from app.invoices.operations import attempts, bookings, receiving
from app.invoices.operations.attempts import Quote
from app.invoices.operations.receiving import Money
from app.invoices.rails import CREDIT
from app.kit import clock
from app.ledger import queries as ledger
from app.ledger.chart import Kind


def pay(invoice_id: UUID, payer_id: UUID) -> Invoice:
    """As much as there is; another rail brings the rest."""
    invoice = attempts.payable(invoice_id, payer_id)
    amount = min(available(invoice), invoice.missing)
    if amount <= 0:
        raise NotEnoughCredit
    attempt = attempts.begin(invoice, Quote(CREDIT, amount, invoice.currency, amount=amount))
    money = Money(
        rail=CREDIT,
        external_id=str(attempt.id),
        amount=amount,
        rail_amount=amount,
        rail_currency=invoice.currency,
        into=bookings.credit(invoice),
        at=clock.now(),
        attempt_id=attempt.id,
    )
    payment = receiving.book(invoice, money)
    assert payment is not None
    receiving.count(invoice, payment, bookings.spent_credit(invoice, payment))
    return invoice


def balances(person_id: UUID) -> list[tuple[str, int]]:
    """What somebody has with us, by currency."""
    lines = ledger.balances(person_id)
    found = [(line.account.currency, line.balance.available) for line in lines if _is_credit(line)]
    return [(currency, amount) for currency, amount in found if amount]


def available(invoice: Invoice) -> int:
    return ledger.balance(bookings.credit(invoice)).available


def _is_credit(line: ledger.AccountLine) -> bool:
    return line.account.kind is Kind.FAN_CREDIT
