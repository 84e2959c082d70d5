"""What creators offer beside their prices: codes, and several months at once."""

from typing import Any
from uuid import UUID

from flask import flash
from werkzeug.wrappers import Response

from app.creators import queries as creators
from app.creators.views.desk import HOME, own_page
from app.kit.money import readable
from app.platform.errors import NotFound, Refused
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, see
from app.subscriptions import prices, queries, queries_subscribers
from app.subscriptions.forms import BundlesForm, PromoForm
from app.subscriptions.operations import bundles, promos
from app.subscriptions.views import bp

CODES, PROMOS = "subscriptions/promos.html", f"{HOME}/promos"
BUNDLES, OF_TIER = "subscriptions/bundles.html", f"{HOME}/tiers/<uuid:tier_id>/bundles"


@bp.get(PROMOS)
@guard(Access.CREATOR)
def show_codes() -> Response:
    return page(CODES, **_codes(PromoForm(formdata=None)))


@bp.post(PROMOS)
@guard(Access.CREATOR)
def add_code() -> Response:
    creator, form = own_page(), PromoForm()
    about = _codes(form)
    try:
        if form.validate():
            promos.add(creator.id, form.wish)
            flash(f"{form.wish.code} can be used from now on.", "good")
            return see(PROMOS)
    except Refused as refused:
        form.refuse(refused)
    return form_page(CODES, **about)


@bp.post(f"{PROMOS}/<uuid:promo_id>/close")
@guard(Access.CREATOR)
def close_code(promo_id: UUID) -> Response:
    promos.close(own_page().id, promo_id)
    flash("Closed. Who used it keeps what it gives.", "good")
    return see(PROMOS)


@bp.get(OF_TIER)
@guard(Access.CREATOR)
def show_bundles(tier_id: UUID) -> Response:
    there = queries.bundles_of(creators.find_tier(own_page().id, tier_id).id)
    kept = {f"months_{months}": percent for months, percent in there.items()}
    return page(BUNDLES, **_bundles(tier_id, BundlesForm(formdata=None, data=kept)))


@bp.post(OF_TIER)
@guard(Access.CREATOR)
def save_bundles(tier_id: UUID) -> Response:
    form = BundlesForm()
    about = _bundles(tier_id, form)
    try:
        if form.validate():
            bundles.save(own_page().id, tier_id, form.percents)
            flash("Saved.", "good")
            return see(f"{HOME}/tiers/{tier_id}")
    except NotFound:
        raise
    except Refused as refused:
        form.refuse(refused)
    return form_page(BUNDLES, **about)


def _codes(form: PromoForm) -> dict[str, Any]:
    creator = own_page()
    tiers = [tier for tier in creators.tiers_of(creator.id) if tier.archived_at is None]
    form.tier_id.choices = {"": "All tiers"} | {str(tier.id): tier.name for tier in tiers}
    if form.tier_id.data is None:
        form.tier_id.data = ""
    names = {tier.id: tier.name for tier in tiers}
    return {"form": form, "codes": queries_subscribers.codes(creator.id), "names": names, "tiers": tiers}


def _bundles(tier_id: UUID, form: BundlesForm) -> dict[str, Any]:
    tier = creators.find_tier(own_page().id, tier_id)
    offered = prices.prices(tier, queries.bundles_of(tier_id))
    shown = [
        (prices.LENGTHS[months], readable(tier.price * months, tier.currency), readable(price, tier.currency))
        for months, price in sorted(offered.items())
    ]
    return {"tier": tier, "form": form, "shown": shown, "action": f"{HOME}/tiers/{tier_id}/bundles"}
