"""Switching devices on, and what is on its way to them."""

from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.notifications import vapid
from app.notifications.models_push import PushSubscription
from app.notifications.operations import pushing
from app.platform import work
from app.platform.idempotency import new_key
from app.platform.models import WorkItem
from app.platform.transaction import transaction
from tests.factories.people import Person
from tests.page_client import Page, PageClient

HOME = "/settings/devices"


def switch_on(client: PageClient, told: Any) -> Page:
    """As static/js/push.js does it."""
    section = client.get(HOME).one("[data-push]")
    response = client.http.post(
        str(section["data-push"]),
        json=told,
        headers={
            "X-CSRFToken": str(section["data-csrf"]),
            "Idempotency-Key": new_key(),
            "Accept": "application/json",
            "User-Agent": client.agent,
        },
    )
    return Page(response)


def tell(app: Flask, person: Person, title: str = "Mira wrote to you", **more: str) -> int:
    with app.app_context(), transaction():
        said = {"body": "", "href": "/messages", **more}
        return pushing.enqueue(person.id, title=title, **said)


def work_off(app: Flask) -> None:
    with app.app_context():
        work.drain()


def devices(app: Flask) -> list[tuple[UUID, str, int]]:
    with app.app_context():
        rows = db.session.scalars(select(PushSubscription).order_by(PushSubscription.id))
        return [(row.user_id, row.device, row.failures) for row in rows]


def waiting(app: Flask) -> list[WorkItem]:
    with app.app_context():
        found = select(WorkItem).where(WorkItem.kind == pushing.SEND, WorkItem.state == "due")
        return list(db.session.scalars(found))


def vapid_key(app: Flask) -> str:
    with app.app_context():
        return vapid.public_key()
