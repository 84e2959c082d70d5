"""A creator's tiers."""

from typing import Any
from uuid import UUID

from flask import flash
from htmx_flask import request
from werkzeug.wrappers import Response

from app.creators import earning, queries
from app.creators.forms.tiers import TierForm
from app.creators.models import Creator
from app.creators.operations import tiers
from app.creators.views import bp
from app.creators.views.desk import HOME, own_page
from app.kit import money
from app.platform.errors import NotFound, Refused
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, partial, see

LIST, FORM, KEEPS = "creators/tiers.html", "creators/tier.html", "creators/_keeps.html"
TIERS, NEW = f"{HOME}/tiers", f"{HOME}/tiers/new"
# What fans are charged for a tier counts as.
SUBSCRIPTION = "subscription"


@bp.get(TIERS)
@guard(Access.CREATOR)
def show_tiers() -> Response:
    creator = own_page()
    every = queries.tiers_of(creator.id)
    return page(
        LIST,
        creator=creator,
        living=[tier for tier in every if tier.archived_at is None],
        archived=[tier for tier in every if tier.archived_at is not None],
        most=tiers.TIERS_MAX,
    )


@bp.get(NEW)
@guard(Access.CREATOR)
def new_tier() -> Response:
    creator = own_page()
    return page(FORM, **_new(creator, TierForm(creator.currency)))


@bp.post(NEW)
@guard(Access.CREATOR)
def add_tier() -> Response:
    creator = own_page()
    form = TierForm(creator.currency)
    try:
        if form.validate():
            tiers.add(creator.id, form.wish)
            flash(f"{form.name.data} is open.", "good")
            return see(TIERS)
    except Refused as refused:
        form.refuse(refused)
    return form_page(FORM, **_new(creator, form))


@bp.get(f"{TIERS}/<uuid:tier_id>")
@guard(Access.CREATOR)
def edit_tier(tier_id: UUID) -> Response:
    return page(FORM, **_tier(tier_id))


@bp.post(f"{TIERS}/<uuid:tier_id>")
@guard(Access.CREATOR)
def change_tier(tier_id: UUID) -> Response:
    shown = _tier(tier_id)
    form: TierForm = shown["form"]
    try:
        if form.validate():
            tiers.change(own_page().id, tier_id, form.wish)
            flash(f"{form.name.data} is saved.", "good")
            return see(TIERS)
    except NotFound:
        raise
    except Refused as refused:
        form.refuse(refused)
    return form_page(FORM, **shown)


@bp.get(f"{HOME}/keeps")
@guard(Access.CREATOR)
def what_is_kept() -> Response:
    """While a price is typed: what of it is theirs."""
    creator, kind = own_page(), request.args.get("kind", "")
    typed = money.parse(request.args.get("price", ""), creator.currency)
    return partial(KEEPS, keeps=earning.of(creator.id, kind, typed, creator.currency))


@bp.post(f"{TIERS}/<uuid:tier_id>/up")
@guard(Access.CREATOR)
def move_up(tier_id: UUID) -> Response:
    tiers.move(own_page().id, tier_id, up=True)
    return see(TIERS)


@bp.post(f"{TIERS}/<uuid:tier_id>/down")
@guard(Access.CREATOR)
def move_down(tier_id: UUID) -> Response:
    tiers.move(own_page().id, tier_id, up=False)
    return see(TIERS)


@bp.post(f"{TIERS}/<uuid:tier_id>/archive")
@guard(Access.CREATOR)
def archive_tier(tier_id: UUID) -> Response:
    tiers.archive(own_page().id, tier_id)
    flash("Archived. Nobody can join it any more.", "good")
    return see(TIERS)


def _new(creator: Creator, form: TierForm) -> dict[str, Any]:
    keeps = earning.of(creator.id, SUBSCRIPTION, form.amount, creator.currency)
    return {"tier": None, "form": form, "currency": creator.currency, "action": NEW, "keeps": keeps}


def _tier(tier_id: UUID) -> dict[str, Any]:
    tier = queries.find_tier(own_page().id, tier_id)
    form = TierForm(tier.currency, tier)
    return {
        "tier": tier,
        "form": form,
        "currency": tier.currency,
        "action": f"{TIERS}/{tier_id}",
        "keeps": earning.of(tier.creator_id, SUBSCRIPTION, form.amount, tier.currency),
    }
