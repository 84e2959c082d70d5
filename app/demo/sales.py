"""What fans of the demo paid until now: by the operations, and in the books, that everything goes through.

They pay with credit. It is play money, and the books say so: given to them as an adjustment, to the last cent
of what they buy.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random
from uuid import UUID

from sqlalchemy import delete, select, update

from app.accounts.models import User
from app.creators.models import Tier
from app.demo import people, ties
from app.entitlements.models import Grant
from app.extensions import db
from app.invoices.models import Invoice
from app.invoices.operations import crediting
from app.kit import clock
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account, Entry, Leg, post
from app.platform.errors import Refused
from app.platform.models import OutboxEvent
from app.posts.models import Post
from app.posts.operations import buying
from app.subscriptions.operations import beginning
from app.tips import queries as tips
from app.tips.operations import giving

# What the fan that everybody signs in as finds in their pocket.
POCKET = 25_00
LATELY, A_WHILE = timedelta(days=26), timedelta(hours=1)
TIPS = 9
AMOUNTS, AMOUNTS_WEIGHTS = (200, 300, 500, 800, 1_000, 2_500), (3, 6, 9, 4, 4, 1)
ON_A_POST, SAID = 0.6, 0.7
NOTES = (
    "For the kettle.",
    "Your last one stayed with me all week.",
    "Please go on!",
    "A small thank you from a long train ride.",
    "I showed it to my sister. This is from both of us.",
    "For paint, or for tea.",
    "Best thing I read this month.",
)


@dataclass(frozen=True, slots=True, order=True)
class Deal:
    at: datetime
    who: UUID
    wish: Callable[[], Invoice]


def put_in(handle: str, at: datetime) -> int:
    """All of a creator's at once, and once. How many."""
    creator_id = people.creators()[handle].id
    if db.session.scalar(select(Invoice.id).where(Invoice.seller_id == creator_id).limit(1)):
        return 0
    deals = sorted(_deals(handle, creator_id, at), key=lambda deal: deal.at)
    done = [invoice_id for deal in deals if (invoice_id := _made(deal))]
    # Nobody holds a subscription that they do not find among their own.
    db.session.execute(delete(Grant).where(Grant.cause == _subscribed(creator_id)))
    db.session.flush()
    # It happened before anybody looked: nobody gets a mail about it.
    of_these = OutboxEvent.payload["invoice_id"].astext.in_([str(one) for one in done])
    db.session.execute(update(OutboxEvent).where(of_these).values(delivered_at=clock.now()))
    return len(done)


def fill_pocket() -> None:
    """Once: the same again is the same entry."""
    if db.session.scalar(select(User.id).where(User.id == people.FAN.id, User.state == "active")):
        _give(people.FAN.id, POCKET, "USD", "demo:pocket")


def _deals(handle: str, creator_id: UUID, at: datetime) -> Iterator[Deal]:
    dice = Random(f"sales of {handle}")  # noqa: S311 - the same ones each time
    here = set(db.session.scalars(select(User.id).where(User.state == "active")))
    fans = [(who, rank) for who, rank in ties.to(handle) if who in here]
    out = select(Post).where(Post.creator_id == creator_id, Post.state == "published")
    posts = db.session.scalars(out.order_by(Post.published_at, Post.id)).all()
    yield from _subscriptions(creator_id, [one for one in fans if one[1]], at, dice)
    yield from _purchases(posts, here, at, dice)
    givers = [who for who, _ in fans if who != people.FAN.id]
    for who in dice.sample(givers, min(len(givers), dice.randint(TIPS // 3, TIPS))):
        yield _tip(handle, who, posts, at - A_WHILE - LATELY * dice.random(), dice)


def _subscriptions(
    creator_id: UUID, fans: Sequence[tuple[UUID, int]], at: datetime, dice: Random
) -> Iterator[Deal]:
    living = select(Tier).where(Tier.creator_id == creator_id, Tier.archived_at.is_(None))
    tiers = {tier.rank: tier.id for tier in db.session.scalars(living)}
    for who, rank in fans:
        if rank in tiers:
            wish = partial(_subscribe, who, creator_id, tiers[rank])
            yield Deal(at - A_WHILE - LATELY * dice.random(), who, wish)


def _purchases(posts: Sequence[Post], here: set[UUID], at: datetime, dice: Random) -> Iterator[Deal]:
    opened = select(Grant.user_id, Grant.scope_id).where(
        Grant.cause.in_([_bought(one.id) for one in posts]), Grant.revoked_at.is_(None)
    )
    pairs = sorted((who, post_id) for who, post_id in db.session.execute(opened) if who in here)
    since = {one.id: one.published_at or at for one in posts}
    for who, post_id in pairs:
        yield Deal(since[post_id] + (at - since[post_id]) * dice.random(), who, partial(_buy, who, post_id))


def _tip(handle: str, who: UUID, posts: Sequence[Post], at: datetime, dice: Random) -> Deal:
    wish = giving.Wish(
        dice.choices(AMOUNTS, AMOUNTS_WEIGHTS)[0], dice.choice(NOTES) if dice.random() < SAID else ""
    )
    there = [one.id for one in posts if one.published_at and one.published_at < at]
    on = dice.choice(there) if there and dice.random() < ON_A_POST else None
    return Deal(at, who, partial(_give_tip, who, handle, on, wish))


def _subscribe(who: UUID, creator_id: UUID, tier_id: UUID) -> Invoice:
    """In place of what was opened for nothing, as purchases are."""
    _close(who, _subscribed(creator_id))
    return beginning.subscribe(who, creator_id, beginning.Wish(tier_id))


def _buy(who: UUID, post_id: UUID) -> Invoice:
    _close(who, _bought(post_id))
    return buying.buy(who, post_id)


def _give_tip(who: UUID, handle: str, on: UUID | None, wish: giving.Wish) -> Invoice:
    target = tips.on_post(on, who) if on else tips.on_creator(handle, who)
    return giving.give(who, target, wish)[1]


def _subscribed(creator_id: UUID) -> str:
    return f"demo:subscription:{creator_id}"


def _bought(post_id: UUID) -> str:
    return f"demo:purchase:{post_id}"


def _close(who: UUID, cause: str) -> None:
    db.session.execute(delete(Grant).where(Grant.user_id == who, Grant.cause == cause))


def _made(deal: Deal) -> UUID | None:
    """None where a visitor has changed so much meanwhile that it cannot be."""
    with clock.as_then(deal.at):
        try:
            with db.session.begin_nested():
                invoice = deal.wish()
                _give(deal.who, invoice.missing, invoice.currency, f"demo:credit:{invoice.id}")
                crediting.pay(invoice.id, deal.who)
        except Refused:
            return None
    return invoice.id


def _give(who: UUID, amount: int, currency: str, cause: str) -> None:
    legs = (
        Leg(Account(Kind.ADJUSTMENT, currency), amount),
        Leg(Account(Kind.FAN_CREDIT, currency, who), -amount),
    )
    post(Entry(cause, "adjustment", legs, note="Play money of the demo house"))
