"""The rail of our own: what a person has with us."""

from app.invoices.models import Invoice
from app.invoices.operations import crediting
from app.invoices.rails import CREDIT, Offer, Rail
from app.kit.money import readable


def _offers(invoice: Invoice) -> list[Offer]:
    there = crediting.available(invoice)
    if there <= 0:
        return []
    pays = min(there, invoice.missing)
    rest = invoice.missing - pays
    about = f"You have {readable(there, invoice.currency)}" + (
        f"; {readable(rest, invoice.currency)} would remain to be paid" if rest else ""
    )
    return [Offer(CREDIT, "Credit", "wallet", about)]


# Refunds of it are booked at once; so no work of its own sends them.
CREDIT_RAIL = Rail(CREDIT, "Credit", 10, offers=_offers, refund_work="", can_be_disputed=False)
