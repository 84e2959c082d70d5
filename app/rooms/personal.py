"""What this feature holds of a person."""

from uuid import UUID

from flask import Flask
from sqlalchemy import delete, select, update

from app.chat.words import PURPOSE
from app.extensions import db
from app.platform import personal_data
from app.platform.access import close_to_all
from app.platform.personal_rows import Rows
from app.rooms.models import Room, RoomMessage, RoomPerson

ROOMS = Rows(
    Room,
    owner="creator_id",
    shown=(
        "id", "name", "audience", "rank", "is_open", "slow_seconds", "pinned", "last_seq", "created_at",
    ),
    withheld=("last_change",),
)  # fmt: skip
MESSAGES = Rows(
    RoomMessage,
    shown=("id", "room_id", "seq", "created_at"),
    withheld=("key", "change"),
    opened={"sealed_body": PURPOSE},
)
PEOPLE = Rows(RoomPerson, shown=("room_id", "moderates", "muted_until", "put_out", "spoke_at"))


def init_app(app: Flask) -> None:
    personal_data.table(app, "rooms", "Your live room", ROOMS.export, _tear_down)
    personal_data.table(app, "room_messages", "What you said in live rooms", MESSAGES.export, _take_back)
    personal_data.table(app, "room_people", "Your part in live rooms", PEOPLE.export, PEOPLE.erase)


def _tear_down(creator_id: UUID) -> None:
    """With what others said there: nobody can read it any more."""
    for room_id in db.session.scalars(select(Room.id).where(Room.creator_id == creator_id)).all():
        said = delete(RoomMessage).where(RoomMessage.room_id == room_id)
        db.session.execute(said.execution_options(synchronize_session=False))
        close_to_all(room_id)
    ROOMS.erase(creator_id)


def _take_back(user_id: UUID) -> None:
    """The words go; that there was something between what others said stays."""
    theirs = update(RoomMessage).where(RoomMessage.user_id == user_id).values(sealed_body=None)
    db.session.execute(theirs.execution_options(synchronize_session=False))
