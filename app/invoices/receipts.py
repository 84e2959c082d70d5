"""The paper of a paid invoice: what was bought, the tax in it, how it was paid, what went back."""

from app.invoices import queries, rails, words
from app.invoices.models import Dispute, InvoiceLine, Payment, Refund
from app.invoices.operations import billing
from app.invoices.queries import Bill
from app.invoices.rails import CREDIT
from app.kit.countries import COUNTRIES
from app.kit.money import readable
from app.platform.pdf import Sheet
from app.platform.settings import settings


def draw(bill: Bill) -> bytes:
    invoice = bill.invoice
    assert invoice.paid_at is not None
    sheet = Sheet(f"Receipt {invoice.number}", f"Paid on {invoice.paid_at:%-d %B %Y}")
    sheet.heading("For")
    for line in _payer(bill):
        sheet.text(line)
    sheet.heading("From")
    sheet.text(_seller(bill))
    sheet.text(f"through {settings().site_name}, {settings().base_url}", soft=True)
    sheet.heading("What was bought")
    sheet.lines(
        [(_label(line), readable(line.amount, invoice.currency)) for line in bill.lines],
        total=("Total", readable(invoice.total, invoice.currency)),
    )
    if invoice.tax:
        sheet.text(_tax(bill), soft=True)
    if bill.payments:
        sheet.heading("How it was paid")
        sheet.table(("When", "How", "Reference", "Amount"), [_paid(one) for one in bill.payments], ends=(3,))
    if invoice.leftover:
        sheet.text(f"{readable(invoice.leftover, invoice.currency)} of it is left over.", soft=True)
    if back := _went_back(bill):
        sheet.heading("What went back")
        sheet.table(("When", "How", "State", "Amount"), back, ends=(3,))
    sheet.heading("Reference")
    sheet.text(str(invoice.id), soft=True)
    return sheet.bytes()


def _payer(bill: Bill) -> list[str]:
    details = billing.opened(queries.billing_details(bill.invoice.user_id))
    name = details.name or (f"{bill.payer.display_name} (@{bill.payer.handle})" if bill.payer else "")
    country = COUNTRIES.get(details.country or bill.invoice.tax_country or "", "")
    return [line for line in (name, *details.address.splitlines(), country) if line]


def _seller(bill: Bill) -> str:
    if bill.seller is None:
        return "A creator who left" if bill.invoice.seller_id else settings().site_name
    return f"{bill.seller.display_name} (@{bill.seller.handle})"


def _label(line: InvoiceLine) -> str:
    return f"{line.quantity} of {line.label}" if line.quantity > 1 else line.label


def _tax(bill: Bill) -> str:
    invoice = bill.invoice
    net = readable(invoice.total - invoice.tax, invoice.currency)
    tax = readable(invoice.tax, invoice.currency)
    return (
        f"{net} and {tax} tax ({invoice.tax_bps / 100:g} %, {COUNTRIES.get(invoice.tax_country or '', '')})."
    )


def _paid(one: Payment) -> tuple[str, ...]:
    how = rails.names().get(one.rail, one.rail)
    if last4 := one.origin.get("last4"):
        how = f"{how} ending in {last4}"
    if one.rail_currency != one.currency:
        how = f"{how}, {readable(one.rail_amount, one.rail_currency)}"
    return (f"{one.received_at:%-d %B %Y}", how, one.external_id, readable(one.amount, one.currency))


def _went_back(bill: Bill) -> list[tuple[str, ...]]:
    """What a bank gave instead of a refund, or of credit, is among what it took."""
    lost = [one for one in bill.disputes if one.state == "lost"]
    refunds = [_back(one) for one in bill.refunds if not one.by_bank]
    credit = [_no_credit(one) for one in lost if one.from_credit]
    return refunds + [_by_bank(one) for one in lost] + credit


def _back(one: Refund) -> tuple[str, ...]:
    how = rails.names().get(one.rail, one.rail)
    when = one.ended_at or one.created_at
    return (f"{when:%-d %B %Y}", how, words.REFUNDS[one.state], readable(one.amount, one.currency))


def _no_credit(one: Dispute) -> tuple[str, ...]:
    when, amount = one.closed_at or one.opened_at, readable(-one.from_credit, one.currency)
    return (f"{when:%-d %B %Y}", rails.names()[CREDIT], "taken again, as the bank gave it", amount)


def _by_bank(one: Dispute) -> tuple[str, ...]:
    when = one.closed_at or one.opened_at
    return (f"{when:%-d %B %Y}", "By the bank", words.DISPUTES[one.state], readable(one.amount, one.currency))
