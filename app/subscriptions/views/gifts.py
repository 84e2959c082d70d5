"""Gifts: bought for somebody, shown as a card, opened by who has the code."""

from typing import Any
from uuid import UUID

from flask import flash
from werkzeug.wrappers import Response

from app.accounts.queries import find_user
from app.creators.shown import Shown
from app.kit.money import readable
from app.platform.errors import NotFound, Refused
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, see
from app.platform.settings import settings
from app.platform.viewer import signed_in_viewer
from app.subscriptions import prices, queries
from app.subscriptions.errors import NoSuchGift
from app.subscriptions.forms import CodeForm, GiftForm
from app.subscriptions.operations import gifts
from app.subscriptions.queries import Offered
from app.subscriptions.views import bp
from app.subscriptions.views.joining import find_offer

LIST, GIVE = "subscriptions/gifts.html", "subscriptions/give.html"
CARD, OPEN = "subscriptions/gift_card.html", "subscriptions/open_gift.html"
HOME, GIVING = "/gifts", "/@<handle>/gift/<uuid:tier_id>"


@bp.get(GIVING)
@guard(Access.SIGNED_IN)
def think_of_gift(handle: str, tier_id: UUID) -> Response:
    creator, offer = find_offer(handle, tier_id)
    form = GiftForm(formdata=None)
    return page(GIVE, **_giving(creator, offer, form))


@bp.post(GIVING)
@guard(Access.SIGNED_IN)
def give(handle: str, tier_id: UUID) -> Response:
    creator, offer = find_offer(handle, tier_id)
    form = GiftForm()
    about = _giving(creator, offer, form)
    try:
        if form.validate():
            invoice = gifts.buy(signed_in_viewer().id, creator.id, form.wish(tier_id))
            return see(f"/invoices/{invoice.id}")
    except NotFound:
        raise
    except Refused as refused:
        form.refuse(refused)
    return form_page(GIVE, **about)


@bp.get(HOME)
@guard(Access.SIGNED_IN)
def show_gifts() -> Response:
    return page(LIST, **_mine(CodeForm(formdata=None)))


@bp.post(HOME)
@guard(Access.SIGNED_IN)
def find_gift() -> Response:
    form = CodeForm()
    try:
        if form.validate():
            gift = gifts.find(form.code.data or "", signed_in_viewer().id)
            return see(f"{HOME}/{gifts.code_of(gift)}")
    except Refused as refused:
        form.refuse(refused)
    return form_page(LIST, **_mine(form))


@bp.get(f"{HOME}/card/<uuid:gift_id>")
@guard(Access.SIGNED_IN)
def show_card(gift_id: UUID) -> Response:
    found = queries.gift_of(gift_id, signed_in_viewer().id)
    code = gifts.code_of(found)
    return page(
        CARD,
        gift=found,
        code=code,
        link=f"{settings().base_url}{HOME}/{code}",
        to=gifts.recipient_of(found),
        length=prices.LENGTHS[found.months],
        tier=queries.tier(found.tier_id),
        creator=find_user(found.creator_id),
    )


@bp.get(f"{HOME}/<code>")
@guard(Access.SIGNED_IN)
def show_gift(code: str) -> Response:
    return page(OPEN, **_opening(code))


@bp.post(f"{HOME}/<code>")
@guard(Access.SIGNED_IN)
def redeem(code: str) -> Response:
    try:
        found = gifts.redeem(signed_in_viewer().id, code)
    except NoSuchGift:
        raise NotFound from None
    except NotFound:
        raise
    except Refused as refused:
        return form_page(OPEN, **_opening(code, refused.message))
    flash("Your gift is open.", "good")
    return see(f"/subscriptions/{found.id}")


def _giving(creator: Shown, offer: Offered, form: GiftForm) -> dict[str, Any]:
    form.months.choices = {str(months): length for months, length in prices.LENGTHS.items()}
    if form.months.data is None and not form.is_submitted():
        form.months.data = prices.MONTHS[0]
    details = {
        str(months): {"end": _price(offer, months)}
        for months in prices.MONTHS
    }  # fmt: skip
    address = f"/@{creator.handle}/gift/{offer.tier.id}"
    return {"creator": creator, "tier": offer.tier, "form": form, "details": details, "address": address}


def _price(offer: Offered, months: int) -> str:
    price = prices.price_for(offer.tier, offer.bundles, months)
    return readable(price, offer.tier.currency)


def _mine(form: CodeForm) -> dict[str, Any]:
    return {"form": form, "mine": queries.gifts_of(signed_in_viewer().id), "lengths": prices.LENGTHS}


def _opening(code: str, refused: str = "") -> dict[str, Any]:
    try:
        gift = gifts.find(code, signed_in_viewer().id)
    except NoSuchGift:
        raise NotFound("No gift has this code. Compare it with the card.") from None
    return {
        "gift": gift,
        "code": code,
        "tier": queries.tier(gift.tier_id),
        "creator": find_user(gift.creator_id),
        "giver": find_user(gift.buyer_id),
        "length": prices.LENGTHS[gift.months],
        "refused": refused,
    }
