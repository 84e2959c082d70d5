"""States and steps of subscriptions, as people read them."""

from datetime import datetime
from typing import Any

from app.subscriptions.models import Subscription, SubscriptionEvent

LOOKS = {"trialing": "dusk", "active": "good", "past_due": "warn", "ended": "none", "paused": "none"}
NAMES = {
    "trialing": "Trial",
    "active": "Active",
    "past_due": "Not paid",
    "paused": "Paused",
    "ended": "Ended",
}
EVENTS = {
    "paid": "Paid until {end}",
    "unpaid": "Not paid in time",
    "declined": "Not paid: {words}",
    "cancelled": "Cancelled",
    "resumed": "Taken back: it goes on",
    "pause_wanted": "To be paused, until {until}",
    "paused": "Paused",
    "ended": "Ended",
    "restored": "Open again",
    "upgraded": "Changed to {tier}",
    "changes_later": "Changes to {tier} with the next period",
    "stays": "Stays as it is",
    "upgrade_taken_back": "The change was refunded: back to the tier before",
    "upgrade_given_again": "The change counts again",
    "paid_taken_back": "A payment went back: shorter by as much",
    "paid_given_again": "A payment counts again: longer by as much",
    "gift_taken_back": "A gift was refunded: shorter by as much",
    "gift_given_again": "A gift counts again: longer by as much",
    "method": "Way of paying changed",
}


def name(subscription: Subscription) -> str:
    if subscription.state in {"trialing", "active"} and not subscription.renews:
        return "Ends soon"
    return NAMES[subscription.state]


def look(subscription: Subscription) -> str | None:
    found = "warn" if name(subscription) == "Ends soon" else LOOKS[subscription.state]
    return None if found == "none" else found


def event(one: SubscriptionEvent) -> str:
    detail = {key: _readable(key, value) for key, value in one.detail.items()}
    return EVENTS[one.what].format(**detail)


def day(at: datetime) -> str:
    return f"{at:%-d %B %Y}"


def _readable(key: str, value: Any) -> Any:
    return day(datetime.fromisoformat(value)) if key in {"begin", "end", "until"} else value
