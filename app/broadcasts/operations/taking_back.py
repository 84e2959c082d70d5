"""A broadcast is taken back from everybody who was told, in parts as it went out.

For as long as a single message can be; whoever was not told yet is not told any more. Each part is a piece of
work that writes how far it got and asks for the next one, in one transaction under the broadcast's row.
"""

from uuid import UUID

from app.broadcasts import queries_people
from app.broadcasts.errors import NotNow
from app.broadcasts.models import ON_ITS_WAY, Broadcast
from app.broadcasts.operations import sending
from app.broadcasts.operations.delivering import go_on, locked
from app.broadcasts.operations.drafting import lock
from app.chat.operations import parcels
from app.chat.operations import taking_back as in_talks
from app.chat.operations.taking_back import Place
from app.chat.operations.writing import UNSEND_WITHIN
from app.extensions import db
from app.kit import clock
from app.platform import audit
from app.platform.audit import Action

TAKE_WORK = "broadcasts.take_back"
AT_ONCE = 250
TOO_LATE = "What was told to many can be taken back for a day."


def may_take_back(found: Broadcast) -> bool:
    if found.begun_at is None or found.taken_back_at is not None:
        return False
    # What was begun in time may be ended.
    return found.back_reached_id is not None or clock.now() - found.begun_at <= UNSEND_WITHIN


def take_back(creator_id: UUID, broadcast_id: UUID) -> Broadcast:
    found = lock(creator_id, broadcast_id)
    if found.taken_back_at is not None:
        return found
    if not may_take_back(found):
        raise NotNow(TOO_LATE)
    if found.state in ON_ITS_WAY:
        sending.end(found, "stopped", actor=creator_id)
    found.taken_back_at = clock.now()
    audit.record(Action.BROADCAST_TAKEN_BACK, actor=creator_id, subject=("broadcast", found.id))
    go_on(TAKE_WORK, found, found.back_reached_id)
    return found


def take_part(broadcast_id: UUID) -> None:
    """From the next of those who were told."""
    found = locked(broadcast_id)
    if found is None or found.taken_back_at is None or found.back_done_at is not None:
        return
    part = queries_people.next_told(found, AT_ONCE)
    if part:
        done = in_talks.take_back(found.creator_id, [Place(*one) for one in part])
        found.back_reached_id = part[-1][0]
        found.taken += done.taken
        found.kept += done.kept
    if len(part) == AT_ONCE:
        go_on(TAKE_WORK, found, found.back_reached_id)
    else:
        _end(found)


def give_up(broadcast_id: UUID) -> None:
    """Something stood in the way however often it was tried: its creator can ask for the rest again."""
    found = locked(broadcast_id)
    if found is not None and found.back_done_at is None:
        found.taken_back_at = None


def _end(found: Broadcast) -> None:
    found.back_done_at = clock.now()
    audit.record(
        Action.BROADCAST_TAKEN_BACK,
        actor=None,
        subject=("broadcast", found.id),
        told=found.told,
        taken=found.taken,
        kept=found.kept,
    )
    db.session.flush()
    if found.parcel_id and parcels.destroy_if_carried_no_more(found.parcel_id):
        # The database took it out of the row.
        db.session.refresh(found)
