"""What people are told about subscriptions and gifts."""

from uuid import UUID

from flask import Flask

from app.accounts.letters import write_to
from app.accounts.queries import find_user, the_user
from app.creators.models import Tier
from app.extensions import db
from app.kit.money import readable
from app.notifications import kinds
from app.notifications.kinds import Channel, Default, Event, Family, Kind
from app.notifications.operations.telling import tell
from app.platform.settings import settings
from app.platform.viewer import Role
from app.subscriptions import queries
from app.subscriptions.models import Gift, Subscription
from app.subscriptions.operations import ending, gifts, next_period
from app.subscriptions.prices import LENGTHS

OFFERS = "offers"
SUBSCRIBED = Event(
    "subscribed",
    "{actors} subscribed to {tier}",
    "{actors} subscribed to you",
    icon="star",
    bundled=True,
    once=True,
)
# What they did themselves a moment ago is listed, and calls nobody.
_OF_FANS = (
    Event(
        "begun", "{tier} of {creator} is open to you", icon="star", letter="subscription_begun", quiet=True
    ),
    Event("soon", "{tier} of {creator} renews on {until}", icon="refresh", letter="subscription_renews"),
    Event("to_pay", "{tier} of {creator} ends on {until}", icon="clock", letter="subscription_due"),
    Event("unpaid", "{tier} of {creator} is not paid yet", icon="alert", letter="subscription_unpaid"),
    Event(
        "cancelled", "{tier} of {creator} is cancelled", icon="x", letter="subscription_cancelled", quiet=True
    ),
    Event("ended", "{tier} of {creator} has ended", icon="x", letter="subscription_ended"),
    Event(
        "gift_bought",
        "Your gift is ready: {tier} of {creator}",
        icon="gift",
        letter="gift_bought",
        quiet=True,
    ),
    # The link of its mail holds the code, which is kept nowhere in the open.
    Event(
        "gift_received",
        "You were given a gift: {tier} of {creator}",
        icon="gift",
        letter="gift_received",
        href="/gifts",
    ),
    Event(
        "gift_redeemed",
        "Your gift of {creator} was opened",
        icon="gift",
        letter="gift_redeemed",
        href="/gifts",
    ),
)
_OFFERED = Event("offered", "{percent} % off at {creator}", icon="scissors", letter="promo_offered")
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
            {Channel.PAGE: Default.LOCKED_ON, Channel.MAIL: Default.LOCKED_ON, Channel.PUSH: Default.ON},
            "Always sent, because it is about your own money.",
            _OF_FANS,
            Family.MONEY,
        ),
    )
    kinds.register(
        app,
        Kind(
            OFFERS,
            "Offers of creators",
            "Codes from creators whom you subscribe to, or subscribed to.",
            {Channel.PAGE: Default.ON, Channel.MAIL: Default.ON, Channel.PUSH: Default.OFF},
            events=(_OFFERED,),
            family=Family.MONEY,
        ),
    )
    kinds.register(
        app,
        Kind(
            "subscribers",
            "New subscribers",
            "Paid, as a gift or for free days. Their mail is that of your sales.",
            {Channel.PAGE: Default.ON, Channel.PUSH: Default.ON},
            events=(SUBSCRIBED,),
            family=Family.PEOPLE,
            role=Role.CREATOR,
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
    tell(
        SUBSCRIBED.name,
        to=found.creator_id,
        subject="subscribers",
        href="/dashboard/subscribers",
        actor=found.user_id,
        words={"tier": _name(tier)},
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
