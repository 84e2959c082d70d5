"""Somebody does not want somebody, closes their page, or leaves the house: subscriptions end, by work.

What was paid for time that is not used goes back the way it came where it is the creator who ends it; gifts
that nobody opened are credit of those who bought them.
"""

from uuid import UUID

from app.platform import work
from app.subscriptions.models import Subscription
from app.subscriptions.operations import ending, gifts
from app.subscriptions.operations.locking import hold_page

LEFT_WORK = "subscriptions.person_left"


def blocked(user_id: UUID, creator_id: UUID) -> None:
    hold_page(creator_id)
    between = (Subscription.user_id == user_id, Subscription.creator_id == creator_id)
    ending.ask_to_end(between, "blocked")


def page_closed(creator_id: UUID) -> None:
    ending.ask_to_end((Subscription.creator_id == creator_id,), "closed")
    gifts.ask_to_give_back(creator_id)


def person_left(user_id: UUID) -> None:
    """After the account: their own end without more ado, those of their fans are given back."""
    page_closed(user_id)
    ending.end_all_of(user_id)


def ask(user_id: UUID) -> None:
    work.enqueue(LEFT_WORK, {"user_id": str(user_id)}, unique_key=f"{LEFT_WORK}:{user_id}")
