"""The SDK's client, and what its errors mean to us."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from uuid import UUID

import stripe
from stripe import StripeClient
from stripe._base_address import BaseAddresses

from app.payments.errors import Busy, Declined, Impossible, Unsure
from app.platform.settings import settings
from app.platform.transaction import in_transaction

log = logging.getLogger(__name__)

API_VERSION = "2026-10-28.endive"
# Seconds to connect, and to wait for an answer. Who waits in vain asks again with the same key.
TIMEOUTS = (3.0, 12.0)
NOT_PERMITTED = "The card processor does not let this house do that. Whoever runs it finds more in its log."
RETRYABLE = (stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError, stripe.AuthenticationError)


def client() -> StripeClient:
    chosen = settings()
    return _client(chosen.stripe_secret_key, chosen.stripe_api_base)


@lru_cache(maxsize=8)
def _client(key: str, base: str) -> StripeClient:
    addresses: BaseAddresses = {"api": base} if base else {}
    http = stripe.RequestsClient(timeout=TIMEOUTS)
    return StripeClient(
        key,
        stripe_version=API_VERSION,
        base_addresses=addresses,
        max_network_retries=0,
        http_client=http,
    )


@contextmanager
def asking(*, harmless: bool = False) -> Iterator[StripeClient]:
    """Never while a transaction is open: its locks would wait for somebody else's network.

    That something is not permitted today says nothing of whether it was done before; only where that is
    `harmless` it is impossible.
    """
    if in_transaction():
        raise RuntimeError("a provider was asked inside transaction()")
    try:
        yield client()
    except stripe.CardError as error:
        raise _declined(error) from None
    except stripe.PermissionError as error:
        # Its words name our key and the account: they are for the log, and for nobody who reads a page.
        log.error("the card processor does not permit this", extra={"said": str(error)})
        raise (Impossible("not_permitted", NOT_PERMITTED) if harmless else Unsure(NOT_PERMITTED)) from None
    except (stripe.InvalidRequestError, stripe.IdempotencyError) as error:
        raise Impossible(error.code or "refused", str(error.user_message or error)) from None
    except RETRYABLE as error:
        unsure = Busy if error.http_status == 409 else Unsure
        raise unsure(f"{type(error).__name__}: {error}") from None


def key(kind: str, row_id: UUID | str) -> Any:
    """The same row asks for the same thing, however often."""
    return {"idempotency_key": f"{kind}:{row_id}"}


def _declined(error: stripe.CardError) -> Declined:
    body = error.json_body if isinstance(error.json_body, dict) else {}
    told: dict[str, Any] = body.get("error") or {}
    intent: dict[str, Any] = told.get("payment_intent") or {}
    code = told.get("decline_code") or error.code or "card_declined"
    return Declined(str(code), str(error.user_message or error), intent.get("id"))
