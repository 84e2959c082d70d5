"""What creators say about themselves for the tax office. Nobody reads it but them, and the yearly report."""

import json
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from app.earnings.models import TaxProfile
from app.extensions import db
from app.kit import clock
from app.platform import audit
from app.platform.audit import Action
from app.platform.settings import vault

PURPOSE = "tax"


def save(creator_id: UUID, country: str, said: dict[str, str]) -> None:
    sealed = vault().seal(json.dumps(said), PURPOSE)
    values = {"country": country, "sealed_fields": sealed, "changed_at": clock.now()}
    made = insert(TaxProfile).values(creator_id=creator_id, **values)
    db.session.execute(made.on_conflict_do_update(index_elements=["creator_id"], set_=values))
    audit.record(Action.TAX_PROFILE_CHANGED, actor=creator_id, subject=("user", creator_id), country=country)


def report_taken(admin_id: UUID, year: int) -> None:
    """What everybody said has left the house, in one file."""
    audit.record(Action.TAX_REPORT_TAKEN, actor=admin_id, subject=("house", "tax"), year=year)


def opened(found: TaxProfile | None) -> dict[str, str]:
    if found is None:
        return {}
    said: dict[str, str] = json.loads(vault().open(found.sealed_fields, PURPOSE))
    return said
