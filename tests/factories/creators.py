"""Creators' pages, tiers and followers, straight into the tables."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Flask

from app.accounts.models import User
from app.creators.models import Creator, Tier
from app.creators.operations import following
from app.extensions import db
from app.platform.transaction import transaction
from tests.factories.people import Person, a_person

OF_THE_PERSON = {"display_name", "bio", "avatar_hue"}


def a_creator(app: Flask, handle: str = "", **values: Any) -> Person:
    """With an open page. `values` are the page's, or the person's name."""
    person = a_person(app, handle, roles=("fan", "creator"))
    with app.app_context(), transaction():
        user = db.session.get_one(User, person.id)
        for name in OF_THE_PERSON & values.keys():
            setattr(user, name, values.pop(name))
        db.session.add(Creator(id=person.id, **values))
    return person


def follows(app: Flask, person: Person, creator: Person) -> None:
    with app.app_context(), transaction():
        following.follow(person.id, creator.id)


def blocks(app: Flask, creator: Person, person: Person) -> None:
    with app.app_context(), transaction():
        following.block(creator.id, person.id)


def some_followers(app: Flask, creator: Person, count: int) -> Sequence[Person]:
    people = [a_person(app) for _ in range(count)]
    for person in people:
        follows(app, person, creator)
    return people


def a_tier(app: Flask, creator: Person, name: str = "Gold", **values: Any) -> UUID:
    """Above the others, unless `values` say otherwise."""
    with app.app_context(), transaction():
        taken = db.session.query(Tier.rank).filter_by(creator_id=creator.id)
        values.setdefault("rank", max((rank for (rank,) in taken), default=0) + 1)
        tier = Tier(creator_id=creator.id, name=name, **{"price": 500, "currency": "USD", **values})
        db.session.add(tier)
        db.session.flush()
        return tier.id
