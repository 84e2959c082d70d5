"""What can be sold. Whoever owns a thing says what becomes of it when it is paid and when it is taken back.

products.register(app, Product("post", "Post", fulfil=..., revoke=...))
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Flask, current_app

PLACE = "fanlight.products"


@dataclass(frozen=True, slots=True)
class Sold:
    """A line of an invoice, as its seller's feature sees it."""

    line_id: UUID
    invoice_id: UUID
    buyer_id: UUID
    seller_id: UUID | None
    subject_id: UUID | None
    quantity: int
    amount: int
    currency: str
    data: dict[str, Any]
    at: datetime

    @property
    def cause(self) -> str:
        """What a grant made by it is named by."""
        return f"invoice-line:{self.line_id}"


@dataclass(frozen=True, slots=True)
class Product:
    kind: str
    # On statements and in lists: "Subscription".
    noun: str
    # In the transaction that pays for it; raising undoes the payment's settling, so it must not.
    fulfil: Callable[[Sold], None]
    # All of it was refunded or charged back.
    revoke: Callable[[Sold], None]
    # Why it can no longer be had, asked before money that came late is taken for it.
    gone: Callable[[Sold], str | None] = lambda _: None
    # What of its price was had until a dispute took it then, where it cannot be had again: that stays paid.
    had: Callable[[Sold, datetime], int] = lambda _, __: 0
    # Where it is found once it is paid.
    href: Callable[[Sold], str] = lambda _: ""
    # The invoice was given up or grew too old: a seat is free again, a code may be used.
    let_go: Callable[[Sold], None] = lambda _: None
    # Whether it opens anything to its buyer, that closes when it is taken back.
    opens: bool = True
    # What its payer reads once it is paid.
    thanks: str = "It is yours now."
    # Where it counts as something else: a renewal is a subscription.
    counts_as: str = ""
    # The event that its seller is told of; nothing, where who sells it tells them by itself.
    told_as: str = "sold"


def register(app: Flask, product: Product) -> None:
    app.extensions.setdefault(PLACE, {})[product.kind] = product


def product(kind: str) -> Product:
    found: Product = current_app.extensions[PLACE][kind]
    return found


def href(kind: str | None, sold: Sold) -> str:
    """Where it is found; nowhere when nobody sells such things any more."""
    known: dict[str, Product] = current_app.extensions.get(PLACE, {})
    return known[kind].href(sold) if kind in known else ""


def thanks(kind: str | None) -> str:
    known: dict[str, Product] = current_app.extensions.get(PLACE, {})
    return known[kind].thanks if kind in known else ""


def opens(kinds: Iterable[str | None]) -> bool:
    """Whether any of these does; what nobody sells any more did."""
    known: dict[str, Product] = current_app.extensions.get(PLACE, {})
    return any(kind not in known or known[kind].opens for kind in kinds if kind)


def told_as(kinds: Iterable[str | None]) -> str:
    """How the first of these is told to its seller."""
    known: dict[str, Product] = current_app.extensions.get(PLACE, {})
    return next((known[kind].told_as for kind in kinds if kind in known), "sold")


def nouns() -> dict[str, str]:
    known: dict[str, Product] = current_app.extensions.get(PLACE, {})
    return {kind: one.noun for kind, one in known.items()}


def kinds() -> dict[str, str]:
    """What fees, statements and reports tell apart, and what it is called."""
    known: dict[str, Product] = current_app.extensions.get(PLACE, {})
    return {kind: one.noun for kind, one in known.items() if not one.counts_as}
