"""P6: a whole tip over HTTP against hello: its form sent, paid by credit, booked, audited, answered.

Every request is a tip of its own, with a key and a note of its own, from a fan with enough credit.
"""

from collections.abc import Callable
from urllib.parse import urlencode

from flask import Flask
from werkzeug.wrappers import Response

from app.kit.ids import new_id
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account, Entry, Leg, post
from app.platform.guards import Access, guard
from app.platform.idempotency import new_key
from app.platform.pages import see
from app.platform.viewer import signed_in_viewer
from tests.bench.guard_cost import Guarded
from tests.bench.harness import Bench, Samples, interleaved, measure
from tests.bench.hello import hello
from tests.bench.load import generate
from tests.factories.creators import a_creator
from tests.factories.invoices import give_credit
from tests.factories.people import Person, a_person, signed_in
from tests.queries import counting

ROUNDS, SECONDS = 9, 1.5
ENOUGH = 10**12


@measure("P6", "tip_against_hello", goal=">= 0.25")
def tip_against_hello(bench: Bench) -> Samples:
    mara, ben = people(bench)
    path = f"/@{mara.handle}/tip"
    cookie, form = forms(bench, ben, path)
    with bench.site(hello) as bare, bench.site(Guarded(bench.settings)) as house:

        def tips() -> float:
            load = generate(house.port, path, cookie=cookie, seconds=SECONDS, connections=4, form=form)
            assert set(load.statuses) == {303}, load.statuses
            return load.rate

        return interleaved(lambda: bare.load("/", seconds=SECONDS).rate, tips, rounds=ROUNDS)


class TheLeast(Guarded):
    """What any payment costs that is asked for with a key: the door, the key, one entry in the books."""

    def __call__(self) -> Flask:
        app = super().__call__()

        @guard(Access.SIGNED_IN)
        def least() -> Response:
            person, cause = signed_in_viewer().id, new_id()
            paid = Account(Kind.FAN_CREDIT, "USD", person)
            legs = (Leg(paid, 500), Leg(Account(Kind.PLATFORM_FEE, "USD"), -500))
            post(Entry(f"least:{cause}", "least", legs))
            return see("/")

        app.add_url_rule("/least", "least", least, methods=["POST"])
        return app


@measure("P6", "any_entry_by_a_form", goal="told, not set")
def any_entry_by_a_form(bench: Bench) -> Samples:
    mara, ben = people(bench)
    cookie, form = forms(bench, ben, f"/@{mara.handle}/tip")
    with bench.site(hello) as bare, bench.site(TheLeast(bench.settings)) as house:

        def entries() -> float:
            load = generate(house.port, "/least", cookie=cookie, seconds=SECONDS, connections=4, form=form)
            assert set(load.statuses) == {303}, load.statuses
            return load.rate

        return interleaved(lambda: bare.load("/", seconds=SECONDS).rate, entries, rounds=ROUNDS)


@measure("P6", "statements_tip", goal="told, not set")
def statements_tip(bench: Bench) -> Samples:
    mara, ben = people(bench)
    browser, path = signed_in(bench.house, ben), f"/@{mara.handle}/tip"
    for _ in range(2):
        form = browser.get(path).form(path)
        with counting(bench.house) as sent:
            assert browser.send(form, amount="5", follow=False).status == 303
    return Samples([float(len(sent))], exact=True)


def people(bench: Bench) -> tuple[Person, Person]:
    mara, ben = a_creator(bench.house), a_person(bench.house)
    give_credit(bench.house, ben, ENOUGH)
    return mara, ben


def forms(bench: Bench, person: Person, path: str) -> tuple[str, Callable[[], str]]:
    """The cookie of a browser, and what it sends: each time with another key."""
    browser = signed_in(bench.house, person)
    fields = browser.get(path).form(path).fill(amount="5", note="Thanks").fields
    kept = browser.http.get_cookie("fanlight")
    assert kept is not None
    return f"fanlight={kept.value}", lambda: urlencode({**fields, "idempotency_key": new_key()})
