"""A creator who tells many, as tests need them."""

from typing import Any
from uuid import UUID

from flask import Flask

from app.broadcasts.models import Broadcast
from app.broadcasts.operations import counting
from app.entitlements.operations import grants
from app.entitlements.operations.grants import Extent
from app.entitlements.rules import Kind
from app.extensions import db
from app.platform import outbox, work
from app.platform.transaction import transaction
from tests.factories.people import Person, signed_in
from tests.page_client import Page, PageClient

HOME = "/dashboard/messages"
NEW = f"{HOME}/new"
QUEUES = ("default", "bulk")


def written(page: PageClient, words: str = "News from the darkroom", **fields: Any) -> str:
    """The address of a draft, which waits to be confirmed."""
    shown = page.send(page.get(NEW).form(NEW), body=words, follow=False, **fields)
    assert shown.status == 303, shown.text
    return shown.location


def confirmed(page: PageClient, address: str) -> Page:
    return page.send(page.get(address).form(f"{address}/send"))


def sent(page: PageClient, words: str = "News from the darkroom", **fields: Any) -> str:
    address = written(page, words, **fields)
    assert confirmed(page, address).status == 200
    return address


def all_told(app: Flask) -> None:
    """What the workers do, until nothing is left."""
    with app.app_context():
        outbox.relay()
        while work.drain(QUEUES):
            continue


def counted(app: Flask) -> None:
    with app.app_context():
        while counting.count_due():
            continue


def the_broadcast(app: Flask, address: str) -> Broadcast:
    """As it stands now, to be read only."""
    with app.app_context():
        found = db.session.get_one(Broadcast, UUID(address.rpartition("/")[2]), populate_existing=True)
        db.session.expunge(found)
        return found


def subscribes(app: Flask, person: Person, creator: Person, rank: int = 1) -> None:
    with app.app_context(), transaction():
        cause = f"a test of {creator.id}"
        grants.grant(person.id, creator.id, Kind.SUBSCRIPTION, cause=cause, extent=Extent(rank=rank))


def heard(app: Flask, person: Person, creator: str = "mara") -> list[str]:
    """What somebody finds in their conversation with a creator."""
    shown = signed_in(app, person).get(f"/messages/to/{creator}")
    return [one.get_text(strip=True) for one in shown.soup.select("li[data-seq] p.said")]
