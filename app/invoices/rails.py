"""By which ways money comes in and goes out. Payments registers them; invoices know only what stands here.

rails.register(app, Rail("card", "Card", 20, offers=..., refund_work="payments.card_refund"))
"""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, current_app

from app.invoices.models import Invoice

PLACE = "fanlight.rails"
# The rail of our own: what a person has with us.
CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class Offer:
    """How an invoice could be paid by a rail, for the person who looks at it."""

    rail: str
    label: str
    icon: str
    # "USDC on Solana, about 5.01", "Visa ending in 4242".
    about: str = ""
    # Choices inside a rail: "sol" or "usdc", a saved card's id.
    choice: str = ""
    # Why it cannot be used now; then it is shown, and cannot be chosen.
    not_now: str = ""
    # A partial with further fields, each of the form `pay-<rail>`; with `offer` and `invoice`.
    fields: str | None = None


@dataclass(frozen=True, slots=True)
class Rail:
    name: str
    label: str
    # In this order on the invoice's page.
    order: int
    offers: Callable[[Invoice], list[Offer]]
    # The kind of work that sends a refund: {"refund_id": ...}.
    refund_work: str
    # The kind of work that sends a payout: {"payout_id": ...}; none where nobody is paid out so.
    payout_work: str | None = None
    # A partial shown while an attempt waits for its payer, with `attempt` and `invoice`.
    panel: str | None = None
    # Whether what came in by it may be charged back later, so that sellers wait for it.
    can_be_disputed: bool = True
    # What it moves whose worth is another one tomorrow: much of that goes back as it came, or not at all.
    floats: frozenset[str] = frozenset()
    # Told, after the commit, that an attempt of ours will not be paid any more: {"attempt_id": ...}.
    cancel_work: str | None = None


def register(app: Flask, rail: Rail) -> None:
    app.extensions.setdefault(PLACE, {})[rail.name] = rail


def rail(name: str) -> Rail:
    found: Rail = current_app.extensions[PLACE][name]
    return found


def panel(name: str) -> str | None:
    known: dict[str, Rail] = current_app.extensions.get(PLACE, {})
    return known[name].panel if name in known else None


def floats(name: str, currency: str) -> bool:
    known: dict[str, Rail] = current_app.extensions.get(PLACE, {})
    return name in known and currency in known[name].floats


def offers(invoice: Invoice) -> list[Offer]:
    known: dict[str, Rail] = current_app.extensions.get(PLACE, {})
    return [one for each in sorted(known.values(), key=lambda r: r.order) for one in each.offers(invoice)]


def names() -> dict[str, str]:
    known: dict[str, Rail] = current_app.extensions.get(PLACE, {})
    return {name: one.label for name, one in known.items()}
