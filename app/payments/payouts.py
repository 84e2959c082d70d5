"""Sending money to people. A rail registers how; who owes it asks by the rail's name and plain values.

    payouts.register(app, Sender("card", send=..., look=..., out_of=...))
    match payouts.send("card", Order(payout.id, "acct_...", 5_000, "USD")):
        case Sent(): ...

The same reference again is the same money: a rail looks whether it went already before it sends. None of
it runs inside a transaction, but calling off, which asks nobody outside of the house.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from flask import Flask, current_app

from app.ledger.chart import Kind

PLACE = "fanlight.payout_senders"
# Told in the outbox when a rail hears of those whom it pays: {"rail", "kind", "subject", "destination"}.
CHANGED = "payouts.changed"


@dataclass(frozen=True, slots=True)
class Order:
    # The row that causes it; what the rail knows it by.
    reference_id: UUID
    # A connected account, a wallet.
    destination: str
    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class Sent:
    """The rail has it. `final`: it arrived, and nothing comes between any more."""

    provider_id: str
    final: bool = True


@dataclass(frozen=True, slots=True)
class Failed:
    """It did not go, and will not: `words` say why, and what to do about it."""

    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Perhaps it went. Ask again in a while."""


Answer = Sent | Failed | Unknown


@dataclass(frozen=True, slots=True)
class Sender:
    rail: str
    send: Callable[[Order], Answer]
    # What became of one that was sent, or perhaps was: by its reference.
    look: Callable[[Order], Answer]
    # Where the money lies that it sends.
    out_of: Kind
    # Whether it never goes from now on, because nothing of it left the house yet.
    call_off: Callable[[Order], bool] = lambda _: False


def register(app: Flask, sender: Sender) -> None:
    app.extensions.setdefault(PLACE, {})[sender.rail] = sender


def sender(rail: str) -> Sender | None:
    known: dict[str, Sender] = current_app.extensions.get(PLACE, {})
    return known.get(rail)


def rails() -> list[str]:
    known: dict[str, Sender] = current_app.extensions.get(PLACE, {})
    return sorted(known)


def send(rail: str, order: Order, *, again: bool = False) -> Answer:
    """`again`: it was asked before, so that it may have gone although the rail is closed by now."""
    found = sender(rail)
    if found is None:
        return Unknown() if again else CLOSED
    return found.send(order)


def look(rail: str, order: Order) -> Answer:
    found = sender(rail)
    return found.look(order) if found else Unknown()


def call_off(rail: str, order: Order) -> bool:
    """In the caller's transaction."""
    found = sender(rail)
    return found is not None and found.call_off(order)


CLOSED = Failed("rail_closed", "This way of being paid out is closed at the moment. Choose another one.")
