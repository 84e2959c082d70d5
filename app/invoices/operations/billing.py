"""Where somebody lives, and what stands on their receipts."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from app.extensions import db
from app.invoices.models import BillingDetails
from app.kit import clock
from app.platform import audit
from app.platform.audit import Action
from app.platform.settings import vault

PURPOSE = "billing"


@dataclass(frozen=True, slots=True)
class Details:
    country: str | None = None
    name: str = ""
    address: str = ""


def save(user_id: UUID, details: Details) -> None:
    """What they say is kept as evidence of the place, beside what a card says of it."""
    at = clock.now()
    said = {"said": details.country, "said_at": at.isoformat()} if details.country else {}
    values = {
        "country": details.country,
        "sealed_name": _sealed(details.name),
        "sealed_address": _sealed(details.address),
        "evidence": said,
        "changed_at": at,
    }
    made = insert(BillingDetails).values(user_id=user_id, **values)
    db.session.execute(made.on_conflict_do_update(index_elements=["user_id"], set_=values))
    audit.record(Action.BILLING_CHANGED, actor=user_id, subject=("user", user_id), country=details.country)


def opened(found: BillingDetails | None) -> Details:
    if found is None:
        return Details()
    return Details(found.country, _open(found.sealed_name), _open(found.sealed_address))


def _sealed(text: str) -> str | None:
    return vault().seal(text, PURPOSE) if text else None


def _open(sealed: str | None) -> str:
    return vault().open(sealed, PURPOSE) if sealed else ""
