"""A subscription for somebody else: for a code, or for a person of the house. A code does not grow old."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.accounts.queries import find_by_handle, find_user
from app.creators.operations import following
from app.extensions import db
from app.invoices.models import SETTLED, Invoice, State
from app.invoices.operations import refunding
from app.invoices.operations.locking import lock as lock_invoice
from app.invoices.operations.making import Item, Order, make
from app.invoices.operations.refunding import Wish
from app.invoices.products import Sold
from app.kit import chance, clock, crypto
from app.kit.ids import new_id
from app.moderation import screening
from app.platform import audit, limits, outbox, work
from app.platform.audit import Action
from app.platform.errors import NotFound
from app.platform.settings import vault
from app.subscriptions import periods, prices, queries
from app.subscriptions.errors import GiftNotNow, NobodyThere, NoSuchGift, NotOfferedSo
from app.subscriptions.models import Gift, Subscription
from app.subscriptions.operations import ending, opening, taking
from app.subscriptions.operations.beginning import BEGUN
from app.subscriptions.operations.locking import alone, hold_page, lock, note
from app.subscriptions.prices import LENGTHS

PRODUCT, KIND, PURPOSE = "gift", "gift", "gift"
BOUGHT, REDEEMED = "gift.bought", "gift.redeemed"
BACK_WORK = "subscriptions.gift_back"
# Signs of a code, and how many stand together.
SIGNS, GROUP = 16, 4


@dataclass(frozen=True, slots=True)
class GiftWish:
    tier_id: UUID
    months: int
    to: str = ""
    note: str = ""


def buy(buyer_id: UUID, creator_id: UUID, wish: GiftWish) -> Invoice:
    offer = queries.one_offered(creator_id, wish.tier_id)
    if wish.months not in LENGTHS:
        raise NotOfferedSo
    if not queries.may_join(buyer_id, creator_id) and buyer_id != creator_id:
        raise NotFound
    screening.screen("gift", buyer_id, wish.note, "note")
    code = _new_code()
    gift = Gift(
        id=new_id(),
        buyer_id=buyer_id,
        creator_id=creator_id,
        tier_id=wish.tier_id,
        months=wish.months,
        state="pending",
        code_digest=_digest(code),
        sealed_code=vault().seal(code, PURPOSE),
        sealed_recipient=_recipient(wish, buyer_id, creator_id),
        note=wish.note,
        created_at=clock.now(),
    )
    db.session.add(gift)
    db.session.flush()
    label = f"A gift: {offer.tier.name}, {LENGTHS[wish.months]}"
    price = prices.price_for(offer.tier, offer.bundles, wish.months)
    return make(
        Order(
            buyer_id=buyer_id,
            seller_id=creator_id,
            kind=KIND,
            currency=offer.tier.currency,
            items=(Item(label, price, PRODUCT, gift.id),),
            return_to=f"/gifts/card/{gift.id}",
        )
    )


def find(code: str, user_id: UUID) -> Gift:
    """One that was paid for, by what stands on its card. Right or wrong, it is one of their tries."""
    limits.take("code", str(user_id))
    found = db.session.scalars(select(Gift).where(Gift.code_digest == _digest(code))).one_or_none()
    if found is None or found.state == "pending":
        raise NoSuchGift
    return found


def code_of(gift: Gift) -> str:
    return vault().open(gift.sealed_code, PURPOSE)


def recipient_of(gift: Gift) -> str:
    return vault().open(gift.sealed_recipient, PURPOSE) if gift.sealed_recipient else ""


def redeem(user_id: UUID, code: str) -> Subscription:
    """Begins a subscription, or makes the one that there is longer."""
    gift = find(code, user_id)
    alone(user_id, gift.creator_id)
    gift = _lock(gift.id)
    if gift.state != "ready":
        raise GiftNotNow("This gift was opened already." if gift.redeemed_by else "This gift was taken back.")
    if user_id == gift.creator_id:
        raise GiftNotNow("It is for your own page. Give it to somebody else.")
    hold_page(gift.creator_id)
    if not queries.may_join(user_id, gift.creator_id):
        raise GiftNotNow("This creator takes no subscriptions at the moment.")
    if gift.tier_id is None:
        raise GiftNotNow("Its tier is gone. Whoever bought it can ask for the money.")
    subscription = _give(gift, user_id, gift.tier_id)
    gift.state, gift.redeemed_by, gift.redeemed_at = "redeemed", user_id, clock.now()
    gift.ends_at = subscription.period_end
    audit.record(Action.GIFT_REDEEMED, actor=user_id, subject=("gift", gift.id))
    outbox.emit(REDEEMED, {"gift_id": str(gift.id)})
    return subscription


def ask_to_give_back(creator_id: UUID) -> None:
    """Of their page, those that nobody opened. By work, one by one: each locks its invoice first."""
    unopened = select(Gift.id).where(Gift.creator_id == creator_id, Gift.state == "ready")
    for found in db.session.scalars(unopened.order_by(Gift.id)).all():
        _ask_to_give_back(found)


def _ask_to_give_back(gift_id: UUID) -> None:
    work.enqueue(BACK_WORK, {"gift_id": str(gift_id)}, unique_key=f"{BACK_WORK}:{gift_id}")


def give_back(gift_id: UUID) -> None:
    """Nobody can open it any more: who gave it has it as credit, or the way it came where they have left."""
    invoice = lock_invoice(queries.invoice_of(PRODUCT, gift_id).id)
    gift = _lock(gift_id)
    if gift.state != "ready" or State(invoice.state) not in SETTLED:
        return
    giver = find_user(gift.buyer_id)
    here = giver is not None and giver.state != "deleted"
    if invoice.kept:
        refunding.refund(invoice.id, Wish(invoice.kept, "gift_unopened", None, as_credit=here))


# What the product does.


def bought(sold: Sold) -> None:
    gift = _of(sold)
    if gift.state == "redeemed":
        _give_again(gift, sold)
        return
    gift.state = "ready"
    if not queries.page_is_open(gift.creator_id):
        # Its payment was disputed while the page closed, and the dispute is won now.
        _ask_to_give_back(gift.id)
    audit.record(Action.GIFT_BOUGHT, actor=gift.buyer_id, subject=("gift", gift.id))
    outbox.emit(BOUGHT, {"gift_id": str(gift.id)})


def cannot_be_bought(sold: Sold) -> str | None:
    assert sold.seller_id is not None
    gift = _of(sold)
    if gift.state == "redeemed":
        return taking.cannot_give(lock(queries.opened_by(gift)[0].id), sold)
    hold_page(sold.seller_id)
    if sold.buyer_id != sold.seller_id and not queries.may_join(sold.buyer_id, sold.seller_id):
        return "This creator takes no subscriptions at the moment."
    if gift.state == "pending" and not queries.is_offered(gift.tier_id):
        return "This tier is not offered any more."
    return None


def had(sold: Sold, until: datetime) -> int:
    gift = _of(sold)
    return taking.had(lock(queries.opened_by(gift)[0].id), sold, until) if gift.state == "redeemed" else 0


def take_back(sold: Sold) -> None:
    """What was redeemed of it ends; what was not cannot be any more."""
    gift = _of(sold)
    if gift.state == "redeemed":
        seen, _ = queries.opened_by(gift)
        taking.take(lock(seen.id), sold.invoice_id, gift=True)
    else:
        gift.state = "taken_back"


def _give(gift: Gift, user_id: UUID, tier_id: UUID) -> Subscription:
    there = queries.living(user_id, gift.creator_id)
    if there is None:
        return _begin(gift, user_id, tier_id)
    found = lock(there.id)
    if found.tier_id != tier_id:
        raise GiftNotNow("You have another tier there. Redeem it when that has ended: gifts do not grow old.")
    if found.state == "paused":
        raise GiftNotNow("Your subscription there is paused. Resume it first.")
    begin = opening.begin_next(found, clock.now())
    found.period_end = periods.end_of(begin, gift.months, found.anchor)
    found.period += 1
    if found.paused_until is not None:
        found.paused_until = periods.end_of(found.paused_until, gift.months, found.anchor)
    if found.period_end > clock.now():
        # The next charge moves away.
        found.state, found.reminded_at = "active", None
        found.tries, found.next_try_at, found.grace_until = 0, None, None
    opening.open_up(found)
    _note_paid(found, gift, begin)
    ending.call_off_later(found)
    return found


def _begin(gift: Gift, user_id: UUID, tier_id: UUID) -> Subscription:
    offer = queries.of_tier(tier_id)
    at = clock.now()
    found = Subscription(
        id=new_id(),
        user_id=user_id,
        creator_id=gift.creator_id,
        tier_id=tier_id,
        state="active",
        months=gift.months,
        price=prices.price_for(offer.tier, offer.bundles, gift.months),
        currency=offer.tier.currency,
        anchor=at,
        period=1,
        period_start=at,
        period_end=periods.end_of(at, gift.months, at),
        renews=False,
        by_hand=True,
        created_at=at,
        started_at=at,
    )
    db.session.add(found)
    db.session.flush()
    if reason := taking.no_seat(found.tier_id, found.id):
        raise GiftNotNow(reason)
    opening.open_up(found)
    _note_paid(found, gift, at, fresh=True)
    following.follow(user_id, gift.creator_id)
    outbox.emit(BEGUN, {"subscription_id": str(found.id)})
    return found


def _note_paid(found: Subscription, gift: Gift, begin: datetime, **more: bool) -> None:
    invoice = queries.invoice_of(PRODUCT, gift.id)
    note(
        found,
        "paid",
        invoice=str(invoice.id),
        begin=begin.isoformat(),
        end=found.period_end.isoformat(),
        amount=invoice.kept,
        months=gift.months,
        gift=str(gift.id),
        **more,
    )


def _give_again(gift: Gift, sold: Sold) -> None:
    """A dispute was won: what it had ended goes on, and what it had shortened is as long as before."""
    seen, _ = queries.opened_by(gift)
    taking.give(lock(seen.id), sold, gift=True)


def _recipient(wish: GiftWish, buyer_id: UUID, creator_id: UUID) -> str | None:
    if not wish.to:
        return None
    person, _ = find_by_handle(wish.to.removeprefix("@"))
    if person is None or person.id in {buyer_id, creator_id}:
        raise NobodyThere
    return vault().seal(person.handle, PURPOSE)


def _new_code() -> str:
    signs = chance.readable(SIGNS).upper()
    return "-".join(signs[at : at + GROUP] for at in range(0, SIGNS, GROUP))


def _digest(code: str) -> bytes:
    return crypto.digest("".join(sign for sign in code.upper() if sign.isalnum()))


def _lock(gift_id: UUID) -> Gift:
    return db.session.scalars(
        select(Gift).where(Gift.id == gift_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def _of(sold: Sold) -> Gift:
    assert sold.subject_id is not None
    return _lock(sold.subject_id)
