"""Several months at once, for less."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import delete

from app.creators import queries as creators
from app.creators.operations.pages import lock_page
from app.extensions import db
from app.platform import audit
from app.platform.audit import Action
from app.subscriptions.models import Bundle


def save(creator_id: UUID, tier_id: UUID, percents: Mapping[int, int]) -> None:
    """All of them anew. Who has joined keeps what they agreed to."""
    lock_page(creator_id)
    tier = creators.find_tier(creator_id, tier_id)
    db.session.execute(
        delete(Bundle).where(Bundle.tier_id == tier_id).execution_options(synchronize_session=False)
    )
    for months, percent in percents.items():
        db.session.add(Bundle(tier_id=tier_id, months=months, percent=percent))
    audit.record(Action.TIER_CHANGED, actor=creator_id, subject=("tier", tier.id), change="bundles")
