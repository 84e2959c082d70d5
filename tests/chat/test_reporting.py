"""Whoever got a message can report it; moderators read that message, and nothing else."""

import pytest
from flask import Flask

from app.accounts.models import User
from app.chat.jobs import let_go_of_what_was_decided
from app.chat.models import Message
from app.creators.operations import following
from app.extensions import db
from app.media import doors
from app.media.models import Media
from app.platform.personal_data import registry
from app.platform.transaction import transaction
from tests.chat.talking import begin, say, words_of
from tests.factories.creators import a_creator
from tests.factories.media import a_picture
from tests.factories.people import a_person, signed_in
from tests.page_client import PageClient


@pytest.fixture
def host(app: Flask) -> PageClient:
    return signed_in(app, a_creator(app, "mara"))


@pytest.fixture
def fan(app: Flask) -> PageClient:
    return signed_in(app, a_person(app, "ben"))


@pytest.fixture
def talk(host: PageClient, fan: PageClient) -> str:
    talk = begin(fan, "mara", "You will regret this")
    say(fan, talk, "The lantern is under the stairs")
    return talk


@pytest.fixture
def staff(app: Flask) -> PageClient:
    return signed_in(app, a_person(app, "mod", roles=("fan", "moderator")), second_factor=True)


def report(app: Flask, reader: PageClient, seq: int) -> str:
    with app.app_context():
        message = db.session.query(Message).filter_by(seq=seq).one()
    path = f"/report/message/{message.id}"
    assert "Somebody will look at it" in reader.send(reader.get(path).form(path), reason="abuse").text
    return path


def case_of(staff: PageClient) -> str:
    listed = staff.get("/admin/reports")
    return str(listed.one("main a[href^='/admin/reports/']")["href"])


def test_moderators_read_the_message_that_was_reported_and_no_other(
    app: Flask, host: PageClient, fan: PageClient, talk: str, staff: PageClient
) -> None:
    report(app, host, 1)
    case = staff.get(case_of(staff))
    assert "You will regret this" in case.text
    assert "lantern" not in case.text
    assert not case.has_form(f"{case_of(staff)}/open")
    assert staff.get(talk).status == 404


def test_what_is_taken_back_or_changed_later_stays_in_the_report(
    app: Flask, host: PageClient, fan: PageClient, talk: str, staff: PageClient
) -> None:
    report(app, host, 1)
    fan.send(fan.get(f"{talk}/1").form(f"{talk}/1/unsend"))
    assert "You will regret this" in staff.get(case_of(staff)).text
    assert "You will regret this" not in host.get(talk).text


def test_an_upheld_message_is_gone_for_both(
    app: Flask, host: PageClient, fan: PageClient, talk: str, staff: PageClient
) -> None:
    report(app, host, 1)
    staff.send(staff.get(case_of(staff)).form(f"{case_of(staff)}/uphold"))
    for side in (host, fan):
        assert words_of(side.get(talk))[1] == "The lantern is under the stairs"
        assert "regret" not in side.get(talk).html


def test_its_files_are_shown_to_whoever_decides_until_they_did(
    app: Flask, host: PageClient, fan: PageClient, talk: str, staff: PageClient
) -> None:
    with app.app_context():
        ben = db.session.query(User).filter_by(handle="ben").one().id
    file = a_picture(app, ben, purpose="message", attached=False)["id"]
    fan.send(fan.get(talk).form(talk), body="", media=[file])
    report(app, host, 3)
    fan.send(fan.get(f"{talk}/3").form(f"{talk}/3/unsend"))
    case = case_of(staff)
    address = str(staff.get(case).one("main .pic img")["src"])
    assert staff.http.get(address).status_code == 200
    for other in (host, fan, signed_in(app)):
        assert other.http.get(address).status_code == 404
    assert not host.get(talk).soup.select(".bubble .pic")
    staff.send(staff.get(case).form(f"{case}/uphold"))
    doors.clear()
    assert staff.http.get(address).status_code == 404
    with app.app_context():
        assert db.session.query(Media).one().state == "removed"


def test_files_taken_back_meanwhile_go_once_nobody_has_to_decide(
    app: Flask, host: PageClient, fan: PageClient, talk: str, staff: PageClient
) -> None:
    with app.app_context():
        ben = db.session.query(User).filter_by(handle="ben").one().id
    files = [a_picture(app, ben, purpose="message", attached=False)["id"] for _ in range(2)]
    for seq, file in enumerate(files, start=3):
        fan.send(fan.get(talk).form(talk), body="", media=[file])
        report(app, host, seq)
        fan.send(fan.get(f"{talk}/{seq}").form(f"{talk}/{seq}/unsend"))
    with app.app_context():
        let_go_of_what_was_decided()
    assert states(app) == ["ready", "ready"]
    case = case_of(staff)
    staff.send(staff.get(case).form(f"{case}/dismiss"))
    with app.app_context():
        let_go_of_what_was_decided()
        let_go_of_what_was_decided()
    assert states(app) == ["ready", "removed"], "the other one is still to be decided"


def test_who_is_blocked_afterwards_finds_the_way_to_report(
    app: Flask, host: PageClient, fan: PageClient, talk: str
) -> None:
    say(host, talk, "You will regret this")
    with app.app_context(), transaction():
        ids = {one.handle: one.id for one in db.session.query(User)}
        following.block(ids["mara"], ids["ben"])
    sheet = fan.get(f"{talk}/3")
    assert not sheet.soup.select("form.signs")
    assert fan.get(str(sheet.one("a[href^='/report/message/']")["href"])).status == 200


def states(app: Flask) -> list[str]:
    with app.app_context():
        return sorted(db.session.scalars(db.select(Media.state)))


def test_nobody_reports_what_is_none_of_theirs(app: Flask, fan: PageClient, talk: str) -> None:
    with app.app_context():
        message = db.session.query(Message).filter_by(seq=1).one()
    for nosy in (fan, signed_in(app), signed_in(app, a_creator(app, "oskar"))):
        assert nosy.get(f"/report/message/{message.id}").status == 404


def test_the_copy_is_sealed(app: Flask, host: PageClient, talk: str) -> None:
    report(app, host, 1)
    with app.app_context():
        row = db.session.execute(db.text("select sealed_copy, note from reports")).one()
    assert row.sealed_copy and "regret" not in str(row)


def test_who_reported_has_the_copy_among_their_data(app: Flask, host: PageClient, talk: str) -> None:
    report(app, host, 1)
    with app.app_context(), transaction():
        mara = db.session.execute(db.text("select id from users where handle = 'mara'")).scalar_one()
        assert [row["copy"] for row in registry().tables["reports"].export(mara)] == ["You will regret this"]
