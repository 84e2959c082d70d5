"""What admins see of the books."""

from uuid import UUID

import pytest
from flask import Flask

from app.ledger import queries, references, verifying
from app.ledger.entries import Entry, Leg
from app.ledger.operations import holds, posting
from app.platform.personal_data import held_tables
from app.platform.transaction import transaction
from tests.factories.people import Person, a_person, signed_in
from tests.ledger.books import CARD, earned, post, sale, tamper
from tests.page_client import PageClient
from tests.queries import counting


@pytest.fixture
def mara(context: Flask) -> Person:
    person = a_person(context, "mara")
    post(*[sale(f"s{number:03}", person.id) for number in range(60)])
    return person


@pytest.fixture
def admin(app: Flask) -> PageClient:
    return signed_in(app, a_person(app, "boss", roles=("fan", "admin")), second_factor=True)


def account_of(person: Person) -> int:
    return queries.balances(person.id)[0].id


def test_an_account_is_found_and_read_to_its_beginning(admin: PageClient, mara: Person) -> None:
    page = admin.get("/admin/ledger")
    assert "No such account" not in page.text
    found = admin.send(page.form("/admin/ledger"), handle="@Mara", kind="creator_available", currency="usd")
    assert "$540.00" in found.text
    assert "@mara" in found.text
    statement = admin.get(str(found.one("tbody a")["href"]))
    assert "s059" in statement.text
    assert "s005" not in statement.text
    rest = admin.get(str(statement.one("a[href*='before=']")["href"]))
    assert "s000" in rest.text


def test_an_entry_says_where_it_comes_from(app: Flask, admin: PageClient, mara: Person) -> None:
    references.refer(app, "invoice", "Invoice", lambda key: f"/invoices/{key}")
    refs = {"invoice": "7", "some_thing": "x1"}
    legs = (Leg(CARD, 500), Leg(earned(mara.id), -500))
    [posted] = post(Entry("tip:1", "tip", legs, refs=refs, actor_id=mara.id, note="Lovely"))
    with transaction():
        back = posting.reverse(posted.id, cause="refund:1", part=posting.Part(1, 2))
    page = admin.get(f"/admin/ledger/entries/{posted.id}")
    assert page.one("a[href='/invoices/7']").text == "7"
    for words in ("tip:1", "Some thing", "x1", "Lovely", "refund:1", "$5.00"):
        assert words in page.text
    assert str(posted.id) in admin.get(f"/admin/ledger/entries/{back.id}").text


def test_totals_are_told_by_currency(admin: PageClient, mara: Person) -> None:
    page = admin.get("/admin/ledger/totals")
    for words in ("USD", "$600.00", "$540.00", "Debits less credits: $0.00"):
        assert words in page.text


def test_books_that_are_not_whole_are_shown_as_such(app: Flask, admin: PageClient, mara: Person) -> None:
    verifying.verify_and_note(whole=True)
    assert "is whole: 60 entries" in admin.get("/admin/ledger").text
    tamper(app, "update ledger_balances set posted = posted + 1")
    verifying.verify_and_note(whole=True)
    assert "is not whole" in admin.get("/admin/ledger").text


def test_an_empty_house_says_so(admin: PageClient) -> None:
    assert "No such account" in admin.get("/admin/ledger").text
    assert "Nothing has moved yet" in admin.get("/admin/ledger/totals").text


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/admin/ledger?kind=nonsense", 422),
        (f"/admin/ledger?handle={'x' * 99}", 422),
        ("/admin/ledger?handle=nobody", 200),
        ("/admin/ledger?after=x", 200),
        (f"/admin/ledger?after={'9' * 19}", 200),
        (f"/admin/ledger/accounts/{'9' * 40}", 404),
        (f"/admin/ledger/entries/{UUID(int=5)}", 404),
    ],
)
def test_nonsense_is_answered(admin: PageClient, mara: Person, address: str, status: int) -> None:
    assert admin.get(address).status == status


def test_only_admins_come_in(app: Flask, mara: Person) -> None:
    moderator = signed_in(app, a_person(app, roles=("fan", "moderator")), second_factor=True)
    for address in ("/admin/ledger", "/admin/ledger/totals", f"/admin/ledger/accounts/{account_of(mara)}"):
        assert moderator.get(address).status == 403


def test_pages_ask_a_few_questions_however_long_they_are(app: Flask, admin: PageClient, mara: Person) -> None:
    entry = queries.entry_of("s001")
    assert entry is not None
    addresses = ("", "/totals", f"/accounts/{account_of(mara)}", f"/entries/{entry.id}")
    for address in addresses:
        admin.get(f"/admin/ledger{address}")
        with counting(app) as sent:
            admin.get(f"/admin/ledger{address}")
        assert len(sent) <= 6, sent


def test_a_person_gets_their_part_of_the_books(mara: Person) -> None:
    with transaction():
        posting.post(Entry("t1", "tip", (Leg(CARD, 5), Leg(earned(mara.id), -5)), actor_id=mara.id))
        holds.hold(earned(mara.id), 40, cause="h1")
    with transaction():
        tables = [table for table in held_tables() if table.name.startswith("ledger_")]
        told = {table.name: list(table.export(mara.id)) for table in tables}
    assert told["ledger_accounts"] == [
        {"kind": "creator_available", "currency": "USD", "balance": 54_005, "held": 40}
    ]
    assert [row["kind"] for row in told["ledger_entries"]] == ["tip"]
    assert len(told["ledger_legs"]) == 61
    assert told["ledger_legs"][-1]["balance"] == 54_005
    assert [row["amount"] for row in told["ledger_holds"]] == [40]
