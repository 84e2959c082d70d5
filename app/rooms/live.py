"""What open pages hear of a room, and who may hear it. Whoever hears nothing catches up (views/room.py)."""

from uuid import UUID

from app.accounts import ages
from app.kit.ids import parse_id
from app.platform import realtime
from app.platform.errors import NotFound
from app.platform.realtime import Hearing
from app.platform.templating import fragment
from app.platform.transaction import after_commit
from app.platform.viewer import Viewer
from app.rooms import queries
from app.rooms.queries import Said, Visit

MESSAGE, TOP = "rooms/_message.html", "rooms/_top.html"


def init_app() -> None:
    realtime.topic("room", may_listen)


def may_listen(viewer: Viewer, subject: str) -> bool | Hearing:
    """As long as nothing ends that lets them in: what they hold, the page, the room."""
    room_id = parse_id(subject)
    if room_id is None or subject != str(room_id):
        return False
    try:
        visit = queries.find_room(room_id, viewer.id)
    except NotFound:
        return False
    standing = visit.standing
    if not standing.inside or (visit.adult and not standing.hosts and ages.is_minor(viewer.id)):
        return False
    until = None if standing.hosts else standing.decision.until
    return Hearing((visit.id, visit.host.id), until, counted=True)


def told(said: Said) -> None:
    """The same to all, once it stands."""
    event = {"room": str(said.room_id), "seq": said.seq, "change": said.change}
    _push(said.room_id, "said", event | {"message": str(fragment(MESSAGE, said=said))})


def top_changed(room: Visit, pinned: Said | None) -> None:
    _push(room.id, "room", {"html": str(fragment(TOP, room=room, pinned=pinned, over=True))})


def _push(room_id: UUID, event: str, payload: dict[str, object]) -> None:
    after_commit(lambda: realtime.push_topic(f"room:{room_id}", event, payload))
