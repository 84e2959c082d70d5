"""Cards on file: kept, preferred, removed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert

from app.extensions import db
from app.kit import clock
from app.kit.ids import new_id
from app.payments import queries
from app.payments.errors import StillInUse
from app.payments.models import CARD, PaymentMethod, ProviderCustomer
from app.platform import audit, work
from app.platform.audit import Action
from app.platform.errors import NotFound

DETACH, FORGET = "payments.card_detach", "payments.card_forget"
# Who charges a card again and again says what it pays for, in words: "Gold of @mira".
Uses = Callable[[UUID], list[str]]
_uses: dict[str, Uses] = {}
# What was to be charged to the first is to be charged to the second.
Moves = Callable[[UUID, UUID], None]
_moves: dict[str, Moves] = {}


@dataclass(frozen=True, slots=True)
class Card:
    """As its owner knows it."""

    provider_id: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    country: str | None
    fingerprint: str | None = None


def charged_by(name: str, uses: Uses, moves: Moves = lambda _, __: None) -> None:
    """Registers who charges cards: asked before one is removed, and told when another takes its place."""
    _uses[name], _moves[name] = uses, moves


def uses_of(method_id: UUID) -> list[str]:
    return [one for uses in _uses.values() for one in uses(method_id)]


def remember_customer(user_id: UUID, rail: str, provider_id: str) -> None:
    made = insert(ProviderCustomer).values(
        user_id=user_id, rail=rail, provider_id=provider_id, created_at=clock.now()
    )
    db.session.execute(made.on_conflict_do_nothing())


def forget_customer(user_id: UUID, rail: str) -> None:
    db.session.execute(
        delete(ProviderCustomer).where(ProviderCustomer.user_id == user_id, ProviderCustomer.rail == rail)
    )


def leave(user_id: UUID) -> None:
    """They leave the house: the processor forgets them as well, with their cards."""
    called = queries.customer(user_id, CARD)
    if called is not None:
        work.enqueue(FORGET, {"provider_id": called})
        forget_customer(user_id, CARD)


def keep(user_id: UUID, rail: str, card: Card) -> None:
    """The first one is preferred. What is known stays as it is, removed ones too.

    Kept a second time, the same card is listed once: by the newest of what the processor has of it.
    """
    db.session.get(ProviderCustomer, (user_id, rail), with_for_update=True)
    made = db.session.execute(
        insert(PaymentMethod)
        .values(
            id=new_id(),
            user_id=user_id,
            rail=rail,
            provider_id=card.provider_id,
            brand=card.brand,
            last4=card.last4,
            exp_month=card.exp_month,
            exp_year=card.exp_year,
            country=card.country,
            fingerprint=card.fingerprint,
            preferred=False,
            created_at=clock.now(),
        )
        .on_conflict_do_nothing(index_elements=["rail", "provider_id"])
        .returning(PaymentMethod.id)
    ).scalar()
    if made is None:
        return
    audit.record(Action.METHOD_ADDED, actor=user_id, subject=("method", made), rail=rail)
    _take_over(db.session.get_one(PaymentMethod, made))
    _prefer_some(user_id)


def _take_over(newest: PaymentMethod) -> None:
    for older in queries.same_card(newest):
        for move in _moves.values():
            move(older.id, newest.id)
        was_preferred = older.preferred
        older.removed_at, older.preferred = clock.now(), False
        db.session.flush()
        newest.preferred = newest.preferred or was_preferred
        _let_go(older, actor=None)


def renewed(rail: str, card: Card) -> None:
    """Its bank sent a new one: same card, later end."""
    db.session.execute(
        update(PaymentMethod)
        .where(PaymentMethod.rail == rail, PaymentMethod.provider_id == card.provider_id)
        .values(
            exp_month=card.exp_month,
            exp_year=card.exp_year,
            last4=card.last4,
            fingerprint=card.fingerprint,
        )
    )


def told_of_end(one: PaymentMethod, end: date) -> None:
    one.end_told = end


def prefer(user_id: UUID, method_id: UUID) -> None:
    chosen = _lock(user_id, method_id)
    for one in queries.methods(user_id):
        one.preferred = False
    db.session.flush()
    chosen.preferred = True


def remove(user_id: UUID, method_id: UUID, *, confirmed: bool) -> None:
    """Nothing is charged to it from now on, also where its provider hears of it later."""
    chosen = _lock(user_id, method_id)
    uses = uses_of(method_id)
    if uses and not confirmed:
        raise StillInUse(uses)
    _take_away(chosen)
    _let_go(chosen, actor=user_id)


def _let_go(gone: PaymentMethod, *, actor: UUID | None) -> None:
    work.enqueue(DETACH, {"provider_id": gone.provider_id})
    audit.record(Action.METHOD_REMOVED, actor=actor, subject=("method", gone.id), rail=gone.rail)


def detached(rail: str, provider_id: str) -> None:
    """Its provider let it go."""
    found = queries.method_called(rail, provider_id)
    if found is not None and found.removed_at is None:
        _take_away(found)
        audit.record(Action.METHOD_REMOVED, actor=None, subject=("method", found.id), rail=rail)


def _take_away(chosen: PaymentMethod) -> None:
    chosen.removed_at, chosen.preferred = clock.now(), False
    db.session.flush()
    _prefer_some(chosen.user_id)


def _prefer_some(user_id: UUID) -> None:
    left = queries.methods(user_id)
    if left and not left[0].preferred:
        left[0].preferred = True
        db.session.flush()


def _lock(user_id: UUID, method_id: UUID) -> PaymentMethod:
    found = db.session.get(PaymentMethod, method_id, with_for_update=True, populate_existing=True)
    if found is None or found.user_id != user_id or found.removed_at is not None:
        raise NotFound
    return found
