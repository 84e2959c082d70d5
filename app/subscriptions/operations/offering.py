"""A creator offers a code by mail to people who subscribe, or did. Whoever wants no offers gets none."""

from collections.abc import Sequence
from uuid import UUID

from app.accounts.letters import write_to
from app.accounts.queries import find_user, the_user
from app.extensions import db
from app.notifications import unsubscribing
from app.notifications.kinds import Channel
from app.notifications.queries import wants
from app.platform import audit, limits
from app.platform.audit import Action
from app.platform.errors import NotFound, TooMany
from app.platform.settings import settings
from app.subscriptions import queries_subscribers
from app.subscriptions.errors import NotNow
from app.subscriptions.models import PromoCode

OFFERS, MOST = "offers", 30


def offer(creator_id: UUID, promo_id: UUID, subscription_ids: Sequence[UUID]) -> int:
    """How many were written to."""
    promo = db.session.get(PromoCode, promo_id)
    if promo is None or promo.creator_id != creator_id or promo.closed_at is not None:
        raise NotFound
    if not subscription_ids:
        raise NotNow("Choose at least one person.")
    creator, told = the_user(creator_id), 0
    for one in queries_subscribers.some(creator_id, list(subscription_ids)[:MOST]):
        person = find_user(one.id)
        if person is None or not person.email or not wants(person.id, OFFERS, Channel.MAIL):
            continue
        if _had_one_lately(creator_id, person.id):
            continue
        write_to(
            person,
            "promo_offered",
            creator=creator.display_name,
            percent=promo.percent,
            code=promo.code,
            link=f"{settings().base_url}/@{creator.handle}/tiers",
            stop=unsubscribing.address(person.id, OFFERS),
        )
        told += 1
    audit.record(
        Action.PROMO_CHANGED, actor=creator_id, subject=("promo", promo_id), change="offered", people=told
    )
    return told


def _had_one_lately(creator_id: UUID, person_id: UUID) -> bool:
    """One offer a week, however many codes there are."""
    try:
        limits.take("offer", f"{creator_id}:{person_id}")
    except TooMany:
        return True
    return False
