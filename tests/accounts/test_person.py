from flask import Flask

from app.accounts.operations import handles
from app.platform.transaction import transaction
from tests.factories.people import a_person, signed_in
from tests.page_client import PageClient
from tests.queries import counting


def test_a_person_has_an_address_of_their_own(app: Flask, page: PageClient) -> None:
    a_person(app, "mara")
    shown = page.get("/@mara")
    assert shown.status == 200
    assert shown.one("h1").get_text() == "Mara"
    assert "@mara" in shown.text


def test_an_old_handle_leads_to_the_new_one(app: Flask, page: PageClient) -> None:
    person = a_person(app, "mara")
    with app.app_context(), transaction():
        handles.change(person.id, "mara_ellison")
    answer = page.get("/@mara", follow=False)
    assert (answer.status, answer.location) == (308, "/@mara_ellison")


def test_there_is_one_spelling_of_an_address(app: Flask, page: PageClient) -> None:
    a_person(app, "Mara")
    assert page.get("/@MARA", follow=False).location == "/@Mara"


def test_nobody_is_at_an_address_that_nobody_took(app: Flask, page: PageClient) -> None:
    for hostile in ("/@nobody", "/@" + "x" * 3000, "/@👀", "/@..%2f"):
        assert page.get(hostile).status == 404


def test_the_page_asks_the_database_twice_at_most(app: Flask) -> None:
    person = a_person(app, "mara")
    client = signed_in(app, person)
    client.get("/@mara")
    with counting(app) as statements:
        client.get("/@mara")
    assert len(statements) <= 2
