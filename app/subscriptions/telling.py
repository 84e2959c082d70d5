"""What people are told about subscriptions and gifts."""

from uuid import UUID

from flask import Flask

from app.accounts.letters import write_to
from app.accounts.queries import find_user, the_user
from app.creators.models import Tier
from app.extensions import db
from app.kit.money import readable
from app.notifications import kinds
from app.notifications.kinds import Channel, Default, Kind
from app.platform.settings import settings
from app.subscriptions import queries
from app.subscriptions.models import Gift, Subscription
from app.subscriptions.operations import ending, gifts, next_period
from app.subscriptions.prices import LENGTHS

OFFERS = "offers"
# Nobody needs to hear what they did themselves a moment ago.
UNTOLD = frozenset({"cancelled", "left"})
WHY = {
    "away": "Its creator, or you, are away at the moment. Nothing was charged.",
    "unpaid": "It was not paid in time.",
    "trial_over": "The free days are over. Nothing was charged.",
    "refunded": "What you paid for it went back.",
    "blocked": "Its creator ended it. What you paid for the time that is left goes back to you.",
    "closed": "Its creator closed the page. What you paid for the time that is left goes back to you.",
}


def init_app(app: Flask) -> None:
    kinds.register(
        app,
        Kind(
            "subscriptions",
            "Your subscriptions",
            "When one begins, is about to renew, could not be paid, or ends.",
            {Channel.MAIL: Default.LOCKED_ON},
            "Always sent, because it is about your own money.",
        ),
    )
    kinds.register(
        app,
        Kind(
            OFFERS,
            "Offers of creators",
            "Codes from creators whom you subscribe to, or subscribed to.",
            {Channel.MAIL: Default.ON},
        ),
    )


def begun(subscription_id: UUID) -> None:
    found = db.session.get_one(Subscription, subscription_id)
    tier = _tier(found)
    creator = the_user(found.creator_id)
    write_to(
        find_user(found.user_id),
        "subscription_begun",
        tier=_name(tier),
        creator=creator.display_name,
        until=f"{found.period_end:%-d %B %Y}",
        renews="yes" if found.renews else "",
        trial="yes" if found.state == "trialing" else "",
        link=_page(found),
    )


def unpaid(subscription_id: UUID, words: str) -> None:
    found = db.session.get_one(Subscription, subscription_id)
    invoice = queries.waiting(ending.renewal_key(found))
    if found.state not in {"past_due", "paused"} or found.grace_until is None:
        return
    write_to(
        find_user(found.user_id),
        "subscription_unpaid",
        tier=_name(_tier(found)),
        creator=the_user(found.creator_id).display_name,
        amount=readable(_next(found), found.currency),
        words=words,
        again=f"{found.next_try_at:%-d %B}" if found.next_try_at else "",
        until=f"{found.grace_until:%-d %B %Y}",
        link=f"{settings().base_url}/invoices/{invoice.invoice.id}" if invoice else _page(found),
    )


def reminded(subscription_id: UUID, invoice_id: UUID) -> None:
    found = db.session.get_one(Subscription, subscription_id)
    write_to(
        find_user(found.user_id),
        "subscription_due",
        tier=_name(_tier(found)),
        creator=the_user(found.creator_id).display_name,
        amount=readable(_next(found), found.currency),
        until=f"{found.period_end:%-d %B %Y}",
        link=f"{settings().base_url}/invoices/{invoice_id}",
    )


def renews_soon(subscription_id: UUID) -> None:
    found = db.session.get_one(Subscription, subscription_id)
    if found.renews:
        write_to(
            find_user(found.user_id),
            "subscription_renews",
            tier=_name(_tier(found)),
            creator=the_user(found.creator_id).display_name,
            amount=readable(_next(found), found.currency),
            until=f"{found.period_end:%-d %B %Y}",
            link=_page(found),
        )


def cancelled(subscription_id: UUID) -> None:
    found = db.session.get_one(Subscription, subscription_id)
    write_to(
        find_user(found.user_id),
        "subscription_cancelled",
        tier=_name(_tier(found)),
        creator=the_user(found.creator_id).display_name,
        until=f"{found.period_end:%-d %B %Y}",
        link=_page(found),
    )


def ended(subscription_id: UUID, why: str) -> None:
    found = db.session.get_one(Subscription, subscription_id)
    if why in UNTOLD:
        return
    write_to(
        find_user(found.user_id),
        "subscription_ended",
        tier=_name(_tier(found)),
        creator=the_user(found.creator_id).display_name,
        why=WHY[why],
        link=f"{settings().base_url}/subscriptions",
    )


def gift_bought(gift_id: UUID) -> None:
    """To who it is for, where that is known; its card to who bought it."""
    gift = db.session.get_one(Gift, gift_id)
    if gift.state != "ready":
        return
    buyer, code = find_user(gift.buyer_id), gifts.code_of(gift)
    values = {
        "tier": _name(db.session.get(Tier, gift.tier_id) if gift.tier_id else None),
        "creator": the_user(gift.creator_id).display_name,
        "length": LENGTHS[gift.months],
        "code": code,
    }
    to = gifts.recipient_of(gift)
    write_to(buyer, "gift_bought", **values, recipient=to, link=f"{settings().base_url}/gifts/card/{gift.id}")
    if recipient := queries.person_called(to):
        who = buyer.display_name if buyer else "Somebody"
        link = f"{settings().base_url}/gifts/{code}"
        write_to(recipient, "gift_received", **values, giver=who, note=gift.note, link=link)


def gift_redeemed(gift_id: UUID) -> None:
    gift = db.session.get_one(Gift, gift_id)
    if gift.redeemed_by is not None and gift.redeemed_by != gift.buyer_id:
        write_to(
            find_user(gift.buyer_id),
            "gift_redeemed",
            who=the_user(gift.redeemed_by).display_name,
            creator=the_user(gift.creator_id).display_name,
        )


def _next(found: Subscription) -> int:
    price, off = next_period.price_of_next(found)
    return price - off


def _tier(found: Subscription) -> Tier | None:
    return db.session.get(Tier, found.tier_id) if found.tier_id else None


def _name(tier: Tier | None) -> str:
    return tier.name if tier else "Your subscription"


def _page(found: Subscription) -> str:
    return f"{settings().base_url}/subscriptions/{found.id}"
