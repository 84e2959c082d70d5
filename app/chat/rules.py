"""Who may write to whom. Pure: decides from what it is given.

People write to creators, as far as those want it; creators write to those who are tied to them; and whom
somebody wrote to may answer.
"""

from dataclasses import dataclass
from enum import StrEnum

FROM = ("everyone", "followers", "subscribers", "paid", "nobody")


class Step(StrEnum):
    """What would help."""

    FOLLOW = "follow"
    SUBSCRIBE = "subscribe"
    SHOW = "show"
    PAY = "pay"


@dataclass(frozen=True, slots=True)
class Silence:
    """Why one cannot write, in words for whoever wanted to."""

    words: str
    step: Step | None = None


@dataclass(frozen=True, slots=True)
class Between:
    """What lies between somebody who writes and the other one."""

    name: str
    here: bool
    # One of them blocked the other, was taken down, or has hidden who writes.
    apart: bool
    hidden_by_me: bool
    # They wrote before.
    asked: bool
    # One paid for the first word.
    paid: bool
    they_host: bool
    i_host: bool
    messages_from: str
    # In words: of the tier and the price that they ask for.
    from_tier: str
    first_price: str
    i_follow: bool
    # From the tier on that they ask for.
    i_subscribe: bool
    they_follow: bool
    they_subscribe: bool


def why_silent(between: Between) -> Silence | None:
    """None for whoever may write."""
    if not between.here:
        return Silence("They are not here any more.")
    if between.apart:
        return Silence(f"{between.name} takes no messages from you.")
    if between.hidden_by_me:
        return Silence(f"You have hidden {between.name}: show them again, and you can write.", Step.SHOW)
    if between.asked or between.paid or _welcome(between) or _tied(between):
        return None
    return _closed(between)


def _welcome(between: Between) -> bool:
    """At a creator's who takes messages from such as them."""
    if not between.they_host:
        return False
    match between.messages_from:
        case "everyone":
            return True
        case "followers":
            return between.i_follow or between.i_subscribe
        case "subscribers" | "paid":
            return between.i_subscribe
        case _:
            return False


def _tied(between: Between) -> bool:
    return between.i_host and (between.they_follow or between.they_subscribe)


def _closed(between: Between) -> Silence:
    name = between.name
    if not between.they_host:
        if between.i_host:
            return Silence(f"You can write to {name} once they follow you.")
        return Silence(f"{name} has no page. Messages go to creators, and from them to their fans.")
    match between.messages_from:
        case "followers":
            return Silence(f"{name} takes messages from followers.", Step.FOLLOW)
        case "subscribers":
            whom = f"subscribers from {between.from_tier} on" if between.from_tier else "subscribers"
            return Silence(f"{name} takes messages from {whom}.", Step.SUBSCRIBE)
        case "paid":
            words = f"To write to {name} costs {between.first_price}, once. Subscribers write without."
            return Silence(words, Step.PAY)
        case _:
            return Silence(f"{name} takes no messages at the moment.")
