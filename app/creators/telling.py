"""Creators are told who follows them; nobody is told of those whom a block keeps apart from them."""

from uuid import UUID

from flask import Flask
from sqlalchemy import ColumnElement, and_, exists, or_

from app.creators.models import Block
from app.notifications import kinds
from app.notifications.apart import keep_apart_where
from app.notifications.kinds import Channel, Default, Event, Family, Kind
from app.platform.viewer import Role

_FOLLOWED = Event(
    "followed",
    "{actors} follows you now",
    "{actors} follow you now",
    icon="users",
    bundled=True,
    once=True,
    social=True,
)


def init_app(app: Flask) -> None:
    keep_apart_where(_blocked)
    kinds.register(
        app,
        Kind(
            "followers",
            "New followers",
            "When somebody begins to follow you.",
            {Channel.PAGE: Default.ON, Channel.MAIL: Default.OFF, Channel.PUSH: Default.OFF},
            events=(_FOLLOWED,),
            family=Family.PEOPLE,
            role=Role.CREATOR,
        ),
    )


def _blocked(person: ColumnElement[UUID], actor: UUID) -> ColumnElement[bool]:
    """Either of the two the other."""
    return exists().where(
        or_(
            and_(Block.creator_id == person, Block.user_id == actor),
            and_(Block.creator_id == actor, Block.user_id == person),
        )
    )
