"""What a coin is worth: to the last unit, from sources that are believed, for as long as they are fresh."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app.extensions import db
from app.kit import clock
from app.kit.clock import FixedClock
from app.payments.operations import solana_prices as prices
from app.payments.solana import jobs
from app.platform.models import WorkItem
from tests.doubles.chain import ChainDouble
from tests.factories.invoices import an_invoice
from tests.factories.people import a_person, signed_in
from tests.payments.coins import Purse, offered, taking_coins
from tests.support import free_port

DIGITS = {"SOL": 9, "USDC": 6}
PRICES = st.decimals("0.0001", "99999", places=4).filter(lambda price: price > 0).map(str)


@given(st.integers(1, 10**9), st.sampled_from(["SOL", "USDC"]), PRICES)
def test_the_house_is_asked_for_less_than_a_unit_too_much(amount: int, coin: str, price: str) -> None:
    units = prices.units(amount, "USD", coin, price)
    worth = Fraction(price) * 100 / 10 ** DIGITS[coin]
    assert 0 <= units * worth - amount < worth
    assert prices.worth(units, "USD", coin, price) >= amount


@given(st.integers(0, 10**15), st.sampled_from(["SOL", "USDC"]), PRICES)
def test_what_came_is_never_worth_more_than_it_is(units: int, coin: str, price: str) -> None:
    worth = Fraction(price) * 100 / 10 ** DIGITS[coin] * units
    assert 0 <= worth - prices.worth(units, "USD", coin, price) < 1


class Market(ThreadingHTTPServer):
    """Says prices as public sources do."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", free_port()), Stall)
        self.prices = {"SOL-USD": "142.31"}

    def address(self, path: str = "data.amount") -> str:
        return f"http://127.0.0.1:{self.server_port}/{{coin}}-{{currency}}#{path}"


class Stall(BaseHTTPRequestHandler):
    server: Market

    def do_GET(self) -> None:
        price = self.server.prices.get(self.path.strip("/"))
        self.send_response(200 if price else 404)
        self.end_headers()
        self.wfile.write(json.dumps({"data": {"amount": price}, "result": {"X": {"c": [price]}}}).encode())

    def log_message(self, *_: object) -> None:
        """Nothing into the tests' output."""


@contextmanager
def open_market() -> Iterator[Market]:
    with Market() as made:
        threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
        yield made
        made.shutdown()


@pytest.fixture
def market() -> Iterator[Market]:
    with open_market() as made:
        yield made


@pytest.fixture
def house(app: Flask, purse: Purse, node: ChainDouble, market: Market) -> Iterator[Purse]:
    """It asks for prices."""
    with taking_coins(app, node, solana_rate_url=[market.address()]) as found:
        yield found


@dataclass
class Markets:
    app: Flask
    node: ChainDouble
    all: list[Market]

    @contextmanager
    def saying(self, *said: str) -> Iterator[Purse]:
        """The house has asked as many of them as there are prices here."""
        for market, price in zip(self.all, said, strict=False):
            market.prices["SOL-USD"] = price
        addresses = [market.address() for market in self.all[: len(said)]]
        with taking_coins(self.app, self.node, solana_rate_url=addresses) as house:
            house.run(jobs.ask_for_prices)
            yield house


def price(app: Flask) -> str | None:
    with app.app_context():
        found = prices.current("SOL", "USD")
        return found.text if found else None


def coins_for(app: Flask, currency: str = "USD") -> list[str]:
    fan = a_person(app)
    invoice_id = an_invoice(app, fan, currency=currency)
    return offered(signed_in(app, fan).get(f"/invoices/{invoice_id}"), invoice_id)


def test_a_price_is_asked_for_and_stands_with_the_attempt(app: Flask, house: Purse, market: Market) -> None:
    fan = a_person(app)
    invoice_id = an_invoice(app, fan, total=14_231)
    page = signed_in(app, fan)
    assert offered(page.get(f"/invoices/{invoice_id}"), invoice_id) == ["USDC"]
    house.run(jobs.ask_for_prices)
    house.choose(page, invoice_id, "SOL")
    attempt = house.attempt(invoice_id)
    assert (attempt.rate, attempt.rate_source, attempt.rail_amount) == ("142.31", "127.0.0.1", 10**9)


@pytest.mark.parametrize("path", ["result.*.c.0", "result.X.c.0"])
def test_the_address_says_where_the_price_stands(
    app: Flask, purse: Purse, node: ChainDouble, market: Market, path: str
) -> None:
    gone = f"http://127.0.0.1:{free_port()}/#x"
    with taking_coins(
        app, node, solana_rate_url=[gone, market.address("nowhere"), market.address(path)]
    ) as h:
        h.run(jobs.ask_for_prices)
        assert coins_for(app) == ["USDC", "SOL"]


def test_a_house_whose_price_is_fixed_asks_nobody(app: Flask, purse: Purse) -> None:
    with app.app_context():
        jobs.ask_for_prices()
        assert db.session.query(WorkItem).filter_by(kind="payments.solana_prices").count() == 0
    assert coins_for(app) == ["USDC", "SOL"]


def test_an_old_price_is_none(app: Flask, house: Purse) -> None:
    house.run(jobs.ask_for_prices)
    assert coins_for(app) == ["USDC", "SOL"]
    with clock.using(FixedClock(clock.now() + timedelta(minutes=6))):
        assert coins_for(app) == ["USDC"]


def test_a_price_that_jumps_is_not_believed_for_an_hour(app: Flask, house: Purse, market: Market) -> None:
    house.run(jobs.ask_for_prices)
    market.prices["SOL-USD"] = "14.231"
    with clock.using(FixedClock(clock.now() + timedelta(minutes=6))):
        house.run(jobs.ask_for_prices)
        assert coins_for(app) == ["USDC"]
        assert [kind for kind, _ in house.cases()] == ["price_jumped"]
    with clock.using(FixedClock(clock.now() + timedelta(minutes=70))):
        house.run(jobs.ask_for_prices)
        assert coins_for(app) == ["USDC", "SOL"]


class TestSeveralSources:
    @pytest.fixture
    def markets(self, app: Flask, purse: Purse, node: ChainDouble, market: Market) -> Iterator[Markets]:
        with open_market() as second, open_market() as third:
            yield Markets(app, node, [market, second, third])

    def test_where_two_differ_there_is_no_price(self, app: Flask, markets: Markets) -> None:
        with markets.saying("15000", "150") as house:
            assert coins_for(app) == ["USDC"]
            assert [kind for kind, _ in house.cases()] == ["prices_differ"]

    def test_where_they_nearly_agree_one_of_them_is_the_price(self, app: Flask, markets: Markets) -> None:
        with markets.saying("150", "151"):
            assert price(app) == "150"

    def test_most_outvote_the_one_that_errs(self, app: Flask, markets: Markets) -> None:
        with markets.saying("151", "15000", "150"):
            assert price(app) == "150"

    def test_two_that_agree_are_believed_against_the_last_price(self, app: Flask, markets: Markets) -> None:
        with markets.saying("15000"):
            assert price(app) == "15000"
        with markets.saying("150", "150") as house:
            assert price(app) == "150"
            assert house.cases() == []

    def test_a_silent_one_is_not_waited_for(self, app: Flask, markets: Markets) -> None:
        with markets.saying("", "150"):
            assert price(app) == "150"


@pytest.mark.parametrize("said", ["0", "-3", "NaN", "Infinity", "a lot", "1" * 40, "1e99999999"])
def test_what_is_no_price_is_not_believed(app: Flask, house: Purse, market: Market, said: str) -> None:
    market.prices["SOL-USD"] = said
    house.run(jobs.ask_for_prices)
    assert coins_for(app) == ["USDC"]


def test_another_currency_needs_its_own_price(app: Flask, house: Purse, market: Market) -> None:
    market.prices |= {"SOL-EUR": "130", "USDC-EUR": "0.92"}
    assert coins_for(app, "EUR") == []
    house.run(jobs.ask_for_prices)
    assert coins_for(app, "EUR") == ["USDC", "SOL"]
