"""What Stripe tells by itself: signed, and perhaps twice, late or in the wrong order."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import stripe

from app.kit import clock
from app.payments.gateways.stripe.client import asking
from app.payments.gateways.stripe.objects import every, time
from app.platform.settings import settings

TOLERANCE = timedelta(minutes=5)
MANY = 100


class Forged(Exception):
    """Not signed by them, or too long ago."""


@dataclass(frozen=True, slots=True)
class Event:
    """Which object it is about; what it says of it is not believed, but asked afresh."""

    id: str
    kind: str
    object: str
    subject: str
    # The connected account it is about, where it is not about ours.
    account: str
    at: datetime

    @property
    def payload(self) -> dict[str, Any]:
        return {"kind": self.kind, "object": self.object, "subject": self.subject, "account": self.account}


def read(body: bytes, signature: str) -> Event | None:
    """By one of our secrets: of our own account, or of those connected with it. None: about nothing."""
    secrets = [one.strip() for one in settings().stripe_webhook_secret.split(",") if one.strip()]
    # The SDK stumbles over what no signature has in it.
    if not signature.isascii() or not any(_signed(body, signature, secret) for secret in secrets):
        raise Forged
    return _event(json.loads(body))


def since(moment: datetime) -> list[Event]:
    """All that happened, the oldest first."""
    with asking() as client:
        found = client.v1.events.list({"created": {"gte": int(moment.timestamp())}, "limit": MANY})
        told = [_event(one.to_dict()) for one in every(found)]
    return [one for one in reversed(told) if one]


def _signed(body: bytes, signature: str, secret: str) -> bool:
    """Its time is held against our clock, which tests move, and not against the system's."""
    try:
        stripe.WebhookSignature.verify_header(body, signature, secret)
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return False
    stamp = next(part[2:] for part in signature.split(",") if part.startswith("t="))
    return abs(clock.now() - time(int(stamp))) <= TOLERANCE


def _event(told: Any) -> Event | None:
    try:
        about = told["data"]["object"]
        return Event(
            id=str(told["id"]),
            kind=str(told["type"]),
            object=str(about["object"]),
            subject=str(about["id"]),
            account=str(told.get("account") or ""),
            at=time(int(told["created"])),
        )
    except (KeyError, TypeError, ValueError):
        return None
