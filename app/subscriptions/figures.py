"""How many subscribe, for the overview of a creator's dashboard."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from app.creators.figures import Figure
from app.extensions import db
from app.kit import clock
from app.subscriptions.models import LIVING, Subscription

LATELY = timedelta(days=30)


def figures(creator_id: UUID) -> list[Figure]:
    open_, recent = Subscription.state.in_(LIVING), Subscription.started_at >= clock.now() - LATELY
    count, new = db.session.execute(
        select(func.count(), func.count().filter(recent)).where(Subscription.creator_id == creator_id, open_)
    ).one()
    said = f"{new} new in 30 days" if new else "Nobody new in 30 days"
    return [Figure("Subscribers", count, said, up=new > 0)]
