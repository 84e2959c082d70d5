"""How many subscribe, for the overview of a creator's dashboard."""

from datetime import timedelta
from uuid import UUID

from app.creators.figures import Figure
from app.kit import clock
from app.subscriptions import queries_subscribers

LATELY = timedelta(days=30)


def figures(creator_id: UUID) -> list[Figure]:
    """Those of the list of subscribers; in one statement."""
    now, came, left = queries_subscribers.lately(creator_id, clock.now() - LATELY)
    said = [f"{came:,} new" if came else "", f"{left:,} left" if left else ""]
    change = ", ".join(filter(None, said)) or "Nobody new"
    return [Figure("Subscribers", now, f"{change} in 30 days", up=came > left)]
