"""The tiers on a creator's page: what each costs and includes, and the way in."""

from flask import render_template
from markupsafe import Markup

from app.creators.tabs import Visit
from app.subscriptions import prices, queries
from app.subscriptions.operations.beginning import may_try


def show(visit: Visit) -> Markup:
    """Two statements, however many tiers there are; a third where one of them can be tried."""
    offers = queries.offered(visit.creator.id, visit.viewer_id)
    mine = (
        queries.living(visit.viewer_id, visit.creator.id)
        if visit.viewer_id and not visit.creator.mine
        else None
    )
    html = render_template(
        "subscriptions/_tiers.html",
        creator=visit.creator,
        offers=offers,
        prices={one.tier.id: prices.prices(one.tier, one.bundles) for one in offers},
        spoken=prices.SPOKEN,
        mine=mine,
        rank=next((one.tier.rank for one in offers if mine and one.tier.id == mine.tier_id), 0),
        may_try=next((may_try(visit.viewer_id, one) for one in offers if one.tier.trial_days), False),
    )
    return Markup(html)  # noqa: S704 - escaped there
