"""A creator at their desk."""

from dataclasses import dataclass
from typing import Any

from flask import Flask

from app.creators.models import Creator, Tier
from app.extensions import db
from tests.factories.creators import a_creator
from tests.factories.people import Person, signed_in
from tests.page_client import Page, PageClient


@dataclass(frozen=True)
class Desk:
    app: Flask
    person: Person
    page: PageClient

    def save(self, **fields: Any) -> Page:
        return self.page.send(self.page.get("/dashboard/page").form("/dashboard/page"), **fields)

    def save_rules(self, **fields: Any) -> Page:
        return self.page.send(self.page.get("/dashboard/page").form("/dashboard/page/rules"), **fields)

    def press(self, path: str, action: str, **fields: Any) -> Page:
        return self.page.send(self.page.get(path).form(action), **fields)

    def creator(self) -> Creator:
        with self.app.app_context():
            return db.session.get_one(Creator, self.person.id)

    def tiers(self) -> list[Tier]:
        with self.app.app_context():
            mine = db.select(Tier).filter_by(creator_id=self.person.id).order_by(Tier.rank)
            return list(db.session.scalars(mine))


def a_desk(app: Flask, handle: str = "", **values: Any) -> Desk:
    person = a_creator(app, handle, **values)
    return Desk(app, person, signed_in(app, person))
