"""Word before a period ends: to those who pay by hand, and to those whose card is charged after long."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from app.extensions import db
from app.invoices.models import PAYABLE, Invoice, State
from app.kit import clock
from app.platform import outbox
from app.subscriptions.models import Subscription
from app.subscriptions.operations import next_period
from app.subscriptions.operations.locking import each, lock

REMINDED, SOON = "subscription.reminded", "subscription.renews_soon"
# Days before the end at which whoever pays by hand is reminded.
REMIND = (7, 3, 1)
# So many months are forgotten easily: whoever pays for them by card is told a week before.
LONG = 6


def remind_due() -> int:
    """Those who pay by hand, and those whose card is charged after a long time."""
    at = clock.now()
    soon = db.session.scalars(
        select(Subscription.id)
        .where(
            Subscription.state.in_(("trialing", "active")),
            Subscription.renews,
            Subscription.paused_until.is_(None),
            Subscription.period_end > at,
            Subscription.period_end <= at + timedelta(days=REMIND[0]),
            or_(Subscription.reminded_at.is_(None), *(_not_since(timedelta(days=days)) for days in REMIND)),
        )
        .order_by(Subscription.period_end)
    ).all()
    return each(soon, _remind)


def _remind(subscription_id: UUID) -> None:
    seen = db.session.get_one(Subscription, subscription_id, populate_existing=True)
    left, by_card = seen.period_end - clock.now(), next_period.method_of(seen) is not None
    since = next(timedelta(days=days) for days in reversed(REMIND) if left <= timedelta(days=days))
    first = seen.reminded_at is None
    if seen.reminded_at is not None and seen.reminded_at >= seen.period_end - since:
        return
    if by_card:
        lock(subscription_id).reminded_at = clock.now()
        if first and seen.months >= LONG:
            outbox.emit(SOON, {"subscription_id": str(subscription_id)})
        return
    invoice, _ = next_period.invoice_of(seen)
    subscription = lock(subscription_id)
    if invoice is None or subscription.period + 1 != _period(invoice, subscription):
        return
    subscription.reminded_at = clock.now()
    outbox.emit(REMINDED, {"subscription_id": str(subscription.id), "invoice_id": str(invoice.id)})


def _period(invoice: Invoice, subscription: Subscription) -> int:
    """Of a renewal that costs nothing, none: it is done."""
    return subscription.period + 1 if State(invoice.state) in PAYABLE else 0


def _not_since(left: timedelta) -> ColumnElement[bool]:
    """No word yet since so much time was left."""
    begins = Subscription.period_end - left
    return and_(begins <= clock.now(), Subscription.reminded_at < begins)
