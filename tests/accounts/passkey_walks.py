"""The ways of people with a passkey, step by step."""

from typing import Any

from flask import Flask

from tests.accounts.page_script import Answer, PageScript
from tests.accounts.soft_authenticator import SoftAuthenticator
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import PageClient

ADD, GET = "[data-passkey=create]", "[data-passkey=get]"
SECURITY = "/settings/security"


def add(client: PageClient, key: SoftAuthenticator, name: str = "My phone") -> Answer:
    script = PageScript(client, SECURITY, ADD)
    return script.finish({"credential": key.create(script.start()), "name": name})


def with_passkey(app: Flask, *, roles: tuple[str, ...] = ("fan",)) -> tuple[Person, SoftAuthenticator]:
    person, key = a_person(app, roles=roles), SoftAuthenticator()
    added = add(signed_in(app, person), key)
    assert added.status_code == 200, added.text
    return person, key


def sign_in(client: PageClient, key: SoftAuthenticator, **more: Any) -> Answer:
    script = PageScript(client, "/login", GET)
    return script.finish({"credential": key.get(script.start())} | more)


def is_in(client: PageClient) -> bool:
    return client.get("/settings/profile", follow=False).status == 200
