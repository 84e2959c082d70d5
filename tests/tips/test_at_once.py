"""Two hundred at once, behind the product's web server: one effect, one answer."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

import pytest
from flask import Flask

from app.extensions import db
from app.invoices.models import Invoice
from app.ledger import queries as ledger
from app.ledger import verifying
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account
from app.platform.idempotency import new_key
from app.tips.models import Tip
from tests.factories.creators import a_creator
from tests.factories.invoices import give_credit, shop
from tests.factories.people import Person, a_person, signed_in
from tests.factories.posts import a_post
from tests.page_client import FilledForm, PageClient
from tests.platform.houses import served

MANY, AT_A_TIME = 200, 40
Send = Callable[..., tuple[int, str]]


@pytest.fixture
def people(app: Flask) -> tuple[Person, Person]:
    shop(app)
    mara, ben = a_creator(app, "mara"), a_person(app, "ben")
    give_credit(app, ben, 100_000)
    return mara, ben


@pytest.fixture
def send(app: Flask) -> Iterator[Send]:
    with served(app) as address:
        port = urlsplit(address).port

        def send(reader: PageClient, form: FilledForm, **changed: str) -> tuple[int, str]:
            cookie = reader.http.get_cookie("fanlight")
            assert cookie is not None
            headers = {
                "Cookie": f"fanlight={cookie.value}",
                "Content-Type": "application/x-www-form-urlencoded",
            }
            line = HTTPConnection("127.0.0.1", port, timeout=120)
            line.request("POST", form.action, urlencode({**form.fields, **changed}), headers)
            heard = line.getresponse()
            line.close()
            return heard.status, heard.getheader("Location", "")

        yield send


def at_once(what: Callable[[int], tuple[int, str]]) -> set[tuple[int, str]]:
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        return set(pool.map(what, range(MANY)))


def credit(app: Flask, ben: Person) -> int:
    with app.app_context():
        return ledger.balance(Account(Kind.FAN_CREDIT, "USD", ben.id)).posted


def test_the_same_tip_sent_200_times_is_given_once(
    app: Flask, people: tuple[Person, Person], send: Send
) -> None:
    reader = signed_in(app, people[1])
    form = reader.get("/@mara/tip").form("/@mara/tip").fill(amount="5", note="Once")
    answers = at_once(lambda _: send(reader, form))
    assert {status for status, _ in answers} == {303}
    assert len(answers) == 1, "all got the same answer"
    assert send(reader, form, amount="6")[0] == 409, "the key stands for what was sent with it"
    with app.app_context():
        assert db.session.query(Tip).count() == db.session.query(Invoice).count() == 1
        assert verifying.verify().good
    assert credit(app, people[1]) == 99_500


@pytest.mark.fault_long
def test_200_clicks_in_200_tabs_buy_a_post_once(
    app: Flask, people: tuple[Person, Person], send: Send
) -> None:
    mara, ben = people
    post = a_post(app, mara.id, title="Night trains", audience="paid", price=499)
    reader = signed_in(app, ben)
    form = reader.get(f"/posts/{post}").form(f"/posts/{post}/buy")
    [(status, invoice)] = at_once(lambda _: send(reader, form, idempotency_key=new_key()))
    assert status == 303
    paying = reader.get(invoice).form(".*/pay/credit")
    answers = at_once(lambda _: send(reader, paying, idempotency_key=new_key()))
    assert (303, invoice) in answers
    assert {status for status, _ in answers} <= {303, 409, 422}, "who comes too late is told so"
    with app.app_context():
        assert db.session.query(Invoice).count() == 1
        assert verifying.verify().good
    assert credit(app, ben) == 99_501
