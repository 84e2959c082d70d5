"""What the card processor says of the account that a creator has with it. Asked outside of transactions."""

from dataclasses import dataclass
from uuid import UUID

from app.payments.gateways.stripe import connect
from app.payments.gateways.stripe.connect import Account


@dataclass(frozen=True, slots=True)
class Seen:
    provider_id: str
    state: str
    wants: list[str]


def make(account_id: UUID, email: str, country: str) -> Seen:
    """The same row is the same account, however often it is asked for."""
    return _seen(connect.make(account_id, email, country))


def look(provider_id: str) -> Seen:
    return _seen(connect.look(provider_id))


def way_in(seen: Seen, *, back_to: str, again_at: str) -> str:
    """The processor's page for them: to say who they are, or, when that is done, to look after it."""
    if seen.state == "ready":
        return connect.dashboard(seen.provider_id)
    return connect.onboarding(seen.provider_id, back_to=back_to, again_at=again_at)


def _seen(found: Account) -> Seen:
    if found.ready:
        return Seen(found.id, "ready", found.wants)
    refused = (found.refused or "").startswith("rejected")
    return Seen(found.id, "refused" if refused else "incomplete", found.wants)
