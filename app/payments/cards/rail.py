"""Cards among the ways to pay an invoice."""

from uuid import UUID

from app.invoices.models import Invoice
from app.invoices.rails import Offer, Rail
from app.kit.money import readable
from app.payments import queries
from app.payments.cards import words
from app.payments.models import CARD, PaymentMethod
from app.payments.operations.charging import CANCEL
from app.platform import work
from app.platform.settings import settings

REFUND = "payments.card_refund"
# What the processor moves: money of countries, and of it no less than costs are.
COINS = frozenset({"SOL", "USDC", "PTS"})
LEAST, LEAST_OF = 50, {"GBP": 30, "JPY": 50, "KRW": 700, "SEK": 300, "NOK": 300, "DKK": 250, "HUF": 17_500}
NEW_CARD_FIELDS = "payments/_keep_card.html"


def is_on() -> bool:
    return bool(settings().stripe_secret_key)


def refund_soon(refund_id: UUID) -> None:
    """Once, however often it is asked for."""
    work.enqueue(REFUND, {"refund_id": str(refund_id)}, unique_key=f"{REFUND}:{refund_id}")


def least(currency: str) -> int:
    return LEAST_OF.get(currency, LEAST)


def _offers(invoice: Invoice) -> list[Offer]:
    if not is_on() or invoice.currency in COINS or not queries.is_open(CARD, invoice.seller_id):
        return []
    if invoice.missing < least(invoice.currency):
        too_little = f"Cards take at least {readable(least(invoice.currency), invoice.currency)}."
        return [Offer(CARD, "Card", "credit-card", not_now=too_little)]
    kept = [_kept(one) for one in queries.methods(invoice.user_id)]
    return [*kept, _other(invoice, "Another card" if kept else "Card")]


def _other(invoice: Invoice, label: str) -> Offer:
    """On a page of the processor's, which keeps it: for what renews always, else where its owner says so."""
    if queries.renews(invoice.id):
        return Offer(CARD, label, "credit-card", "On the card processor's page; kept for renewals")
    return Offer(CARD, label, "credit-card", "On the card processor's page", fields=NEW_CARD_FIELDS)


def _kept(one: PaymentMethod) -> Offer:
    ends = f"{one.exp_month:02d}/{one.exp_year % 100:02d}"
    return Offer(
        CARD,
        f"{words.brand(one.brand)} ending in {one.last4}",
        "credit-card",
        f"On file, good until {ends}",
        choice=str(one.id),
        not_now=f"Expired {ends}" if queries.is_over(one) else "",
    )


CARD_RAIL = Rail(
    CARD,
    "Card",
    20,
    offers=_offers,
    refund_work=REFUND,
    panel="payments/_card_panel.html",
    cancel_work=CANCEL,
)
