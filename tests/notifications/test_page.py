"""The page of what one was told, and the way from there."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from app.accounts.models import User
from app.extensions import db
from app.kit.clock import FixedClock
from app.kit.ids import new_id
from app.notifications.models import Notification
from app.notifications.operations.telling import tell
from app.platform.transaction import transaction
from tests.factories.creators import a_creator
from tests.factories.people import Person, a_person, signed_in
from tests.notifications.happenings import HOME, choose, comments, likes, lines_of, told
from tests.page_client import PageClient
from tests.queries import counting

COUNTS = "/live/counts"


@pytest.fixture
def mara(app: Flask) -> Person:
    return a_creator(app, "mara")


@pytest.fixture
def ben(app: Flask) -> Person:
    return a_person(app, "ben")


@pytest.fixture
def reader(app: Flask, mara: Person) -> PageClient:
    return signed_in(app, mara)


def new(reader: PageClient) -> int:
    return int(reader.http.get(COUNTS).get_json()[HOME])


def test_nothing_yet_says_what_will_stand_here(reader: PageClient) -> None:
    page = reader.get(HOME)
    assert "Nothing has happened yet" in page.text
    assert not page.has_form(f"{HOME}/read")


def test_a_line_leads_to_what_it_is_about_and_is_read_then(
    app: Flask, reader: PageClient, mara: Person, ben: Person
) -> None:
    likes(app, ben, mara)
    assert reader.get(HOME).soup.select(".notice.unread")
    (line,) = lines_of(app, mara)
    for _ in range(2):
        assert reader.get(f"{HOME}/{line.id}", follow=False).location == "/feed"
    assert not reader.get(HOME).soup.select(".notice.unread")


def test_what_is_new_is_counted_until_the_page_is_looked_at(
    app: Flask, reader: PageClient, mara: Person, ben: Person
) -> None:
    likes(app, ben, mara)
    comments(app, ben, mara)
    assert new(reader) == 2
    reader.http.get(HOME, headers={"Sec-Purpose": "prefetch"})
    assert new(reader) == 2
    assert len(reader.get(HOME).soup.select(".notice.unread")) == 2
    assert new(reader) == 0
    assert len(reader.get(HOME).soup.select(".notice.unread")) == 2
    likes(app, a_person(app), mara)
    assert new(reader) == 1


def test_what_is_on_no_page_that_was_looked_at_stays_new(
    app: Flask, reader: PageClient, mara: Person, ben: Person
) -> None:
    for number in range(21):
        likes(app, ben, mara, f"page:{number}")
    older = str(reader.get(HOME).one("a[rel=next]")["href"])
    assert new(reader) == 1
    sale: Any = {"what": "“Fog”", "amount": "$5.00"}
    with app.app_context(), transaction():
        tell("sold", to=mara.id, subject="invoice:1", href="/dashboard", actor=ben.id, words=sale)
    likes(app, ben, mara)
    assert new(reader) == 3
    reader.get(older)
    reader.get(f"{HOME}?about=house")
    assert new(reader) == 2
    reader.get(f"{HOME}?about=people")
    assert new(reader) == 1
    reader.get(f"{HOME}?about=money")
    assert new(reader) == 0


@pytest.mark.parametrize("closed_to_them", [1, 25])
def test_what_stands_on_no_page_is_not_counted_once_the_list_is_at_its_end(
    app: Flask, reader: PageClient, mara: Person, ben: Person, closed_to_them: int
) -> None:
    for _ in range(closed_to_them):
        likes(app, ben, mara, f"post:{new_id()}", "“Gone”")
    for number in range(20):
        likes(app, ben, mara, f"page:{number}")
    older = str(reader.get(HOME).one("a[rel=next]")["href"])
    assert new(reader) == closed_to_them
    reader.get(older)
    assert new(reader) == 0


def test_all_of_it_can_be_marked(app: Flask, reader: PageClient, mara: Person, ben: Person) -> None:
    for number in range(3):
        likes(app, ben, mara, f"post:{number}")
    page = reader.send(reader.get(HOME).form(f"{HOME}/read"))
    assert "All of it is marked as read." in page.text
    assert not page.soup.select(".notice.unread")


def test_nobody_opens_or_marks_what_others_were_told(
    app: Flask, reader: PageClient, mara: Person, ben: Person
) -> None:
    likes(app, ben, mara)
    (line,) = lines_of(app, mara)
    other = signed_in(app, ben)
    assert other.get(f"{HOME}/{line.id}").status == 404
    form = reader.get(HOME).form(f"{HOME}/read")
    token = other.get("/settings/profile").form("/settings/profile").fields["csrf_token"]
    other.post(form.action, form.fields | {"csrf_token": token})
    assert told(other) == []
    assert lines_of(app, mara)[0].read_at is None
    assert PageClient(app).get(HOME, follow=False).location.startswith("/login")


def test_a_line_never_leads_away_from_the_house(app: Flask, reader: PageClient, mara: Person) -> None:
    with app.app_context(), transaction():
        tell("liked", to=mara.id, subject="post:1", href="//evil.example/x", words={"post": "“Fog”"})
    (line,) = lines_of(app, mara)
    assert reader.get(f"{HOME}/{line.id}", follow=False).location == HOME


def test_words_of_others_are_words(app: Flask, reader: PageClient, mara: Person, ben: Person) -> None:
    title = "“<b>{actors}</b> %s & {0.__class__}”"
    likes(app, ben, mara, title=title)
    assert told(reader) == [f"Ben liked {title}"]
    assert "<b>{actors}" not in reader.get(HOME).html


def test_days_are_those_of_its_reader(app: Flask, mara: Person, ben: Person, fixed_clock: FixedClock) -> None:
    fixed_clock.at = datetime(2031, 1, 10, 10, 30, tzinfo=UTC)
    reader = signed_in(app, mara)
    likes(app, ben, mara, "post:1")
    fixed_clock.move(timedelta(hours=1))
    likes(app, ben, mara, "post:2")
    assert days(reader) == ["Today"]
    choose(reader, zone="Pacific/Auckland")
    assert days(reader) == ["Today", "Yesterday"], "midnight lies between them there"


def days(reader: PageClient) -> list[str]:
    return [one.get_text() for one in reader.get(HOME).soup.select(".notice-day")]


def test_older_ones_follow_and_the_page_asks_the_same_for_few_and_many(
    app: Flask, reader: PageClient, mara: Person, ben: Person
) -> None:
    likes(app, ben, mara, "post:0")
    few = statements(app, reader, HOME)
    for number in range(1, 45):
        likes(app, a_person(app) if number % 9 == 0 else ben, mara, f"post:{number}", f"“{number}”")
    assert statements(app, reader, HOME) == few
    assert len(few) <= 3, few
    seen, path = [], HOME
    for _ in range(3):
        seen += told(reader, path)
        more = reader.get(path).soup.select_one("a[rel=next]")
        path = str(more["href"]) if more else ""
    assert path == ""
    assert len(seen) == len(set(seen)) == 45
    assert told(reader, f"{HOME}?before=nonsense") == told(reader)


def test_lines_of_what_is_gone_hide_none_that_lives(
    app: Flask, reader: PageClient, mara: Person, ben: Person
) -> None:
    likes(app, ben, mara, "post:1", "“Still there”")
    for _ in range(21):
        likes(app, ben, mara, f"post:{new_id()}", "“Gone”")
    assert told(reader) == ["Ben liked “Still there”"]
    assert reader.get(HOME).has_form(f"{HOME}/read")
    for _ in range(100):
        likes(app, ben, mara, f"post:{new_id()}", "“Gone”")
    page = reader.get(HOME)
    assert "Nothing has happened yet" not in page.text
    assert told(reader, str(page.one("a[rel=next]")["href"])) == ["Ben liked “Still there”"]


def test_the_last_page_says_that_there_is_no_more_where_what_was_told_first_is_gone(
    app: Flask, reader: PageClient, mara: Person, ben: Person
) -> None:
    likes(app, ben, mara, f"post:{new_id()}", "“Gone”")
    for number in range(20):
        likes(app, ben, mara, f"page:{number}")
    last = reader.get(str(reader.get(HOME).one("a[rel=next]")["href"]))
    assert "Nothing has happened yet" not in last.text
    assert "There is nothing older any more." in last.text


def statements(app: Flask, reader: PageClient, path: str) -> list[str]:
    """Once it was looked at."""
    reader.get(path)
    with counting(app) as sent:
        assert reader.get(path).status == 200
    return [one.split()[0] for one in sent]


def test_the_count_on_the_door_is_one_statement(
    app: Flask, reader: PageClient, mara: Person, ben: Person
) -> None:
    likes(app, ben, mara)
    new(reader)
    with counting(app) as sent:
        assert new(reader) == 1
    about = [one for one in sent if "notifications" in one]
    assert len(about) == 1
    assert len(sent) == 2, "and one of the messages"


def test_it_is_looked_through_by_family(app: Flask, reader: PageClient, mara: Person, ben: Person) -> None:
    likes(app, ben, mara)
    sale: Any = {"what": "“Fog”", "amount": "$5.00"}
    with app.app_context(), transaction():
        tell("sold", to=mara.id, subject="invoice:1", href="/dashboard", actor=ben.id, words=sale)
    assert told(reader, f"{HOME}?about=money") == ["Ben bought “Fog” for $5.00"]
    assert told(reader, f"{HOME}?about=people") == ["Ben liked “Fog”"]
    assert "Nothing of this kind" in reader.get(f"{HOME}?about=house").text
    assert len(told(reader, f"{HOME}?about=nonsense")) == 2


def test_what_nobody_tells_of_any_more_is_left_out(
    app: Flask, reader: PageClient, mara: Person, ben: Person
) -> None:
    likes(app, ben, mara)
    with app.app_context(), transaction():
        db.session.add(Notification(user_id=mara.id, event="of before", subject="x", href="/feed"))
    assert told(reader) == ["Ben liked “Fog”"]


def test_a_name_keeps_its_direction_to_itself_and_its_markup_too(
    app: Flask, reader: PageClient, mara: Person
) -> None:
    for name in ("<i>Ben</i>", "\u0646\u0648\u0631"):
        person = a_person(app)
        with app.app_context(), transaction():
            db.session.get_one(User, person.id).display_name = name
        likes(app, person, mara)
    line = reader.get(HOME).one("ol b, ul b")
    assert [one.get_text() for one in line.select("bdi")] == ["\u0646\u0648\u0631", "<i>Ben</i>"]
    assert line.get("dir") is None
