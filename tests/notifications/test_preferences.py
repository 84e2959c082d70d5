"""Choosing what one is told, and being taken at one's word."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.notifications import kinds
from app.notifications.kinds import Channel, Default, Kind
from app.notifications.models import NotificationPreference
from app.notifications.queries import wants
from app.platform.models import AuditRecord
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import Page, PageClient

PATH = "/settings/notifications"


@pytest.fixture(autouse=True)
def few_kinds(app: Flask) -> Iterator[None]:
    """Whatever else features register to be told about: here it is these two."""
    every = dict(app.extensions[kinds.KEY])
    app.extensions[kinds.KEY] = {name: every[name] for name in ("security", "news")}
    yield
    app.extensions[kinds.KEY] = every


@pytest.fixture
def digest(app: Flask) -> Iterator[Kind]:
    """A kind of another feature that is on until somebody switches it off."""
    kind = Kind("digest", "Your week", "What happened, on Mondays.", {Channel.MAIL: Default.ON})
    kinds.register(app, kind)
    yield kind
    del app.extensions[kinds.KEY]["digest"]


def stored(app: Flask) -> dict[str, bool]:
    with app.app_context():
        rows = db.session.scalars(select(NotificationPreference))
        return {f"{row.kind}.{row.channel}": row.enabled for row in rows}


def wanted(app: Flask, person: Person, kind: str) -> bool:
    with app.app_context():
        return wants(person.id, kind, Channel.MAIL)


def shown(page: Page) -> dict[str, bool]:
    """What can be switched, and how it stands."""
    return {
        str(box["value"]): box.has_attr("checked")
        for box in page.soup.select("input[role=switch]:not([disabled])")
    }


def save(client: PageClient, *on: str) -> Page:
    page = client.get(PATH)
    form = page.form(PATH)
    names = [str(field["value"]) for field in page.soup.select("input[name=shown]")]
    return client.post(form.action, form.fields | {"shown": names, "on": list(on)})


def test_news_are_off_until_switched_on(app: Flask) -> None:
    person = a_person(app)
    client = signed_in(app, person)
    assert shown(client.get(PATH)) == {"news.mail": False}
    assert not wanted(app, person, "news")
    page = save(client, "news.mail")
    assert "Saved." in page.text
    assert shown(page) == {"news.mail": True}
    assert wanted(app, person, "news")


def test_only_what_differs_from_the_default_is_kept(app: Flask, digest: Kind) -> None:
    client = signed_in(app)
    save(client, "digest.mail")
    assert stored(app) == {}
    save(client, "news.mail", "digest.mail")
    assert stored(app) == {"news.mail": True}
    save(client, "news.mail")
    assert stored(app) == {"news.mail": True, "digest.mail": False}
    save(client, "digest.mail")
    assert stored(app) == {}


def test_only_changes_are_put_on_record(app: Flask) -> None:
    client = signed_in(app)
    save(client, "news.mail")
    assert "Nothing was changed." in save(client, "news.mail").text
    with app.app_context():
        (record,) = db.session.scalars(
            select(AuditRecord).where(AuditRecord.action == "account.preferences_changed")
        )
    assert record.data == {"switches": {"news.mail": True}}


def test_locked_ones_say_why_and_cannot_be_switched_off(app: Flask) -> None:
    person = a_person(app)
    client = signed_in(app, person)
    page = client.get(PATH)
    locked = page.one("#switch-security-mail")
    assert locked.has_attr("disabled")
    assert locked.has_attr("checked")
    assert "Always sent" in page.one(f"#{locked['aria-describedby']}").get_text()
    form = page.form(PATH)
    forced = client.post(form.action, form.fields | {"shown": ["security.mail"], "on": []})
    assert forced.status == 422
    assert wanted(app, person, "security")


def test_a_switch_that_came_after_the_page_was_opened_keeps_its_state(app: Flask) -> None:
    person = a_person(app)
    client = signed_in(app, person)
    form = client.get(PATH).form(PATH)
    kinds.register(app, Kind("digest", "Your week", "On Mondays.", {Channel.MAIL: Default.ON}))
    try:
        client.post(form.action, form.fields | {"on": ["news.mail"]})
        assert wanted(app, person, "digest")
        assert wanted(app, person, "news")
    finally:
        del app.extensions[kinds.KEY]["digest"]


def test_everyone_has_switches_of_their_own(app: Flask) -> None:
    mine, other = a_person(app), a_person(app)
    save(signed_in(app, mine), "news.mail")
    assert not wanted(app, other, "news")


def test_a_kind_that_nobody_registered_is_wanted_by_nobody(app: Flask) -> None:
    assert not wanted(app, a_person(app), "rumours")


def test_signed_out_there_is_nothing_to_choose(app: Flask) -> None:
    assert PageClient(app).get(PATH, follow=False).location.startswith("/login")
