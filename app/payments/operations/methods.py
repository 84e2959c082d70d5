"""Cards on file: kept, preferred, removed."""

from collections.abc import Callable
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Card:
    """As its owner knows it."""

    provider_id: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    country: str | None


def charged_by(name: str, uses: Uses) -> None:
    """Registers who charges cards; asked with a method's id before it is removed."""
    _uses[name] = uses


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
    """The first one is preferred. What is known stays as it is, removed ones too."""
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
            preferred=False,
            created_at=clock.now(),
        )
        .on_conflict_do_nothing(index_elements=["rail", "provider_id"])
        .returning(PaymentMethod.id)
    ).scalar()
    if made is None:
        return
    _prefer_some(user_id)
    audit.record(Action.METHOD_ADDED, actor=user_id, subject=("method", made), rail=rail)


def renewed(rail: str, card: Card) -> None:
    """Its bank sent a new one: same card, later end."""
    db.session.execute(
        update(PaymentMethod)
        .where(PaymentMethod.rail == rail, PaymentMethod.provider_id == card.provider_id)
        .values(exp_month=card.exp_month, exp_year=card.exp_year, last4=card.last4)
    )


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
    work.enqueue(DETACH, {"provider_id": chosen.provider_id})
    audit.record(Action.METHOD_REMOVED, actor=user_id, subject=("method", method_id), rail=chosen.rail)


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
