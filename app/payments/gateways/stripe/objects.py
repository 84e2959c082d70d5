"""What Stripe tells us, in plain values: only what we act on."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import stripe


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
    keeps_method: bool
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
    category: str
    amount: int
    fee: int
    currency: str
    source_id: str | None
    at: datetime


def time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def name_of(thing: Any) -> str | None:
    """Of what is an id, or the expanded object."""
    return thing if thing is None or isinstance(thing, str) else str(thing.id)


def plain(metadata: Any) -> dict[str, str]:
    found: dict[str, str] = metadata.to_dict() if metadata else {}
    return found


def charge(found: stripe.Charge) -> Charge | None:
    if found.status != "succeeded":
        return None
    whole = not found.amount_refunded and not found.disputed
    return Charge(found.id, found.amount, found.currency.upper(), time(found.created), _origin(found), whole)


def intent(found: stripe.PaymentIntent) -> Intent:
    """With `latest_charge` expanded."""
    latest = found.latest_charge if isinstance(found.latest_charge, stripe.Charge) else None
    error = found.last_payment_error
    return Intent(
        id=found.id,
        status=found.status,
        metadata=plain(found.metadata),
        charge=charge(latest) if latest else None,
        method_id=name_of(found.payment_method),
        keeps_method=found.setup_future_usage == "off_session",
        code=(getattr(error, "decline_code", None) or error.code) if error else None,
        message=str(error.message or "") if error else "",
        tax=_tax(plain(found.metadata)),
    )


def _tax(metadata: dict[str, str]) -> Tax | None:
    if "tax" not in metadata:
        return None
    return Tax(int(metadata["tax"]), int(metadata["tax_bps"]), metadata.get("tax_country") or None)


def _origin(found: stripe.Charge) -> dict[str, Any]:
    details = found.payment_method_details
    card = getattr(details, "card", None) if details else None
    if card:
        return {"brand": card.brand, "last4": card.last4, "country": card.country}
    kind = details.type if details else "card"
    bank = getattr(details, kind, None) if details else None
    told = {"brand": kind, "last4": getattr(bank, "last4", None), "country": getattr(bank, "country", None)}
    return {name: value for name, value in told.items() if value}
