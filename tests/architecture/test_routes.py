"""F15: every route, called by everybody. What its guard declares is let in, and nothing else."""

import re
from dataclasses import dataclass

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.platform.guards import NEEDS_ROLE, STAFF, Access
from tests.architecture.routes import LISTED, Route, listing, routes
from tests.factories.people import a_person, signed_in
from tests.page_client import PageClient
from tests.platform.houses import a_house

TOKEN = re.compile(r'name="csrf_token" (?:[^>]* )?value="([^"]+)"')
OPEN = {Access.ANYONE, Access.ANONYMOUS, Access.MACHINE, Access.DEMO}


@dataclass(frozen=True)
class Caller:
    name: str
    roles: tuple[str, ...] = ()
    second_factor: bool = False

    def come(self, app: Flask) -> PageClient:
        if not self.roles:
            return PageClient(app)
        return signed_in(app, a_person(app, roles=self.roles), second_factor=self.second_factor)

    def has(self, role: str) -> bool:
        return role in self.roles or ("admin" in self.roles and role != "fan")


CALLERS = [
    Caller("signed out"),
    Caller("fan", ("fan",)),
    Caller("creator", ("fan", "creator")),
    Caller("moderator without second factor", ("moderator",)),
    Caller("moderator", ("moderator",), second_factor=True),
    Caller("admin without second factor", ("admin",)),
    Caller("admin", ("admin",), second_factor=True),
]


def due(route: Route, caller: Caller) -> str:
    """What the declaration means for this caller."""
    access = route.guard.access
    if access in OPEN:
        return "let in"
    if not caller.roles:
        return "sent to the door"
    if access in NEEDS_ROLE and not caller.has(NEEDS_ROLE[access].value):
        return "refused"
    if access in STAFF and not caller.second_factor:
        return "sent for a second factor"
    return "let in"


def met(route: Route, answer: TestResponse) -> str:
    """What the guard did, by the answers that only it gives."""
    location = answer.headers.get("Location", "")
    if answer.status_code == 303 and location.startswith("/login?next="):
        return "sent to the door"
    if answer.status_code == 403 and "This part of the house is not open to you." in answer.text:
        return "refused"
    if route.guard.access in STAFF and location == "/settings/security":
        return "sent for a second factor"
    return "let in"


class Visit:
    """By one caller to one route after another. What is refused changes nothing; after what got through
    somebody like them comes anew.
    """

    def __init__(self, app: Flask, caller: Caller) -> None:
        self.app = app
        self.caller = caller
        self._come()

    def _come(self) -> None:
        self.visitor = self.caller.come(self.app)
        self.token = form_token(self.visitor)

    def call(self, route: Route, *without: str) -> TestResponse:
        sent = {"csrf_token": self.token, "idempotency_key": f"{route.method} {route.rule}"}
        data = {name: value for name, value in sent.items() if name not in without}
        answer = self.visitor.http.open(route.path, method=route.method, data=data if route.mutates else None)
        if route.mutates and answer.status_code < 400 and met(route, answer) == "let in":
            self._come()
        return answer


def form_token(visitor: PageClient) -> str:
    """As any form of any page carries it."""
    # Signed out, this leads to the sign-in page. To read it whole a thousand times takes most of a minute.
    page = visitor.http.get("/settings/profile", follow_redirects=True).text
    found = TOKEN.search(page)
    assert found, "no form on the page"
    return found[1]


def test_every_route_is_listed_with_who_may_call_it(whole_app: Flask) -> None:
    assert listing(whole_app).splitlines() == LISTED.read_text().splitlines(), (
        "a door was added, closed or opened wider: look at it, then run python -m tests.architecture.routes"
    )


@pytest.mark.timeout(300)
@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)
def test_who_is_not_declared_is_not_let_in_and_who_is_is(app: Flask, caller: Caller) -> None:
    wrong, broken = [], []
    visit = Visit(app, caller)
    for route in routes(app):
        answer = visit.call(route)
        if (outcome := met(route, answer)) != due(route, caller):
            wrong.append(f"{route.method} {route.rule}: {outcome}, declared: {due(route, caller)}")
        if answer.status_code >= 500 or answer.status_code == 429:
            broken.append(f"{route.method} {route.rule}: {answer.status_code}")
    assert wrong == []
    assert broken == [], "an id that is nobody's and an empty form are no reason to break"


@pytest.mark.timeout(300)
def test_a_form_without_its_token_changes_nothing(app: Flask) -> None:
    through, visit = [], Visit(app, CALLERS[-1])
    for route in routes(app):
        if route.mutates and route.guard.csrf:
            answer = visit.call(route, "csrf_token")
            if answer.status_code != 400:
                through.append(f"{route.method} {route.rule}: {answer.status_code}")
    assert through == []


@pytest.mark.timeout(300)
def test_a_form_without_its_key_changes_nothing(app: Flask) -> None:
    through, visit = [], Visit(app, CALLERS[-1])
    for route in routes(app):
        if route.mutates and route.guard.once:
            answer = visit.call(route, "idempotency_key")
            if answer.status_code != 400:
                through.append(f"{route.method} {route.rule}: {answer.status_code}")
    assert through == []


def test_a_route_that_declares_nothing_is_not_served(app: Flask) -> None:
    house = a_house(app.extensions["fanlight.settings"])
    house.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    with pytest.raises(AssertionError, match="/forgotten declares no guard"):
        listing(house)
    assert house.test_client().get("/forgotten").status_code == 500
