"""Who may do what, given and taken; who is kept out."""

import re
import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import User
from app.accounts.operations import roles
from app.extensions import db
from app.kit.clock import FixedClock
from app.platform.errors import Refused
from app.platform.models import AuditRecord, Mail
from app.platform.transaction import transaction
from app.platform.viewer import Role
from tests.accounts.second_factors import with_totp
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import Page, PageClient
from tests.queries import counting


def an_admin(app: Flask, handle: str = "") -> Person:
    return a_person(app, handle, roles=("fan", "admin"))


def admins_browser(app: Flask, admin: Person | None = None) -> PageClient:
    return signed_in(app, admin or an_admin(app), second_factor=True)


def press(client: PageClient, person: Person, what: str, **values: str) -> Page:
    """Presses the button of the person's page that sends `values` to `what`."""
    page = client.get(f"/admin/people/{person.id}")
    for form in page.soup.select(f"form[action='/admin/people/{person.id}/{what}']"):
        fields = {str(field["name"]): str(field["value"]) for field in form.select("input[name]")}
        if values.items() <= fields.items():
            return client.post(str(form["action"]), fields)
    raise AssertionError(f"no button for {what} {values}")


def roles_of(app: Flask, person: Person) -> set[str]:
    with app.app_context():
        return set(db.session.get_one(User, person.id).roles)


def told(app: Flask, person: Person) -> list[str]:
    with app.app_context():
        mails = select(Mail.template).where(Mail.recipient == person.email).order_by(Mail.id)
        return list(db.session.scalars(mails))


def test_a_given_role_opens_its_doors_at_once(app: Flask) -> None:
    person, client = a_person(app), admins_browser(app)
    theirs = signed_in(app, person, second_factor=True)
    assert theirs.get("/admin/people").status == 403
    page = press(client, person, "roles/grant", role="admin")
    assert "in effect now" in page.text
    assert theirs.get("/admin/people").status == 200
    assert told(app, person) == ["role_given"]


def test_a_taken_role_closes_them_at_once(app: Flask) -> None:
    person, client = an_admin(app), admins_browser(app)
    theirs = admins_browser(app, person)
    assert theirs.get("/admin/people").status == 200
    press(client, person, "roles/revoke", role="admin")
    assert theirs.get("/admin/people").status == 403
    assert told(app, person) == ["role_taken"]


def test_changes_are_on_record_with_who_made_them(app: Flask) -> None:
    admin, person = an_admin(app), a_person(app)
    press(admins_browser(app, admin), person, "roles/grant", role="moderator")
    with app.app_context():
        record = db.session.scalars(
            select(AuditRecord).where(AuditRecord.action == "account.roles_changed")
        ).one()
    assert (record.actor_id, record.subject_id) == (admin.id, str(person.id))
    assert record.data == {"role": "moderator", "change": "role_given"}


def test_the_last_admin_keeps_the_role(app: Flask) -> None:
    admin = an_admin(app)
    page = press(admins_browser(app, admin), admin, "roles/revoke", role="admin")
    assert page.status == 422
    assert "last admin" in page.text
    assert "admin" in roles_of(app, admin)


def test_a_suspended_admin_does_not_count(app: Flask) -> None:
    admin, other = an_admin(app), an_admin(app)
    client = admins_browser(app, admin)
    press(client, other, "suspend")
    assert press(client, admin, "roles/revoke", role="admin").status == 422


def test_two_admins_who_disown_each_other_at_once_leave_one(app: Flask) -> None:
    pair = [an_admin(app), an_admin(app)]
    start = threading.Barrier(2)

    def disown(actor: Person, other: Person) -> None:
        with app.app_context():
            start.wait()
            try:
                with transaction():
                    roles.revoke(other.id, Role.ADMIN, actor=actor.id)
            except Refused:
                pass

    threads = [threading.Thread(target=disown, args=ordered) for ordered in (pair, pair[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum("admin" in roles_of(app, person) for person in pair) == 1


@pytest.mark.parametrize("role", ["fan", "owner", "", "ADMIN"])
def test_only_roles_that_can_be_given_are_taken(app: Flask, role: str) -> None:
    client, person = admins_browser(app), a_person(app)
    page = client.get(f"/admin/people/{person.id}")
    form = page.form(f"/admin/people/{person.id}/roles/grant")
    assert client.send(form, role=role).status == 422
    assert roles_of(app, person) == {"fan"}


def test_a_suspended_person_is_out_at_once_and_back_when_restored(app: Flask) -> None:
    person, client = a_person(app), admins_browser(app)
    theirs = signed_in(app, person)
    assert theirs.get("/settings/data", follow=False).status == 200
    page = press(client, person, "suspend")
    assert "Suspended" in page.text
    assert theirs.get("/settings/data", follow=False).location.startswith("/login")
    press(client, person, "restore")
    assert signed_in(app, person).get("/settings/data", follow=False).status == 200
    assert told(app, person) == ["account_suspended", "account_restored"]


def test_the_record_says_who_ended_the_sessions_of_somebody_suspended(app: Flask) -> None:
    admin, person = an_admin(app), a_person(app)
    signed_in(app, person)
    press(admins_browser(app, admin), person, "suspend")
    with app.app_context():
        record = db.session.scalars(
            select(AuditRecord).where(AuditRecord.action == "session.all_revoked")
        ).one()
    assert (record.actor_id, record.subject_id) == (admin.id, str(person.id))


def test_nobody_suspends_themselves(app: Flask) -> None:
    admin = an_admin(app)
    an_admin(app)
    page = press(admins_browser(app, admin), admin, "suspend")
    assert page.status == 422
    assert "yourself" in page.text


def test_changes_need_a_fresh_sign_in(app: Flask, fixed_clock: FixedClock) -> None:
    person, client = a_person(app), admins_browser(app)
    form = client.get(f"/admin/people/{person.id}").form(f"/admin/people/{person.id}/roles/grant")
    fixed_clock.move(timedelta(minutes=11))
    assert client.send(form, follow=False).location.startswith("/login/confirm")
    assert roles_of(app, person) == {"fan"}


@pytest.mark.parametrize("path", ["/admin/people", "/admin/people/0197c0de-0000-7000-8000-000000000000"])
def test_only_admins_with_a_second_factor_see_people(app: Flask, path: str) -> None:
    assert PageClient(app).get(path, follow=False).location.startswith("/login")
    assert signed_in(app).get(path).status == 403
    moderator = a_person(app, roles=("fan", "moderator"))
    assert signed_in(app, moderator, second_factor=True).get(path).status == 403
    without = signed_in(app, an_admin(app)).get(path, follow=False)
    assert (without.status, without.location) == (303, "/settings/security")


def handles(page: Page) -> list[str]:
    return [link.get_text(strip=True).removeprefix("@") for link in page.soup.select("td a.name")]


def test_people_are_found_by_how_handle_or_address_begins(app: Flask) -> None:
    client = admins_browser(app, an_admin(app, "Warden"))
    for name in ("Maple", "mapleton", "Oak_Tree", "Oaksy"):
        a_person(app, name)
    assert handles(client.get("/admin/people?q=MAPLE")) == ["mapleton", "Maple"]
    assert handles(client.get("/admin/people?q=@maple")) == ["mapleton", "Maple"]
    assert handles(client.get("/admin/people?q=oaksy@example")) == ["Oaksy"]
    assert handles(client.get("/admin/people?q=oak_")) == ["Oak_Tree"], "an underscore is a letter here"
    assert handles(client.get("/admin/people?q=%25")) == []
    assert handles(client.get("/admin/people?role=admin")) == ["Warden"]
    assert "Nobody like that" in client.get("/admin/people?state=suspended").text


def test_found_by_id(app: Flask) -> None:
    client, person = admins_browser(app), a_person(app, "Maple")
    assert handles(client.get(f"/admin/people?q={person.id}")) == ["Maple"]


@pytest.mark.parametrize("query", ["q=%ff%fe", "before=nonsense", "before=", "q=" + "x" * 200])
def test_odd_questions_get_an_ordinary_page(app: Flask, query: str) -> None:
    assert admins_browser(app).get(f"/admin/people?{query}").status == 200


@pytest.mark.parametrize("query", ["q=" + "x" * 300, "role=owner", "state=gone"])
def test_impossible_questions_are_refused(app: Flask, query: str) -> None:
    assert admins_browser(app).get(f"/admin/people?{query}").status == 422


def test_pages_follow_each_other_without_gap_or_double(app: Flask) -> None:
    client = admins_browser(app, an_admin(app, "Warden"))
    made = [a_person(app, f"row_{number:03}").handle for number in range(120)]
    page = client.get("/admin/people?q=row_")
    seen = handles(page)
    while older := page.soup.select_one("a[rel=next]"):
        page = client.get(str(older["href"]))
        seen += handles(page)
    assert seen == made[::-1]
    assert page.soup.select_one("a[rel=prev]")


@pytest.mark.parametrize("more", [0, 60])
def test_the_list_takes_the_same_few_statements_for_few_and_for_many(app: Flask, more: int) -> None:
    client = admins_browser(app)
    for _ in range(3 + more):
        a_person(app)
    client.get("/admin/people")
    with counting(app) as sent:
        assert client.get("/admin/people").status == 200
    assert len(sent) == 1, sent


def run(app: Flask, *arguments: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["accounts", *arguments])
    return result.exit_code, result.output


def test_roles_are_changed_at_the_console(app: Flask) -> None:
    person = a_person(app, "Maple")
    assert run(app, "roles", "maple", "--add", "moderator") == (0, "Maple: fan, moderator\n")
    assert run(app, "roles", "@Maple", "--remove", "moderator") == (0, "Maple: fan\n")
    assert roles_of(app, person) == {"fan"}
    code, words = run(app, "roles", "nobody_here", "--add", "admin")
    assert (code, "Nobody here has the handle" in words) == (1, True)
    assert run(app, "roles", "Maple", "--add", "owner")[0] == 2


def test_the_console_does_not_take_the_last_admin_either(app: Flask) -> None:
    admin = an_admin(app)
    code, words = run(app, "roles", admin.handle, "--remove", "admin")
    assert (code, "last admin" in words) == (1, True)
    assert "admin" in roles_of(app, admin)


def test_the_first_admin_chooses_a_password_by_a_link_that_works_once(app: Flask) -> None:
    code, words = run(app, "create-admin", "keeper@example.org", "Keeper")
    assert code == 0, words
    link = re.search(r"https?://[^/]+(/reset/\S+)", words)
    assert link
    visitor = PageClient(app)
    page = visitor.get(link[1])
    visitor.send(page.form(r"/reset/.*"), password="a lantern by the gate")
    with app.app_context():
        user = db.session.scalars(select(User).where(User.email == "keeper@example.org")).one()
    assert user.password_hash
    assert set(user.roles) == {"fan", "admin"}
    again = visitor.get(link[1])
    assert not again.has_form(r"/reset/.*")


@pytest.mark.parametrize(
    ("email", "handle"),
    [
        ("taken@example.test", "Keeper"),
        ("new@example.org", "Taken"),
        ("nonsense", "Keeper"),
        ("a@b.org", "x"),
    ],
)
def test_what_cannot_be_an_admin_is_said_plainly(app: Flask, email: str, handle: str) -> None:
    a_person(app, "Taken")
    code, words = run(app, "create-admin", email, handle)
    assert code == 1
    assert words.startswith("Error: ")
    assert "Traceback" not in words


def test_a_second_factor_that_was_taken_away_opens_nothing_when_a_role_comes(app: Flask) -> None:
    person = with_totp(app)
    here, there = signed_in(app, person, second_factor=True), signed_in(app, person, second_factor=True)
    here.send(here.get("/settings/security/totp").form("/settings/security/totp/remove"))
    press(admins_browser(app), person, "roles/grant", role="moderator")
    for page in (here, there):
        assert page.get("/admin/reports", follow=False).location.startswith("/settings/security")
