"""A processor and a chain for each file of tests; each test finds them without faults, and told out."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from app.kit import clock
from tests.doubles.chain import ChainDouble, chain_double
from tests.factories.creators import a_creator
from tests.factories.invoices import an_invoice, shop
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import PageClient
from tests.payments.cards import Till, a_till, taking_cards
from tests.payments.coins import Purse, taking_coins


@pytest.fixture
def fan(app: Flask) -> Person:
    return a_person(app, "mira")


@pytest.fixture
def page(app: Flask, fan: Person) -> PageClient:
    return signed_in(app, fan)


@pytest.fixture
def invoice_id(app: Flask, fan: Person) -> UUID:
    return an_invoice(app, fan, total=500)


@pytest.fixture(scope="module")
def processor(whole_app: Flask, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Till]:
    with a_till(whole_app, tmp_path_factory.mktemp("cards")) as till:
        yield till


@pytest.fixture
def till(app: Flask, processor: Till) -> Iterator[Till]:
    shop(app)
    with taking_cards(app, processor.double):
        yield processor
        processor.double.control("faults/clear")
        processor.settle()


@pytest.fixture
def later(till: Till) -> Iterator[Callable[[int], None]]:
    """The clock of the house goes on by so many seconds, and all that is due then is done."""
    moved = clock.FixedClock(clock.now())

    def go_on(seconds: int) -> None:
        moved.at = clock.SystemClock().now() + timedelta(seconds=seconds)
        with clock.using(moved):
            till.work_off()

    yield go_on


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChainDouble]:
    """Its wallets and the house's keep what earlier tests gave them: each test opens new books over it."""
    with chain_double(tmp_path_factory.mktemp("chain")) as double:
        yield double


@pytest.fixture
def purse(app: Flask, node: ChainDouble) -> Iterator[Purse]:
    shop(app)
    node.no_faults()
    node.finalize()
    with taking_coins(app, node) as found:
        yield found


@pytest.fixture
def rich(purse: Purse) -> Purse:
    """It has SOL for what the network takes."""
    purse.fill(sol="1", usdc="100")
    return purse


@pytest.fixture
def paid(app: Flask, rich: Purse, page: PageClient, fan: Person) -> UUID:
    invoice_id = an_invoice(app, fan, a_creator(app, "ada"), total=500)
    rich.pay(page, invoice_id)
    return invoice_id
