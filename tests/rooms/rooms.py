"""Rooms and people in them, as tests need them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Flask

from app.accounts.models import User
from app.chat.words import unseal
from app.entitlements.operations import grants
from app.entitlements.operations.grants import Extent
from app.entitlements.rules import Audience, Kind
from app.extensions import db
from app.kit import clock
from app.platform.idempotency import new_key
from app.platform.transaction import transaction
from app.rooms.models import RoomMessage
from app.rooms.operations import keeping, speaking
from app.rooms.operations.keeping import Wish
from tests.factories.people import Person
from tests.page_client import Page, PageClient

HTMX: Any = {"HX-Request": "true"}
WISH: Any = {"name": "The kitchen", "audience": Audience.SUBSCRIBERS, "rank": 0, "is_open": True}


def a_room(app: Flask, creator: Person, **wish: Any) -> str:
    """Its address."""
    with app.app_context(), transaction():
        return f"/rooms/{keeping.keep(creator.id, Wish(**(WISH | {'slow_seconds': 0} | wish)))}"


def subscribes(app: Flask, person: Person, creator: Person, rank: int = 1, **extent: Any) -> None:
    with app.app_context(), transaction():
        cause = f"test:{creator.id}"
        grants.grant(
            person.id, creator.id, Kind.SUBSCRIPTION, cause=cause, extent=Extent(rank=rank, **extent)
        )


def cancels(app: Flask, person: Person, creator: Person) -> None:
    with app.app_context(), transaction():
        grants.revoke(person.id, cause=f"test:{creator.id}")


def came_long_ago(app: Flask, person: Person) -> None:
    with app.app_context(), transaction():
        db.session.get_one(User, person.id).created_at = clock.now() - timedelta(days=2)


def say(client: PageClient, room: str, words: str) -> Page:
    return client.send(client.get(room).form(room), body=words)


def says(app: Flask, person: Person, room: str, words: str, key: str = "") -> int:
    """Quicker than by a form. Its number."""
    with app.app_context(), transaction():
        return speaking.say(person.id, id_of(room), words, key or new_key()).seq


def id_of(room: str) -> UUID:
    return UUID(room.removeprefix("/rooms/"))


def words_of(page: Page) -> list[str]:
    """What was said, in the order in which it stands there."""
    return [one.get_text(strip=True) for one in page.soup.select("li[data-seq] p.said")]


def all_said(app: Flask) -> list[tuple[int, str]]:
    with app.app_context():
        return [(row.seq, unseal(row.sealed_body)) for row in db.session.query(RoomMessage).order_by("seq")]
