"""Subscribing: one page that says what it costs now and then, one click to the invoice."""

from typing import Any
from uuid import UUID

from flask import flash
from htmx_flask import request
from werkzeug.wrappers import Response

from app.accounts.queries import find_by_handle
from app.creators.queries_page import find_page
from app.creators.shown import Shown
from app.invoices.models import PAYABLE, Invoice, State
from app.kit.text import clean_line
from app.platform.errors import NotFound, Refused
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, see
from app.platform.viewer import signed_in_viewer
from app.subscriptions import cards, prices, queries
from app.subscriptions.forms import SubscribeForm
from app.subscriptions.models import CODE_MAX, PromoCode
from app.subscriptions.operations import beginning, promos
from app.subscriptions.operations.beginning import Wish
from app.subscriptions.prices import NONE, Terms
from app.subscriptions.queries import Offered
from app.subscriptions.views import bp

PAGE, SHEET = "subscriptions/subscribe.html", "subscriptions/_subscribe_sheet.html"
ADDRESS = "/@<handle>/subscribe/<uuid:tier_id>"


@bp.get(ADDRESS)
@guard(Access.SIGNED_IN)
def choose(handle: str, tier_id: UUID) -> Response:
    creator, offer = find_offer(handle, tier_id)
    code = clean_line(request.args.get("code"))[:CODE_MAX]
    form = SubscribeForm(formdata=None)
    form.code.data = code
    return page(PAGE, partial=SHEET, **_about(creator, offer, form))


@bp.post(ADDRESS)
@guard(Access.SIGNED_IN)
def subscribe(handle: str, tier_id: UUID) -> Response:
    creator, offer = find_offer(handle, tier_id)
    form = SubscribeForm()
    about = _about(creator, offer, form, fresh=False)
    try:
        if form.validate():
            wish = Wish(tier_id, form.months.data, form.code.data or "")
            return on_to(beginning.subscribe(signed_in_viewer().id, creator.id, wish), offer)
    except NotFound:
        raise
    except Refused as refused:
        form.refuse(refused)
    return form_page(PAGE, partial=SHEET, **about)


@bp.post(f"{ADDRESS}/trial")
@guard(Access.SIGNED_IN)
def try_it(handle: str, tier_id: UUID) -> Response:
    creator, offer = find_offer(handle, tier_id)
    try:
        wish = Wish(tier_id, trial=True)
        return on_to(beginning.subscribe(signed_in_viewer().id, creator.id, wish), offer)
    except NotFound:
        raise
    except Refused as refused:
        form = SubscribeForm(formdata=None)
        form.refuse(refused)
        return form_page(PAGE, partial=SHEET, **_about(creator, offer, form))


def find_offer(handle: str, tier_id: UUID) -> tuple[Shown, Offered]:
    person, _ = find_by_handle(handle)
    creator = find_page(person, signed_in_viewer().id) if person else None
    if creator is None:
        raise NotFound
    return creator, queries.one_offered(creator.id, tier_id)


def on_to(invoice: Invoice, offer: Offered) -> Response:
    """To pay, or where it is shown that it is theirs."""
    if State(invoice.state) in PAYABLE:
        return see(f"/invoices/{invoice.id}")
    flash(f"{offer.tier.name} is open to you.", "good")
    return see(invoice.return_to)


def _about(creator: Shown, offer: Offered, form: SubscribeForm, *, fresh: bool = True) -> dict[str, Any]:
    viewer_id = signed_in_viewer().id
    promo, unknown = _promo(creator, offer, form.code.data or "", viewer_id)
    offers = _terms(offer, promo)
    form.months.choices = {str(one.months): prices.LENGTHS[one.months] for one in offers}
    if fresh:
        form.months.data = offers[0].months
    living = queries.living(viewer_id, creator.id)
    return {
        "creator": creator,
        "offer": offer,
        "tier": offer.tier,
        "form": form,
        "terms": offers,
        "details": {str(one.months): _detail(one, promo) for one in offers},
        "promo": promo,
        "code_refused": unknown,
        "mine": living,
        "may_try": beginning.may_try(viewer_id, offer) and living is None,
        "card_first": cards.possible(creator.id) and not cards.of(viewer_id),
        "address": f"/@{creator.handle}/subscribe/{offer.tier.id}",
    }


def _promo(creator: Shown, offer: Offered, code: str, viewer_id: UUID) -> tuple[PromoCode | None, str]:
    if not code:
        return None, ""
    try:
        return promos.find(creator.id, offer.tier.id, viewer_id, code), ""
    except Refused as refused:
        return None, refused.message


def _terms(offer: Offered, promo: PromoCode | None) -> list[Terms]:
    off = promos.reduction(promo) if promo else NONE
    return [
        Terms(months, price, offer.tier.currency, off.off(price, months))
        for months, price in sorted(prices.prices(offer.tier, offer.bundles).items())
    ]


def _detail(one: Terms, promo: PromoCode | None) -> dict[str, str]:
    """On the card of a length: what it costs now, and then."""
    full = one.spoken
    if not one.off or promo is None:
        return {"text": full}
    months = promo.for_months
    then = f"then {full}" if months else f"instead of {full}"
    if months and months > one.months:
        then = f"so for {months} months, {then}"
    return {"text": f"{Terms(one.months, one.now, one.currency).spoken} with {promo.code}, {then}"}
