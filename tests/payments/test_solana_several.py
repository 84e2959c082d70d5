"""Several nodes, of which some lie, lag or are gone: no single one is believed about money."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from app.kit import clock
from app.kit.clock import FixedClock
from app.payments.solana import jobs
from tests.doubles.between import OddNode, odd_node
from tests.doubles.chain import ChainDouble
from tests.factories.invoices import an_invoice, the_invoice
from tests.factories.people import Person
from tests.page_client import PageClient
from tests.payments.coins import UNITS, Purse, taking_coins
from tests.support import free_port
from workers.doubles.chain import base58

PAGE = 1_000
LIST, READ, STATUS = "getSignaturesForAddress", "getTransaction", "getSignatureStatuses"
A_CENT, FIVE = 10_000, 5 * UNITS
CHECKED = b"\x0c"


@pytest.fixture
def odd(app: Flask, purse: Purse) -> Iterator[OddNode]:
    """The house asks this node first, and the chain's own after it."""
    with (
        odd_node(purse.double.url) as node,
        taking_coins(app, purse.double, solana_rpc_url=[node.url, purse.double.url]),
    ):
        yield node


def lies(purse: Purse) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A cent was five dollars."""
    ours = str(purse.wallet)

    def lie(said: dict[str, Any]) -> dict[str, Any]:
        told = said.get("result")
        for one in told["transaction"]["message"]["instructions"] if told else []:
            data = base58.decode(one["data"])
            if data[:1] == CHECKED and int.from_bytes(data[1:9], "little") == A_CENT:
                one["data"] = base58.encode(CHECKED + FIVE.to_bytes(8, "little") + data[9:])
        for held in told["meta"]["postTokenBalances"] if told else []:
            if held["owner"] == ours:
                amount = held["uiTokenAmount"]
                amount["amount"] = str(int(amount["amount"]) + FIVE - A_CENT)
        return said

    return lie


def nothing_yet(said: dict[str, Any]) -> dict[str, Any]:
    return said | {"result": None}


class TestWhatHappened:
    def test_while_two_differ_nothing_is_credited_and_somebody_is_told(
        self, odd: OddNode, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID
    ) -> None:
        purse.double.pay(purse.link(page, invoice_id), amount="0.01")
        odd.instead(READ, lies(purse))
        purse.settle()
        assert purse.payments(invoice_id) == []
        assert [kind for kind, _ in purse.cases()] == ["nodes_differ"]
        odd.be_plain()
        purse.look()
        assert purse.payments(invoice_id) == [(1, A_CENT, "USDC")]
        assert the_invoice(app, invoice_id).state == "underpaid"
        purse.assert_square()

    def test_two_who_agree_outvote_a_third(
        self, odd: OddNode, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID
    ) -> None:
        odd.instead(READ, lies(purse))
        with (
            odd_node(purse.double.url) as third,
            taking_coins(app, purse.double, solana_rpc_url=[odd.url, purse.double.url, third.url]),
        ):
            purse.pay(page, invoice_id, amount="0.01")
        assert purse.payments(invoice_id) == [(1, A_CENT, "USDC")]

    def test_what_one_of_two_knows_nothing_of_waits(
        self, odd: OddNode, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID
    ) -> None:
        odd.instead(READ, nothing_yet)
        purse.pay(page, invoice_id)
        assert (the_invoice(app, invoice_id).state, purse.cases()) == ("open", [])
        with clock.using(FixedClock(clock.now() + timedelta(minutes=11))):
            purse.look()
            assert [kind for kind, _ in purse.cases()] == ["nodes_differ"]
        odd.be_plain()
        purse.look()
        assert the_invoice(app, invoice_id).state == "paid"

    @pytest.mark.parametrize("seen", [True, False], ids=["seen before", "never seen"])
    def test_what_one_knows_nothing_of_is_not_asked_for_again(
        self, odd: OddNode, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID, *, seen: bool
    ) -> None:
        """It is final and waits for the other one: whoever read that the time is over would pay again."""
        here = f"/invoices/{invoice_id}"
        purse.double.pay(purse.link(page, invoice_id))
        if seen:
            purse.double.tick()
            purse.look()
        odd.instead(READ, nothing_yet)
        purse.settle()
        with clock.using(FixedClock(clock.now() + timedelta(minutes=16))):
            purse.look()
            assert purse.attempt(invoice_id).ended_at is None
            assert the_invoice(app, invoice_id).state == ("processing" if seen else "open")
            assert "If you have paid already, we still find it" in page.get(here).text or seen
        odd.be_plain()
        purse.look()
        assert the_invoice(app, invoice_id).state == "paid"

    def test_one_that_is_gone_stops_nothing(
        self, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID
    ) -> None:
        gone = f"http://127.0.0.1:{free_port()}"
        with taking_coins(app, purse.double, solana_rpc_url=[purse.double.url, gone]):
            purse.pay(page, invoice_id)
        assert the_invoice(app, invoice_id).state == "paid"


class TestLists:
    def test_one_that_lags_books_nothing_of_long_ago(self, app: Flask, node: ChainDouble) -> None:
        """To a node that has not heard of the last one yet, all that was before is new."""
        with taking_coins(app, node, solana_rpc_url=[]) as unopened:
            for _ in range(2):
                node.faucet(unopened.wallet, sol="1", usdc="7")
                node.finalize()
        with taking_coins(app, node) as purse:
            purse.fill(usdc="1")
            before = purse.cases()
            node.fault("stale", method=LIST, slots=40, times=2)
            purse.run(jobs.look_at_wallet)
            purse.look()
            assert purse.cases() == before
            purse.assert_square()

    def test_a_page_that_one_owes_another_one_gives(
        self, odd: OddNode, purse: Purse, app: Flask, page: PageClient, fan: Person, invoice_id: UUID
    ) -> None:
        """The first page is not asked for again, and who lags has not come to the end."""
        (known,) = purse.pay(page, an_invoice(app, fan))
        link = purse.link(page, invoice_id)
        with (
            odd_node(purse.double.url) as other,
            taking_coins(app, purse.double, solana_rpc_url=[odd.url, other.url]),
        ):
            purse.double.pay(link)
            purse.double.finalize()
            listed = purse.double.rpc(LIST, str(purse.attempt(invoice_id).reference))["result"]
            full = [listed[0] | {"signature": known}] * PAGE
            odd.instead(LIST, lambda said: said | {"result": [] if odd.asked[-1][1][1]["before"] else full})
            odd.instead(STATUS, lambda said: said | {"result": said["result"] | {"value": [None]}})
            other.asked.clear()
            other.instead(LIST, lambda said: said | {"result": listed})
            purse.run(jobs.look_at_living)
        assert the_invoice(app, invoice_id).state == "paid"
        assert [asked[1]["before"] for name, asked in other.asked if name == LIST] == [known]
