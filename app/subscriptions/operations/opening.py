"""What a subscription opens, and what of it was paid and is not used up."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.creators.models import Tier
from app.entitlements.operations import grants
from app.entitlements.operations.grants import Extent
from app.entitlements.rules import Kind
from app.extensions import db
from app.invoices.models import SETTLED, Invoice, State
from app.invoices.products import Sold
from app.kit import clock
from app.subscriptions import periods, queries
from app.subscriptions.models import Subscription, SubscriptionEvent
from app.subscriptions.operations.locking import note

# How long it stays open when a renewal is not paid in time.
GRACE = timedelta(days=7)
Paid = Sequence[SubscriptionEvent]


def cause(subscription: Subscription) -> str:
    return f"subscription:{subscription.id}"


def open_up(subscription: Subscription) -> None:
    """As far as its tier reaches, and until it is over: with the grace where it is going to renew."""
    tier = db.session.get(Tier, subscription.tier_id) if subscription.tier_id else None
    goes_on = subscription.renews and subscription.paused_until is None
    by_itself = subscription.state != "trialing" or subscription.method_id is not None
    grace = max(subscription.period_end + GRACE, subscription.grace_until or subscription.period_end)
    ends_at = grace if goes_on and by_itself else subscription.period_end
    if ends_at <= clock.now():
        # As in a pause: what changes of it now opens nothing.
        grants.revoke(subscription.user_id, cause=cause(subscription))
        return
    grants.grant(
        subscription.user_id,
        subscription.creator_id,
        Kind.SUBSCRIPTION,
        cause=cause(subscription),
        extent=Extent(
            rank=tier.rank if tier else 1,
            label=tier.name if tier else "",
            ends_at=ends_at,
        ),
    )


def begin_next(subscription: Subscription, at: datetime) -> datetime:
    """Where the last period ended. Where nobody asked before even the grace after that was over (the house
    stood still), from when it was opened again, and on that day from then on: what was closed is not paid.
    """
    end, until = subscription.period_end, subscription.grace_until
    opened = until - GRACE if until and at <= until + GRACE else at
    if opened <= end + GRACE:
        return end
    subscription.anchor = opened
    return opened


def keep_open(subscription: Subscription, tier_id: UUID, until: datetime) -> None:
    """What is paid until then opens more than what comes after it, and was paid for early."""
    tier = db.session.get_one(Tier, tier_id)
    grants.grant(
        subscription.user_id,
        subscription.creator_id,
        Kind.SUBSCRIPTION,
        cause=_before(subscription),
        extent=Extent(rank=tier.rank, label=tier.name, ends_at=until),
    )


def close_before(subscription: Subscription) -> dict[str, str] | None:
    """What was kept open goes, with the money that was paid for it: which tier until when, for its return."""
    closed = grants.living(subscription.user_id, _before(subscription))
    grants.revoke(subscription.user_id, cause=_before(subscription))
    if closed is None or closed.ends_at is None or closed.ends_at <= clock.now():
        return None
    tier_id = queries.tier_of_rank(subscription.creator_id, closed.rank)
    return {"tier": str(tier_id), "until": closed.ends_at.isoformat()} if tier_id else None


def keep_open_again(subscription: Subscription, kept: dict[str, str] | None, later: timedelta) -> None:
    """What was closed so, for as long as it was to be."""
    if kept is not None and (until := datetime.fromisoformat(kept["until"]) + later) > clock.now():
        keep_open(subscription, UUID(kept["tier"]), until)


def close(subscription: Subscription) -> None:
    grants.revoke(subscription.user_id, cause=cause(subscription))
    close_before(subscription)


def _before(subscription: Subscription) -> str:
    return f"{cause(subscription)}:before"


def note_paid(subscription: Subscription, sold: Sold, begin: datetime, **more: Any) -> None:
    """For the history, and to reckon what is left of it. `fresh`: nothing that was paid before counts."""
    note(
        subscription,
        "paid",
        invoice=str(sold.invoice_id),
        begin=begin.isoformat(),
        end=subscription.period_end.isoformat(),
        amount=_total(sold.invoice_id),
        **more,
    )


def left(subscription: Subscription, at: datetime) -> dict[UUID, int]:
    """Of which invoices how much was paid for time that is still to come, and can go back. What was taken
    back is as if it had not been: what it took the place of counts by its own time again.
    """
    return left_of(queries.what_was_paid(subscription.id), at)


def left_of(paid: Paid, at: datetime) -> dict[UUID, int]:
    """The same, were this all that was paid."""
    parts: dict[UUID, int] = {}
    for event in counting(paid):
        detail = event.detail
        begin, end = (datetime.fromisoformat(detail[name]) for name in ("begin", "end"))
        sums = [(detail["invoice"], detail["amount"]), *detail.get("carried", ())]
        for invoice_id, amount in sums if end > at else ():
            key = UUID(invoice_id)
            parts[key] = parts.get(key, 0) + periods.unused(amount, begin, end, at, used(event))
    return {key: there for key, part in parts.items() if (there := min(part, kept(key))) > 0}


def counting(paid: Paid) -> list[SubscriptionEvent]:
    """What was neither taken back nor replaced."""
    return [one for one in paid if "taken" not in one.detail and instead_of(one, paid) is None]


def instead_of(own: SubscriptionEvent, paid: Paid) -> SubscriptionEvent | None:
    """What took the place of all before it, this too, and was not taken back itself."""
    fresh = [one for one in paid if one.detail.get("fresh") and "taken" not in one.detail and one is not own]
    return max((one for one in fresh if _anew(one) > counts_since(own)), key=_anew, default=None)


def counts_since(one: SubscriptionEvent) -> UUID:
    """In the order of what was paid; what was taken and given again, since then."""
    return UUID(one.detail.get("again", str(one.id)))


def _anew(one: SubscriptionEvent) -> UUID:
    return UUID(one.detail.get("anew", str(one.id)))


def used(event: SubscriptionEvent) -> timedelta:
    """What was had of it before its begin: it was taken, and given again."""
    return timedelta(seconds=event.detail.get("used", 0))


def _total(invoice_id: UUID) -> int:
    return db.session.get_one(Invoice, invoice_id).total


def kept(invoice_id: UUID) -> int:
    invoice = db.session.get_one(Invoice, invoice_id)
    return invoice.kept if State(invoice.state) in SETTLED else 0
