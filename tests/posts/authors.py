"""People with a page of their own, at their desk."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Flask

from app.creators.models import Creator, Tier
from app.extensions import db
from app.kit.ids import new_id
from app.platform.transaction import transaction
from app.posts.models import Post, PostVersion
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import FilledForm, Page, PageClient

EDIT = re.compile(r"/posts/([0-9a-f-]{36})")


@dataclass(frozen=True)
class Author:
    app: Flask
    person: Person
    page: PageClient

    @property
    def id(self) -> UUID:
        return self.person.id

    def write(self, intent: str = "publish", **fields: Any) -> UUID:
        """A new post through the editor; its id."""
        answer = self.page.send(self.blank(**fields), intent=intent, follow=False)
        assert answer.status == 303, answer.text
        assert answer.location
        return self.newest()

    def blank(self, **fields: Any) -> FilledForm:
        return self.page.get("/posts/new").form("/posts/new").fill(**fields)

    def editor(self, post_id: UUID) -> FilledForm:
        return self.page.get(f"/posts/{post_id}/edit").form(f"/posts/{post_id}/edit")

    def press(self, post_id: UUID, what: str, **fields: Any) -> Page:
        """A button of its own, in the editor or on the desk."""
        form = self.page.get(f"/posts/{post_id}/edit").form(f"/posts/{post_id}/{what}")
        return self.page.send(form, **fields)

    def newest(self) -> UUID:
        with self.app.app_context():
            found = db.session.scalars(
                db.select(Post.id).where(Post.creator_id == self.id).order_by(Post.id.desc())
            ).first()
        assert isinstance(found, UUID)
        return found

    def creator(self) -> Creator:
        with self.app.app_context():
            return db.session.get_one(Creator, self.id)


def an_author(app: Flask, handle: str = "") -> Author:
    person = a_person(app, handle, roles=("fan", "creator"))
    with app.app_context(), transaction():
        db.session.add(Creator(id=person.id))
    return Author(app, person, signed_in(app, person))


def a_tier(app: Flask, author: Author, name: str, rank: int, price: int = 500) -> UUID:
    with app.app_context(), transaction():
        tier = Tier(id=new_id(), creator_id=author.id, name=name, rank=rank, price=price, currency="USD")
        db.session.add(tier)
        return tier.id


def stored(app: Flask, post_id: UUID) -> Post:
    with app.app_context():
        return db.session.get_one(Post, post_id)


def history(app: Flask, post_id: UUID) -> list[PostVersion]:
    """The oldest first."""
    with app.app_context():
        found = db.select(PostVersion).where(PostVersion.post_id == post_id).order_by(PostVersion.version)
        return list(db.session.scalars(found))
