"""Who is locked when: an invoice, the pair of a person and a creator, the subscription, the page,
the tier.

Whatever settles or ends an invoice holds it before it comes here; so what begins here makes its invoice
first.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from app.creators.models import Creator, Tier
from app.extensions import db
from app.kit import clock
from app.platform.errors import NotFound, Refused
from app.platform.transaction import transaction
from app.subscriptions.models import Subscription, SubscriptionEvent

PAIR = text("select pg_advisory_xact_lock(hashtextextended(:key, 2))")
log = logging.getLogger(__name__)


def alone(user_id: UUID, creator_id: UUID) -> None:
    """Whatever else begins between these two waits here."""
    db.session.execute(PAIR, {"key": f"subscription:{user_id}:{creator_id}"})


def hold_page(creator_id: UUID) -> None:
    """It closes only once what begins here is there to be ended with the others; a block waits here too."""
    page = select(Creator.id).where(Creator.id == creator_id).with_for_update(key_share=True)
    db.session.execute(page)


def lock(subscription_id: UUID) -> Subscription:
    found = db.session.scalars(
        select(Subscription)
        .where(Subscription.id == subscription_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def lock_own(subscription_id: UUID, user_id: UUID) -> Subscription:
    found = lock(subscription_id)
    if found.user_id != user_id or found.started_at is None:
        raise NotFound
    return found


def lock_tier(tier_id: UUID) -> Tier | None:
    """Those who want its last seat wait here."""
    return db.session.scalars(
        select(Tier)
        .where(Tier.id == tier_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()


def note(subscription: Subscription, what: str, **detail: Any) -> None:
    db.session.add(
        SubscriptionEvent(subscription_id=subscription.id, what=what, detail=detail, at=clock.now())
    )


def each(ids: Sequence[UUID], act: Callable[[UUID], object]) -> int:
    """One transaction for each, so that one that cannot does not hold up the others. How many could."""
    done = 0
    for one in ids:
        try:
            with transaction():
                act(one)
            done += 1
        except Refused as refused:
            # It changed while we looked, or cannot be had any more: the next round sees it as it is then.
            log.info("a subscription waits", extra={"subscription": str(one), "because": refused.code})
        except Exception:
            # Whatever it was, the others have their turn; this one comes again with the next round.
            log.exception("a subscription was left as it is", extra={"subscription": str(one)})
    return done
