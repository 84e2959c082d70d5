"""What happens is a line of its own, or joins the one that nobody has read yet."""

import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.accounts.models import HiddenPerson, User
from app.extensions import db
from app.notifications.models import Notification, NotificationActor
from app.notifications.operations import preferences, reading
from app.notifications.operations.telling import settle
from app.platform import cleanup, personal_data
from app.platform.transaction import transaction
from tests.factories.creators import a_creator, blocks
from tests.factories.people import Person, a_person, signed_in
from tests.notifications.happenings import (
    comments,
    deliveries_of,
    happens,
    likes,
    lines_of,
    mails_to,
    states_of,
    told,
    turn,
)


@pytest.fixture
def mara(app: Flask) -> Person:
    return a_creator(app, "mara")


@pytest.fixture
def ben(app: Flask) -> Person:
    return a_person(app, "ben")


def test_several_people_are_one_line_and_each_counts_once(app: Flask, mara: Person, ben: Person) -> None:
    reader = signed_in(app, mara)
    likes(app, ben, mara)
    assert told(reader) == ["Ben liked “Fog”"]
    likes(app, ben, mara)
    likes(app, a_person(app, "zoe"), mara)
    assert told(reader) == ["Zoe and Ben liked “Fog”"]
    for _ in range(9):
        likes(app, a_person(app), mara)
    likes(app, a_person(app, "tom"), mara)
    assert told(reader) == ["Tom and 11 others liked “Fog”"]
    assert [line.count for line in lines_of(app, mara)] == [12]


def test_a_like_given_again_is_nothing_new_and_a_comment_is(app: Flask, mara: Person, ben: Person) -> None:
    for do in (likes, comments):
        do(app, ben, mara)
        do(app, a_person(app), mara)
    with app.app_context(), transaction():
        reading.look(mara.id)
    for do in (likes, comments):
        do(app, ben, mara)
    assert [(line.count, line.seen_at is None) for line in lines_of(app, mara)] == [(2, False), (2, True)]


def test_what_is_about_something_else_is_another_line(app: Flask, mara: Person, ben: Person) -> None:
    likes(app, ben, mara, "post:1", "“Fog”")
    likes(app, ben, mara, "post:2", "“Rain”")
    comments(app, ben, mara, "post:1", "“Fog”")
    reader = signed_in(app, mara)
    assert told(reader) == ["Ben commented on “Fog”", "Ben liked “Rain”", "Ben liked “Fog”"]


def test_what_was_read_stays_and_a_new_line_begins(app: Flask, mara: Person, ben: Person) -> None:
    likes(app, ben, mara)
    with app.app_context(), transaction():
        reading.read_all(mara.id)
    likes(app, ben, mara)
    assert [(line.count, line.read_at is None) for line in lines_of(app, mara)] == [(1, False), (1, True)]


def test_nobody_hears_of_their_own_doing(app: Flask, mara: Person) -> None:
    likes(app, mara, mara)
    assert lines_of(app, mara) == []


def test_nobody_hears_of_whom_they_hid_or_who_is_kept_away(app: Flask, mara: Person, ben: Person) -> None:
    hidden = a_person(app)
    with app.app_context(), transaction():
        db.session.add(HiddenPerson(user_id=mara.id, hidden_id=hidden.id))
    blocks(app, mara, ben)
    likes(app, hidden, mara)
    comments(app, ben, mara)
    happens(app, "mentioned", mara, ben, "comment:1")
    assert lines_of(app, mara) == lines_of(app, ben) == []
    happens(app, "mentioned", ben, hidden, "comment:2")
    assert len(lines_of(app, hidden)) == 1


def test_who_is_not_here_is_told_nothing(app: Flask, mara: Person, ben: Person) -> None:
    with app.app_context(), transaction():
        db.session.get_one(User, mara.id).state = "suspended"
    likes(app, ben, mara)
    assert lines_of(app, mara) == []


def test_what_one_saw_itself_is_read(app: Flask, mara: Person, ben: Person) -> None:
    likes(app, ben, mara, "post:1")
    likes(app, ben, mara, "post:2")
    with app.app_context(), transaction():
        settle(mara.id, "post:1")
    assert [line.read_at is None for line in lines_of(app, mara)] == [False, True]


def test_who_left_is_counted_and_has_no_name(app: Flask, mara: Person, ben: Person) -> None:
    zoe = a_person(app, "zoe")
    for person in (zoe, ben):
        likes(app, person, mara)
    with app.app_context(), transaction():
        personal_data.erase(ben.id)
        db.session.get_one(User, ben.id).state = "deleted"
    assert told(signed_in(app, mara)) == ["Zoe and 1 other liked “Fog”"]
    with app.app_context():
        assert db.session.query(NotificationActor).filter_by(actor_id=ben.id).count() == 0


def test_all_at_once_is_one_line_with_everybody_in_it(app: Flask, mara: Person) -> None:
    people = [a_person(app) for _ in range(6)]
    failed: list[BaseException] = []

    def act(person: Person) -> None:
        try:
            for _ in range(2):
                likes(app, person, mara)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=act, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    (line,) = lines_of(app, mara)
    assert line.count == len(people)
    assert len(line.actors) == 3


def _people(app: Flask) -> list[Person]:
    """The same for all examples of a test."""
    with app.app_context():
        known = db.session.query(User).filter(User.handle.like("one\\_%")).order_by(User.handle).all()
        if known:
            return [Person(one.id, one.handle, str(one.email)) for one in known]
    return [a_person(app, f"one_{number}") for number in range(4)]


DOINGS = st.lists(
    st.tuples(st.sampled_from(["liked", "commented"]), st.integers(0, 3), st.integers(0, 1)), max_size=10
)


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(doings=DOINGS, likes_by_mail=st.booleans(), comments_by_mail=st.booleans())
def test_in_any_order_each_subject_has_one_line_with_its_people(
    app: Flask, doings: Sequence[Any], likes_by_mail: bool, comments_by_mail: bool
) -> None:
    mara, people = a_creator(app), _people(app)
    with app.app_context(), transaction():
        preferences.save(mara.id, {"likes.mail": likes_by_mail, "comments.mail": comments_by_mail})
    for event, who, post in doings:
        happens(app, event, people[who], mara, f"post:{post}")
    expected = {(event, f"post:{post}"): set() for event, _, post in doings}  # type: ignore[var-annotated]
    for event, who, post in doings:
        expected[event, f"post:{post}"].add(who)
    found = {(line.event, line.subject): line.count for line in lines_of(app, mara)}
    assert found == {key: len(who) for key, who in expected.items()}
    mailed = {"liked": likes_by_mail, "commented": comments_by_mail}
    waiting = [one.notification_id for one in deliveries_of(app, mara)]
    by_mail = [line.id for line in lines_of(app, mara) if mailed[line.event]]
    assert sorted(waiting) == sorted(by_mail), "one for each line, and none where the channel is off"


def test_a_channel_that_is_off_carries_nothing(app: Flask, mara: Person, ben: Person) -> None:
    reader = signed_in(app, mara)
    turn(reader, off=["comments.mail", "comments.page"])
    comments(app, ben, mara)
    assert states_of(app, mara) == []
    assert mails_to(app, mara) == []
    assert told(reader) == []


def test_old_lines_go(app: Flask, mara: Person, ben: Person) -> None:
    for number in range(4):
        likes(app, ben, mara, f"post:{number}")
    with app.app_context():
        ids = [line.id for line in lines_of(app, mara)]
        with transaction():
            for number, (days, read) in enumerate(((89, True), (91, True), (364, False), (366, False))):
                line = db.session.get_one(Notification, ids[number])
                line.updated_at -= timedelta(days=days)
                line.read_at = line.updated_at if read else None
        cleanup.clean()
    assert [line.id for line in lines_of(app, mara)] == [ids[0], ids[2]]
