"""Most of the feed's page is rendered once and kept: nobody can tell, but by the clock."""

import re

import pytest
from flask import Flask

from app.platform.realtime import tickets
from tests.factories.creators import a_creator, follows
from tests.factories.people import Person, a_person, signed_in
from tests.factories.posts import a_post, some_posts
from tests.page_client import Page, PageClient

KEY = re.compile(r'name="idempotency_key" value="([^"]*)"')


@pytest.fixture
def fan(app: Flask) -> Person:
    return a_person(app)


@pytest.fixture
def reader(app: Flask, fan: Person) -> PageClient:
    return signed_in(app, fan)


@pytest.fixture
def mara(app: Flask, fan: Person) -> Person:
    creator = a_creator(app, "mara")
    follows(app, fan, creator)
    some_posts(app, creator.id, 3)
    return creator


def ticket(app: Flask, page: Page) -> tickets.Ticket | None:
    return tickets.read(str(page.one("meta[name=live]")["data-ticket"]), app.config["SECRET_KEY"])


@pytest.mark.usefixtures("mara")
def test_no_key_of_a_form_comes_twice(reader: PageClient) -> None:
    keys = [key for _ in range(3) for key in KEY.findall(reader.get("/feed").html)]
    assert len(keys) == 3 * (3 * 2 + 1)
    assert len(set(keys)) == len(keys)


@pytest.mark.usefixtures("mara")
def test_each_page_has_a_ticket_of_its_reader(app: Flask, reader: PageClient, fan: Person) -> None:
    other = a_person(app)
    follows(app, other, a_creator(app, "elsewhere"))
    for _ in range(2):
        seen = ticket(app, reader.get("/feed"))
        assert seen is not None
        assert seen.user_id == str(fan.id)
    seen = ticket(app, signed_in(app, other).get("/feed"))
    assert seen is not None
    assert seen.user_id == str(other.id)


@pytest.mark.usefixtures("mara")
def test_every_form_of_a_kept_page_acts(reader: PageClient) -> None:
    reader.get("/feed")
    page = reader.get("/feed")
    likes = [form["action"] for form in page.soup.select("form") if str(form["action"]).endswith("/like")]
    for action in likes:
        reader.send(page.form(re.escape(str(action))))
    assert (
        len(reader.get("/feed").soup.select('[aria-label="Like, 1"][aria-pressed=true]')) == len(likes) == 3
    )


@pytest.mark.usefixtures("mara")
def test_what_is_said_once_is_said_once(reader: PageClient) -> None:
    reader.get("/feed")
    form = reader.get("/settings/profile").form("/settings/profile")
    reader.send(form, follow=False, display_name="Nadia %(key)s Weiß")
    told, later = reader.get("/feed"), reader.get("/feed")
    assert "Your profile is saved." in told.html
    assert "Your profile is saved." not in later.html
    for page in (told, later):
        assert "Nadia %(key)s Weiß" in page.one(".menu-head").get_text()


def test_what_people_write_is_never_a_gap(app: Flask, reader: PageClient, mara: Person) -> None:
    words = "100 %% of %(posts)s, %(acts)s, %(idempotency_key)s and %s"
    a_post(app, mara.id, title=words)
    for _ in range(2):
        assert reader.get("/feed").one(".post-title").get_text(strip=True) == words


def test_what_is_new_is_there_at_once(app: Flask, reader: PageClient, mara: Person) -> None:
    reader.get("/feed")
    a_post(app, mara.id, title="Fresh from the press")
    assert "Fresh from the press" in reader.get("/feed").html
