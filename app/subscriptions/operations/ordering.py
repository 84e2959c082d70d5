"""What somebody owes for their subscription, however it came about."""

from collections.abc import Sequence
from datetime import timedelta

from app.invoices.operations.making import Item, Order
from app.subscriptions.models import Subscription

KIND = "subscription"


def order(subscription: Subscription, items: Sequence[Item], key: str, lives: timedelta) -> Order:
    """`key`: the same again is the same invoice."""
    return Order(
        buyer_id=subscription.user_id,
        seller_id=subscription.creator_id,
        kind=KIND,
        currency=subscription.currency,
        items=tuple(items),
        unique_key=key,
        lives=lives,
        return_to=f"/subscriptions/{subscription.id}",
    )
