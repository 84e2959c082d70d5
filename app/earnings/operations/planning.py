"""Payouts by the clock."""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from app.accounts.queries import find_user
from app.earnings import queries
from app.earnings.errors import NotSoSoon
from app.earnings.models import PayoutPlan
from app.earnings.operations import destinations, paying_out
from app.earnings.operations.locking import lock
from app.earnings.operations.paying_out import Wish
from app.earnings.periods import next_of, start_of
from app.earnings.quoting import quote
from app.extensions import db
from app.kit import clock
from app.platform import audit
from app.platform.audit import Action
from app.platform.errors import Refused
from app.platform.rounds import rounds
from app.platform.transaction import transaction

log = logging.getLogger(__name__)

BATCH = 200
BY_HAND = "by_hand"
UNITS = {"weekly": "week", "monthly": "month"}
# In the morning, when somebody is there who could be asked.
HOUR = timedelta(hours=6)


def save(creator_id: UUID, rhythm: str, minimum: int) -> None:
    at = clock.now()
    values = {"rhythm": rhythm, "minimum": minimum, "next_at": next_time(rhythm, at), "changed_at": at}
    made = insert(PayoutPlan).values(creator_id=creator_id, **values)
    db.session.execute(made.on_conflict_do_update(index_elements=["creator_id"], set_=values))
    audit.record(
        Action.PAYOUT_SET_UP,
        actor=creator_id,
        subject=("user", creator_id),
        rhythm=rhythm,
        minimum=minimum,
    )


def next_time(rhythm: str, at: datetime) -> datetime | None:
    """Mondays, or the first of a month, at six in the morning UTC; after `at`."""
    if rhythm == BY_HAND:
        return None
    unit = UNITS[rhythm]
    this = start_of(unit, at) + HOUR
    return this if this > at else next_of(unit, start_of(unit, at)) + HOUR


def pay_due(rails: Collection[str]) -> None:
    """By rails that are open. However long nobody looked, each plan has one turn."""
    due = PayoutPlan.next_at <= clock.now()
    for some in rounds(due, PayoutPlan.next_at, PayoutPlan.creator_id, size=BATCH):
        for creator_id in some:
            try:
                with transaction():
                    _pay(creator_id, rails)
            except Exception:
                # Whatever it was, the others have their turn; this one comes again with the next round.
                log.exception("a payout plan was left as it is", extra={"creator": str(creator_id)})


def _pay(creator_id: UUID, rails: Collection[str]) -> None:
    lock(creator_id)
    plan = db.session.get(PayoutPlan, creator_id, with_for_update=True, populate_existing=True)
    if plan is None or plan.next_at is None or plan.next_at > clock.now():
        return
    plan.next_at = next_time(plan.rhythm, clock.now())
    user = find_user(creator_id)
    if user is None or user.state != "active":
        return
    for one in queries.standings(creator_id):
        if one.available >= plan.minimum:
            again = _pay_one(creator_id, one.available, one.currency, rails)
            plan.next_at = min(filter(None, (plan.next_at, again)), default=None)


def _pay_one(creator_id: UUID, amount: int, currency: str, rails: Collection[str]) -> datetime | None:
    """To the place they prefer; where that is closed or does not take the currency, to the other one. Where
    the only ones are new: from when on there is one.
    """
    again = None
    living = [one for one in queries.accounts(creator_id) if one.removed_at is None and one.rail in rails]
    for account in living:
        if quote(account.rail, amount, currency):
            try:
                usable = destinations.usable(creator_id, account.rail)
                paying_out.begin(creator_id, usable, Wish(account.rail, amount, currency), None)
            except Refused as refused:
                log.info("no payout by the clock", extra={"creator": str(creator_id), "code": refused.code})
                if isinstance(refused, NotSoSoon):
                    free = destinations.free_from(account, queries.accounts(creator_id))
                    again = min(again or free, free)
            else:
                return None
    return again
