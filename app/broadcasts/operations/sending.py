"""A broadcast goes out: when its creator says so, or when its time has come; and it can be stopped."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, select

from app.accounts.models import User
from app.accounts.queries import the_user
from app.broadcasts import queries_people
from app.broadcasts.audience import Audience
from app.broadcasts.errors import Nobody, NotNow
from app.broadcasts.models import ON_ITS_WAY, Broadcast
from app.broadcasts.operations.drafting import lock
from app.chat import words
from app.chat.models import Parcel
from app.chat.operations import parcels
from app.chat.operations.writing import NEW_FOR, NO_SITES
from app.creators.models import Creator
from app.entitlements.queries import hidden_from
from app.extensions import db
from app.kit import clock
from app.media.errors import NotReady
from app.media.shown import all_there
from app.moderation import screening
from app.platform import audit, limits, work
from app.platform.audit import Action
from app.platform.errors import Refused, TooMany
from app.platform.transaction import transaction

LIST_WORK = "broadcasts.list"
AT_ONCE = 50
MANY = "You told many people many things today. Send this one tomorrow, or schedule it then."
LOOK = "It was changed after you looked at it. Look at it again."
PASSED = "That moment has passed. Choose a later one, or send it now."
CLOSED = "Your page is closed. Open it, and you can write to your people."


def send(creator_id: UUID, broadcast_id: UUID, seen: int) -> Broadcast:
    """Now, or at its time. `seen`: the save that was looked at."""
    found = lock(creator_id, broadcast_id)
    if found.state != "draft":
        raise NotNow("It was sent, or is scheduled, already.")
    if found.saves != seen:
        raise NotNow(LOOK)
    _may_go(found)
    if found.send_at is None:
        _begin(found)
        return found
    if found.send_at <= clock.now():
        raise Refused(PASSED)
    found.state = "scheduled"
    # What another window still shows is a draft: saved from there, it would not go out any more.
    found.saves += 1
    audit.record(
        Action.BROADCAST_SCHEDULED,
        actor=creator_id,
        subject=("broadcast", found.id),
        at=found.send_at.isoformat(),
    )
    return found


def take_back(creator_id: UUID, broadcast_id: UUID) -> None:
    """A scheduled one is a draft again."""
    found = lock(creator_id, broadcast_id)
    if found.state != "scheduled":
        raise NotNow("It is not scheduled any more.")
    _draft_again(found)


def take_back_since(creator_id: UUID, since: datetime) -> list[str]:
    """Nobody knows whose words it has. What was done, in words for whoever has the account again; what goes
    out at that moment is waited for, and stops nobody from taking their account back.
    """
    scheduled = select(Broadcast).where(Broadcast.creator_id == creator_id, Broadcast.state == "scheduled")
    locked = scheduled.order_by(Broadcast.id).with_for_update().execution_options(populate_existing=True)
    waiting = db.session.scalars(locked).all()
    by_then = audit.done_since(since, Action.BROADCAST_SCHEDULED, actor=creator_id)
    planted = [one for one in waiting if str(one.id) in by_then]
    for one in planted:
        _draft_again(one)
    return ["A scheduled broadcast; it is a draft again"] * len(planted)


def _draft_again(found: Broadcast) -> None:
    found.state = "draft"
    scheduled = Action.BROADCAST_SCHEDULED
    audit.record(scheduled, actor=found.creator_id, subject=("broadcast", found.id), at=None)


def stop(creator_id: UUID, broadcast_id: UUID) -> Broadcast:
    """Whoever was not told yet is not told any more."""
    found = lock(creator_id, broadcast_id)
    if found.state in ON_ITS_WAY:
        end(found, "stopped", actor=creator_id)
    return found


def begin_due() -> int:
    """Some of those whose time has come; how many began. Claimed by state: two schedulers begin it once.

    As posts do, it waits for its page to be open and its creator to be back; and what carries a file that
    was taken down, until that is put back or taken out.
    """
    due = select(Broadcast.id).where(_is_due())
    first = db.session.scalars(due.order_by(Broadcast.send_at).limit(AT_ONCE)).all()
    for broadcast_id in first:
        with transaction():
            still = select(Broadcast).where(Broadcast.id == broadcast_id, _is_due())
            if found := db.session.scalar(still.with_for_update(skip_locked=True)):
                _begin(found)
    return len(first)


def end(found: Broadcast, state: str, *, actor: UUID | None = None) -> None:
    found.state, found.ended_at = state, clock.now()
    found.count_at = clock.now()
    audit.record(
        Action.BROADCAST_ENDED,
        actor=actor,
        subject=("broadcast", found.id),
        state=state,
        people=found.people,
        told=found.told,
    )


def may_still_tell(creator_id: UUID) -> bool:
    """They are here, and their page is open."""
    found = db.session.get(Creator, creator_id)
    return found is not None and found.state == "open" and the_user(creator_id).state == "active"


def _is_due() -> ColumnElement[bool]:
    here = exists().where(
        Creator.id == Broadcast.creator_id,
        Creator.state == "open",
        User.id == Creator.id,
        User.state == "active",
    )
    return and_(
        Broadcast.state == "scheduled",
        Broadcast.send_at <= clock.now(),
        here,
        ~hidden_from(None, Broadcast.creator_id.expression),
        ~parcels.taken_down(Broadcast.parcel_id.expression),
    )


def _may_go(found: Broadcast) -> None:
    parcel = db.session.get(Parcel, found.parcel_id) if found.parcel_id else None
    if not found.sealed_words and parcel is None:
        raise Refused("Write something first.")
    if parcel and not all_there(parcel.media):
        raise NotReady(failed=any(one.get("failed") for one in parcel.media))
    if parcel and parcels.is_taken_down(parcel.id):
        raise NotReady(failed=True)
    if not may_still_tell(found.creator_id):
        raise Refused(CLOSED)
    locked = words.unseal(parcel.sealed_words) if parcel else ""
    screening.screen("broadcast", found.creator_id, f"{words.unseal(found.sealed_words)}\n{locked}")
    just_came = clock.now() - the_user(found.creator_id).created_at < NEW_FOR
    if just_came and words.names_a_site(words.unseal(found.sealed_words)):
        raise Refused(NO_SITES)
    if found.send_at is None and not queries_people.how_many(found.creator_id, Audience.read(found.audience)):
        raise Nobody
    try:
        limits.take("broadcast", str(found.creator_id))
    except TooMany:
        raise Refused(MANY) from None


def _begin(found: Broadcast) -> None:
    found.state, found.begun_at = "listing", clock.now()
    audit.record(Action.BROADCAST_SENT, actor=found.creator_id, subject=("broadcast", found.id))
    db.session.flush()
    work.enqueue(LIST_WORK, {"broadcast_id": str(found.id)}, unique_key=f"{LIST_WORK}:{found.id}")
