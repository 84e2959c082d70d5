"""Becoming somebody here."""

import threading
import time
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts.models import FormerHandle, User
from app.accounts.operations.handles import WELL_FORMED
from app.accounts.operations.joining import BIRTH_DATE, OPEN_REGISTRATION
from app.accounts.password_rules import common_passwords
from app.accounts.reserved import is_reserved
from app.extensions import db
from app.kit import clock
from app.platform import flags
from app.platform.audit import Action
from app.platform.models import AuditRecord
from app.platform.settings import vault
from app.platform.transaction import transaction
from tests.factories.people import a_person
from tests.factories.post import last_letter, letters
from tests.page_client import Page, PageClient
from tests.support import takes_as_long

NEWCOMER: dict[str, Any] = {
    "email": "nora@example.test",
    "handle": "Nora_B",
    "display_name": "Nora Bell",
    "password": "three wet lanterns",
    "birth_date": "1990-05-17",
}
HTMX: dict[str, Any] = {"HX-Request": "true"}


def join(page: PageClient, **values: Any) -> Page:
    return page.send(page.get("/join").form("/join"), **NEWCOMER | values)


def find(app: Flask, handle: str) -> User | None:
    with app.app_context():
        return db.session.scalar(select(User).where(func.lower(User.handle) == handle.lower()))


def people(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(User)) or 0


def refused(page: PageClient, app: Flask, field: str, **values: Any) -> str:
    before = people(app)
    answer = join(page, **values)
    assert answer.status == 422
    assert people(app) == before
    return answer.errors[field]


def test_joining_confirming_and_being_in(app: Flask, page: PageClient) -> None:
    sent = join(page)
    assert sent.status == 200
    assert "nora@example.test" in sent.text
    link = last_letter(app, "nora@example.test", "verify_email").path("/verify/")
    offered = page.get(link)
    inside = page.send(offered.form(link))
    assert inside.response.request.path == "/feed"
    assert "Nora Bell" in inside.html
    user = find(app, "nora_b")
    assert user is not None and user.handle == "Nora_B"
    assert user.email_verified_at is not None
    assert last_letter(app, "nora@example.test", "welcome")


def test_looking_at_the_link_uses_nothing_up(app: Flask, page: PageClient) -> None:
    join(page)
    link = last_letter(app, "nora@example.test", "verify_email").path("/verify/")
    scanner = PageClient(app)
    for _ in range(3):
        assert scanner.get(link).status == 200
    user = find(app, "nora_b")
    assert user is not None and user.email_verified_at is None
    assert page.send(page.get(link).form(link)).status == 200


def test_in_another_browser_the_link_confirms_and_asks_to_sign_in(app: Flask, page: PageClient) -> None:
    join(page)
    link = last_letter(app, "nora@example.test", "verify_email").path("/verify/")
    other = PageClient(app)
    answer = other.send(other.get(link).form(link))
    assert answer.response.request.path == "/login"
    assert "confirmed" in answer.text
    user = find(app, "nora_b")
    assert user is not None and user.email_verified_at


def test_a_link_works_once_and_only_the_newest(app: Flask, page: PageClient) -> None:
    join(page)
    old = last_letter(app, "nora@example.test", "verify_email").path("/verify/")
    again = page.send(page.get("/join/sent").form("/join/sent"))
    assert "once more" in again.text
    new = last_letter(app, "nora@example.test", "verify_email").path("/verify/")
    assert new != old
    assert page.get(old).status == 410
    form = page.get(new).form(new)
    # The later link still knows the browser that joined.
    assert page.send(form).response.request.path == "/feed"
    assert PageClient(app).get(new).status == 410


def test_an_old_link_leads_nowhere(app: Flask, page: PageClient, fixed_clock: clock.FixedClock) -> None:
    join(page)
    link = last_letter(app, "nora@example.test", "verify_email").path("/verify/")
    fixed_clock.move(timedelta(days=3, seconds=1))
    assert page.get(link).status == 410


def test_a_known_address_gets_the_same_answer_and_its_owner_a_mail(app: Flask, page: PageClient) -> None:
    owner = a_person(app, "owner")
    known = join(page, email=owner.email.upper(), handle="first_try")
    unknown = join(PageClient(app), email="owner2@example.test", handle="second_try")
    assert known.status == unknown.status == 200
    assert known.response.request.path == unknown.response.request.path == "/join/sent"
    assert known.text.replace(known.one("strong").text, "X") == unknown.text.replace(
        unknown.one("strong").text, "X"
    )
    assert find(app, "first_try") is None
    with app.app_context():
        joined = db.session.scalars(select(AuditRecord).where(AuditRecord.action == Action.JOINED)).all()
    assert len(joined) == 1
    assert last_letter(app, owner.email, "already_registered")
    assert not letters(app, owner.email, "verify_email")


def test_a_known_address_takes_as_long(app: Flask) -> None:
    owner = a_person(app, "owner")

    def seconds(name: str, number: int) -> float:
        app.extensions["fanlight.cache"].client.flushdb()
        form = (page := PageClient(app)).get("/join").form("/join")
        email = owner.email if name == "known" else f"new{number}@example.test"
        values = NEWCOMER | {"email": email, "handle": f"{name}_{number}"}
        before = time.perf_counter()
        assert page.send(form, follow=False, **values).status == 303
        return time.perf_counter() - before

    assert takes_as_long(seconds, "known", "new", within=1.25, rounds=12)


def test_the_house_knows_the_passwords_that_attackers_know() -> None:
    assert len(common_passwords()) >= 20_000


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("email", "nora", "whole address"),
        ("email", "nora@localhost", "whole address"),
        ("email", "n" * 300 + "@example.test", "longer"),
        ("email", "", "Write your e-mail"),
        ("handle", "no", "3 to 30"),
        ("handle", "n" * 31, "3 to 30"),
        ("handle", "nora bell", "a to z"),
        ("handle", "nöra", "a to z"),
        ("handle", "___", "at least one letter"),
        ("handle", "Admin", "kept by the house"),
        ("handle", "_settings_", "kept by the house"),
        ("display_name", "", "Write the name"),
        ("display_name", "\u200b\u202e \u3164", "Write the name"),
        ("display_name", "x" * 51, "at most 50"),
        ("password", "", "Choose a password"),
        ("password", "7 chars", "at least 8"),
        ("password", "x1" * 101, "at most 200"),
        ("password", "Password123", "attackers"),
        ("password", "aaaaaaaaaaaa", "attackers"),
        ("password", "my NORA_B secret", "handle"),
        ("password", "nora@example.test", "handle"),
        ("password", "Fanlight-2026", "name of this place"),
        ("birth_date", "", "date of birth"),
        ("birth_date", "17.5.1990", "as a date"),
        ("birth_date", "1890-01-01", "Check the date"),
        ("birth_date", "2999-01-01", "Check the date"),
    ],
)
def test_what_does_not_fit_is_told_beside_its_field(
    app: Flask, page: PageClient, field: str, value: str, why: str
) -> None:
    assert why in refused(page, app, field, **{field: value})


def test_everything_wrong_is_told_at_once_and_typed_words_stay(app: Flask, page: PageClient) -> None:
    answer = join(page, handle="no", password="short", birth_date="2999-01-01")
    assert set(answer.errors) == {"handle", "password", "birth_date"}
    assert answer.one("[name=email]")["value"] == "nora@example.test"
    assert answer.one("[name=birth_date]")["value"] == "2999-01-01"
    assert not answer.one("[name=password]").get("value")
    corrected = page.send(
        answer.form("/join"), **{k: NEWCOMER[k] for k in ("handle", "password", "birth_date")}
    )
    assert corrected.response.request.path == "/join/sent"


@pytest.mark.parametrize("field", sorted(NEWCOMER))
def test_bytes_that_are_no_text_break_nothing(app: Flask, page: PageClient, field: str) -> None:
    for hostile in (b"nora\x00@example.test", b"\xed\xa0\x80", b"\x00" * 1000):
        form = page.get("/join").form("/join").fill(**NEWCOMER)
        body = urlencode(form.fields | {field: hostile})
        answer = page.http.post("/join", data=body, content_type="application/x-www-form-urlencoded")
        assert answer.status_code in {303, 400, 422}
    user = find(app, "nora_b")
    assert user is None or user.display_name.isprintable()


def test_children_are_told_and_not_remembered(app: Flask, page: PageClient) -> None:
    today = clock.now().date()
    tomorrow = today + timedelta(days=1)
    birthday_tomorrow = date(tomorrow.year - 18, tomorrow.month, min(tomorrow.day, 28))
    if birthday_tomorrow <= date(today.year - 18, today.month, min(today.day, 28)):
        birthday_tomorrow = date(today.year - 17, 1, 1)
    assert "18 or older" in refused(page, app, "birth_date", birth_date=birthday_tomorrow.isoformat())
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(AuditRecord)) == 0
    assert letters(app) == []


def test_the_birth_date_is_sealed(app: Flask, page: PageClient) -> None:
    join(page)
    user = find(app, "nora_b")
    assert user is not None and user.sealed_birth_date is not None
    assert "1990" not in user.sealed_birth_date
    with app.app_context():
        assert vault().open(user.sealed_birth_date, BIRTH_DATE) == "1990-05-17"


def test_a_taken_handle_comes_with_one_that_is_free(app: Flask, page: PageClient) -> None:
    a_person(app, "Nora_B")
    why = refused(page, app, "handle", handle="nora_b")
    assert why.startswith("That handle is taken. nora_b")
    suggestion = why.removeprefix("That handle is taken. ").removesuffix(" is free.")
    assert join(page, handle=suggestion).status == 200
    assert find(app, suggestion)


def test_a_former_handle_stays_with_its_person(app: Flask, page: PageClient) -> None:
    person = a_person(app, "renamed")
    with app.app_context(), transaction():
        db.session.add(FormerHandle(handle="nora_b", user_id=person.id))
    assert "taken" in refused(page, app, "handle")


@pytest.mark.parametrize(
    ("handle", "word"),
    [
        ("nora_b", "free"),
        ("@nora_b", "free"),
        ("TAKEN", "taken"),
        ("a", "3 to 30"),
        ("nö\u202era", "a to z"),
    ],
)
def test_the_handle_is_checked_while_it_is_typed(
    app: Flask, page: PageClient, handle: str, word: str
) -> None:
    a_person(app, "taken")
    answer = page.http.get("/join/handle", query_string={"handle": handle}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert word in answer.text
    assert "<html" not in answer.text


def test_htmx_gets_the_form_alone_and_then_is_sent_on(app: Flask, page: PageClient) -> None:
    form = page.get("/join").form("/join").fill(**NEWCOMER | {"handle": "no"})
    wrong = page.post("/join", form.fields, **HTMX)
    assert wrong.status == 422
    assert "<html" not in wrong.html
    assert "handle" in wrong.errors
    right = page.post("/join", form.fill(handle="Nora_B").fields, **HTMX)
    assert right.response.headers["HX-Redirect"] == "/join/sent"


def test_two_at_once_with_one_name_are_one_account_and_one_answer(app: Flask) -> None:
    answers = _at_once(app, [{"email": f"one{n}@example.test"} for n in range(3)])
    assert sorted(answer.status for answer in answers) == [200, 422, 422]
    assert all("taken" in answer.errors["handle"] for answer in answers if answer.status == 422)
    assert people(app) == 1


def test_two_at_once_with_one_address_are_one_account(app: Flask) -> None:
    answers = _at_once(app, [{"handle": f"nora_{n}"} for n in range(3)])
    assert [answer.status for answer in answers] == [200, 200, 200]
    assert people(app) == 1
    templates = sorted(letter.template for letter in letters(app, "nora@example.test"))
    assert templates == ["already_registered", "already_registered", "verify_email"]


def _at_once(app: Flask, changes: list[dict[str, Any]]) -> list[Page]:
    clients = [PageClient(app) for _ in changes]
    forms = [client.get("/join").form("/join") for client in clients]
    answers: list[Page] = []

    def send(number: int) -> None:
        answers.append(clients[number].send(forms[number], **NEWCOMER | changes[number]))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(len(changes))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_a_double_click_joins_once(app: Flask, page: PageClient) -> None:
    form = page.get("/join").form("/join")
    first, second = (page.send(form, **NEWCOMER) for _ in range(2))
    assert first.response.request.path == second.response.request.path == "/join/sent"
    assert len(letters(app, "nora@example.test")) == 1


def test_a_closed_house_says_so(app: Flask, page: PageClient) -> None:
    form = page.get("/join").form("/join")
    with app.app_context(), transaction():
        flags.change(OPEN_REGISTRATION, actor=None, enabled=False)
    assert "no new people" in page.get("/join").text
    assert "no new people" in page.send(form, **NEWCOMER).text
    assert people(app) == 0
    assert "/join" not in [a.get("href") for a in page.get("/login").soup.select("main a")]


def test_names_in_any_script_are_kept_and_tricks_are_not(app: Flask, page: PageClient) -> None:
    persian, family = "\u0641\u0627\u200c\u0637\u0645\u0647", "👩\u200d👩\u200d👧"
    join(page, display_name=f"  Zoë\u202e \u200b{persian}\t  {family} \u200d")
    user = find(app, "nora_b")
    assert user is not None
    assert user.display_name == f"Zoë {persian} {family}"


def test_without_an_account_nobody_sees_the_page_after_it(page: PageClient) -> None:
    assert page.get("/join/sent").response.request.path == "/join"


def test_no_address_of_the_house_can_be_taken_as_a_handle(app: Flask) -> None:
    first = {str(rule).split("/")[1] for rule in app.url_map.iter_rules()}
    open_ones = {part for part in first if WELL_FORMED.fullmatch(part) and not is_reserved(part)}
    assert open_ones == set()
