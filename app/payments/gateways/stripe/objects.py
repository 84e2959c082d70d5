"""What Stripe tells us, in plain values: only what we act on.

Not every version of its API, and nothing that stands in for it, has each field of each object: what we can do
without is asked for with `said`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import stripe

from app.kit import clock


@dataclass(frozen=True, slots=True)
class Tax:
    """What of a payment is tax, at how many hundredths of a percent, for which country."""

    amount: int
    bps: int
    country: str | None

    @property
    def metadata(self) -> dict[str, str]:
        """So that a charge tells it whenever it is looked at."""
        return {"tax": str(self.amount), "tax_bps": str(self.bps), "tax_country": self.country or ""}


@dataclass(frozen=True, slots=True)
class Charge:
    """Money that came."""

    id: str
    amount: int
    currency: str
    at: datetime
    # What its payer knows the card by: brand, last4, country.
    origin: dict[str, Any]
    # Nothing of it went back, or is in dispute.
    whole: bool


@dataclass(frozen=True, slots=True)
class Intent:
    """A try to charge. `status` is Stripe's; `charge` only where money came."""

    id: str
    status: str
    metadata: dict[str, str]
    charge: Charge | None
    method_id: str | None
    code: str | None
    message: str
    # Where it was reckoned before the charge.
    tax: Tax | None


@dataclass(frozen=True, slots=True)
class Page:
    """A hosted page: for a payment, or to keep a card. `status`: open, complete, expired."""

    id: str
    status: str
    mode: str
    url: str | None
    metadata: dict[str, str]
    customer_id: str | None
    intent: Intent | None
    kept_method_id: str | None
    tax: Tax | None


@dataclass(frozen=True, slots=True)
class Method:
    id: str
    customer_id: str | None
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    country: str | None
    fingerprint: str | None


@dataclass(frozen=True, slots=True)
class Returned:
    """A refund. `status`: pending, requires_action, succeeded, failed, canceled."""

    id: str
    status: str
    charge_id: str | None
    metadata: dict[str, str]
    failure: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A dispute: `status` as Stripe has it."""

    id: str
    status: str
    charge_id: str
    intent_id: str | None
    amount: int
    currency: str
    reason: str
    answer_by: datetime | None
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Moved:
    """A balance transaction. `amount` is before `fee`."""

    id: str
    kind: str
    amount: int
    fee: int
    currency: str
    source_id: str | None
    at: datetime


def said(thing: Any, name: str) -> Any:
    """None where it is not told of at all."""
    return getattr(thing, name, None)


def time(seconds: int | None) -> datetime:
    """Of what does not say when it was, now: we have just heard of it."""
    return clock.now() if seconds is None else datetime.fromtimestamp(seconds, UTC)


def every(found: Any) -> Iterator[Any]:
    """Of a list, also what stands on its later pages."""
    yield from found.auto_paging_iter() if said(found, "has_more") else found.data


def name_of(thing: Any) -> str | None:
    """Of what is an id, or the expanded object."""
    return thing if thing is None or isinstance(thing, str) else str(thing.id)


def plain(metadata: Any) -> dict[str, str]:
    found: dict[str, str] = metadata.to_dict() if metadata else {}
    return found


def charge(found: stripe.Charge) -> Charge | None:
    if found.status != "succeeded":
        return None
    whole = not said(found, "amount_refunded") and not said(found, "disputed")
    at = time(said(found, "created"))
    return Charge(found.id, found.amount, found.currency.upper(), at, _origin(found), whole)


def intent(found: stripe.PaymentIntent) -> Intent:
    """With `latest_charge` expanded."""
    latest, error = said(found, "latest_charge"), said(found, "last_payment_error")
    metadata = plain(said(found, "metadata"))
    return Intent(
        id=found.id,
        status=found.status,
        metadata=metadata,
        charge=charge(latest) if isinstance(latest, stripe.Charge) else None,
        method_id=name_of(said(found, "payment_method")),
        code=said(error, "decline_code") or said(error, "code"),
        message=str(said(error, "message") or ""),
        tax=_tax(metadata),
    )


def _tax(metadata: dict[str, str]) -> Tax | None:
    if "tax" not in metadata:
        return None
    return Tax(int(metadata["tax"]), int(metadata["tax_bps"]), metadata.get("tax_country") or None)


def _origin(found: stripe.Charge) -> dict[str, Any]:
    details = said(found, "payment_method_details")
    kind = said(details, "type") or "card"
    means = said(details, kind)
    brand = said(means, "brand") if kind == "card" else None
    told = {"brand": brand or kind, "last4": said(means, "last4"), "country": said(means, "country")}
    return {name: value for name, value in told.items() if value}
