"""People, as tests need them: made by the operations that the product uses where that is what counts."""

import itertools
from dataclasses import dataclass
from uuid import UUID

from flask import Flask

from app.accounts.models import User
from app.accounts.operations import roles as roles_given
from app.accounts.operations import sessions
from app.accounts.passwords import hash_password
from app.extensions import db
from app.kit import clock
from app.kit.ids import new_id
from app.platform.transaction import transaction
from app.platform.web import Client
from tests.page_client import PageClient

PASSWORD = "correct horse battery staple"
_numbers = itertools.count(1)
_hash: list[str] = []


@dataclass(frozen=True)
class Person:
    id: UUID
    handle: str
    email: str
    password: str = PASSWORD


def a_person(
    app: Flask, handle: str = "", *, roles: tuple[str, ...] = ("fan",), verified: bool = True
) -> Person:
    name = handle or f"person{next(_numbers)}"
    if not _hash:
        _hash.append(hash_password(PASSWORD))  # one hash for all: it is slow on purpose
    with app.app_context(), transaction():
        user = User(
            id=new_id(),
            email=f"{name.lower()}@example.test",
            email_verified_at=clock.now() if verified else None,
            handle=name,
            display_name=name.capitalize(),
            password_hash=_hash[0],
            roles=list(roles),
        )
        db.session.add(user)
        return Person(user.id, name, str(user.email))


def suspends(app: Flask, person: Person) -> None:
    admin = a_person(app, roles=("fan", "admin"))
    with app.app_context(), transaction():
        roles_given.suspend(person.id, actor=admin.id)


def a_session(app: Flask, person: Person, *, second_factor: bool = False, remember: bool = True) -> str:
    with app.app_context(), transaction():
        user = db.session.get_one(User, person.id)
        where = Client("127.0.0.1", "Mozilla/5.0 Firefox/145.0", "a-device")
        return sessions.start(
            user, method="password", second_factor=second_factor, remember=remember, client=where
        ).token


def signed_in(app: Flask, person: Person | None = None, *, second_factor: bool = False) -> PageClient:
    """A page client that is signed in, without walking through the sign-in page."""
    who = person or a_person(app)
    client = PageClient(app)
    token = a_session(app, who, second_factor=second_factor)
    with client.http.session_transaction() as cookie:
        cookie["_user_id"] = token
        cookie["_fresh"] = True
    return client
