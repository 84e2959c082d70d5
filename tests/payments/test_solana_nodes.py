"""Nodes of the chain: silent, behind, wrong or strange. Nothing is lost by it, and nothing counts twice."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from solana.rpc.async_api import AsyncClient

from app.payments.gateways.solana import rates, reading
from app.payments.gateways.solana.nodes import nodes
from app.payments.solana import jobs
from app.platform.transaction import transaction
from tests.doubles.between import OddNode, odd_node
from tests.doubles.chain import pay_link
from tests.factories.invoices import an_invoice, the_invoice
from tests.factories.people import Person
from tests.page_client import PageClient
from tests.payments.coins import UNITS, Purse, taking_coins
from tests.support import eventually, free_port

PAGE = 1_000
LIST, READ = "getSignaturesForAddress", "getTransaction"


@pytest.fixture
def odd(app: Flask, purse: Purse) -> Iterator[OddNode]:
    """The house asks this node only."""
    with (
        odd_node(purse.double.url) as node,
        taking_coins(app, purse.double, solana_rpc_url=[node.url]),
    ):
        yield node


@pytest.mark.parametrize("code", [-32600, -32601, -32602], ids=["request", "method", "params"])
def test_what_one_node_does_not_do_another_one_does(
    odd: OddNode, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID, code: int
) -> None:
    """Providers refuse so what they sell in another plan."""
    odd.instead(LIST, refused(code))
    with taking_coins(app, purse.double, solana_rpc_url=[odd.url, purse.double.url]):
        purse.pay(page, invoice_id)
    assert the_invoice(app, invoice_id).state == "paid"


@pytest.mark.parametrize("code", [-32600, -32601, -32602], ids=["request", "method", "params"])
def test_what_the_only_node_does_not_show_is_read_once_it_does(
    odd: OddNode, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID, code: int
) -> None:
    odd.instead(READ, refused(code))
    purse.pay(page, invoice_id)
    assert (the_invoice(app, invoice_id).state, purse.cases()) == ("open", [])
    odd.be_plain()
    purse.look()
    assert the_invoice(app, invoice_id).state == "paid"
    purse.assert_square()


@pytest.mark.parametrize("kind", ["rpc_error_500", "rpc_behind", "malformed", "garbled", "timeout_after"])
def test_a_node_that_fails_is_asked_again(
    purse: Purse, app: Flask, page: PageClient, invoice_id: UUID, kind: str
) -> None:
    purse.double.pay(purse.link(page, invoice_id))
    purse.double.finalize()
    for method in ("getSignaturesForAddress", "getTransaction"):
        purse.double.fault(kind, method=method, times=3)
        purse.look()
    purse.double.no_faults()
    purse.look()
    assert the_invoice(app, invoice_id).state == "paid"
    assert purse.payments(invoice_id) == [(500, 5 * UNITS, "USDC")]
    purse.assert_square()


def test_a_node_that_is_behind_hides_nothing_for_good(
    purse: Purse, app: Flask, page: PageClient, invoice_id: UUID
) -> None:
    link = purse.link(page, invoice_id)
    purse.look()
    purse.double.pay(link)
    purse.double.finalize()
    purse.double.fault("stale", slots=100, times=20)
    purse.look()
    assert the_invoice(app, invoice_id).state == "open"
    purse.double.no_faults()
    purse.look()
    assert the_invoice(app, invoice_id).state == "paid"


def test_when_one_is_gone_the_next_one_answers(
    purse: Purse, app: Flask, page: PageClient, invoice_id: UUID
) -> None:
    gone = f"http://127.0.0.1:{free_port()}"
    with taking_coins(app, purse.double, solana_rpc_url=[gone, purse.double.url]):
        purse.pay(page, invoice_id)
    assert the_invoice(app, invoice_id).state == "paid"


def test_one_that_wants_to_be_left_alone_is_left_alone(
    purse: Purse, app: Flask, page: PageClient, invoice_id: UUID
) -> None:
    purse.double.pay(purse.link(page, invoice_id))
    purse.double.finalize()
    purse.double.fault("rpc_error_429")
    purse.look()
    purse.look()
    assert the_invoice(app, invoice_id).state == "open"

    def paid() -> bool:
        purse.look()
        return the_invoice(app, invoice_id).state == "paid"

    eventually(paid)


def refused(code: int) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda said: {"jsonrpc": "2.0", "id": said["id"], "error": {"code": code, "message": "Not here"}}


def of_a_version_to_come(said: dict[str, Any]) -> dict[str, Any]:
    error = {"code": -32015, "message": "Transaction version (1) is not supported by the requesting client"}
    return {"jsonrpc": "2.0", "id": said["id"], "error": error}


def without_a_record(said: dict[str, Any]) -> dict[str, Any]:
    return said | {"result": said["result"] | {"meta": None}}


def without(*parts: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def said_less(said: dict[str, Any]) -> dict[str, Any]:
        told = said["result"]
        return said | {"result": told | {"meta": told["meta"] | dict.fromkeys(parts)}}

    return said_less


BEFORE, AFTER = "preTokenBalances", "postTokenBalances"
UNREADABLE = {
    "a version to come": ("UnsupportedTransactionVersion", of_a_version_to_come),
    "no record": ("no_meta", without_a_record),
    "no record of tokens": ("no_meta", without(BEFORE, AFTER)),
    "none of what was there before": ("no_meta", without(BEFORE)),
    "no looked-up addresses": ("no_meta", without("loadedAddresses")),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_we_cannot_read_is_told_and_keeps_nothing_else_from_being_read(
    odd: OddNode, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID, what: str
) -> None:
    why, instead = UNREADABLE[what]
    (signature,) = purse.double.pay(purse.link(page, invoice_id), lookup_table=True)
    odd.instead(READ, instead)
    purse.settle()
    assert the_invoice(app, invoice_id).state == "open"
    ((kind, detail),) = purse.cases()
    assert kind == "unreadable" and detail["why"].startswith(why)
    odd.be_plain()
    odd.asked.clear()
    purse.pay(page, invoice_id)
    assert the_invoice(app, invoice_id).state == "paid"
    assert purse.payments(invoice_id) == [(500, 5 * UNITS, "USDC")]
    assert signature not in [asked[0] for name, asked in odd.asked if name == READ]


@pytest.mark.parametrize("said", [without_a_record, without(BEFORE)], ids=["at all", "of tokens"])
def test_what_one_node_keeps_no_record_of_another_one_tells(
    odd: OddNode,
    purse: Purse,
    app: Flask,
    page: PageClient,
    invoice_id: UUID,
    said: Callable[[dict[str, Any]], dict[str, Any]],
) -> None:
    odd.instead(READ, said)
    with taking_coins(app, purse.double, solana_rpc_url=[odd.url, purse.double.url]):
        purse.pay(page, invoice_id)
    assert the_invoice(app, invoice_id).state == "paid"
    assert purse.cases() == []


def test_what_a_node_lists_and_cannot_show_yet_is_read_later(purse: Purse) -> None:
    purse.double.pay(pay_link(purse.wallet, "5", mint=purse.double.usdc))
    purse.double.finalize()
    purse.double.fault("stale", method=READ, slots=100, times=20)
    purse.look()
    assert purse.cases() == []
    purse.double.no_faults()
    purse.look()
    assert [kind for kind, _ in purse.cases()] == ["unknown_money"]
    purse.assert_square()


def test_a_list_of_more_than_a_page_is_read_to_its_end(
    odd: OddNode, purse: Purse, app: Flask, page: PageClient, fan: Person, invoice_id: UUID
) -> None:
    (known,) = purse.pay(page, an_invoice(app, fan))
    purse.double.pay(purse.link(page, invoice_id))
    purse.double.finalize()
    reference = str(purse.attempt(invoice_id).reference)
    listed = purse.double.rpc(LIST, reference)["result"]
    first = [listed[0] | {"signature": known}] * PAGE

    def in_pages(_: dict[str, Any]) -> dict[str, Any]:
        (_address, options) = odd.asked[-1][1]
        return {"jsonrpc": "2.0", "id": 0, "result": listed if options.get("before") else first}

    odd.instead(LIST, in_pages)
    purse.run(jobs.look_at_living)
    assert the_invoice(app, invoice_id).state == "paid"
    odd.be_plain()
    purse.look()
    purse.assert_square()


def test_a_list_of_just_a_page_is_at_its_end(
    odd: OddNode, purse: Purse, app: Flask, page: PageClient, fan: Person, invoice_id: UUID
) -> None:
    (known,) = purse.pay(page, an_invoice(app, fan))
    purse.double.pay(purse.link(page, invoice_id))
    purse.double.finalize()
    listed = purse.double.rpc(LIST, str(purse.attempt(invoice_id).reference))["result"]
    full = [*listed, *[listed[0] | {"signature": known}] * (PAGE - 1)]
    odd.instead(LIST, lambda said: said | {"result": [] if odd.asked[-1][1][1].get("before") else full})
    purse.run(jobs.look_at_living)
    assert the_invoice(app, invoice_id).state == "paid"
    odd.be_plain()
    purse.look()
    purse.assert_square()


def test_a_question_that_is_called_off_says_nothing_about_its_node(app: Flask, purse: Purse) -> None:
    async def called_off(_: AsyncClient) -> None:
        raise asyncio.CancelledError

    with app.app_context(), pytest.raises(CancelledError):
        nodes().ask(called_off)
    assert purse.on_chain().keys() == {"SOL", "USDC"}


def test_nobody_is_asked_while_a_transaction_is_open(app: Flask, purse: Purse) -> None:
    with app.app_context():
        with pytest.raises(RuntimeError, match="inside transaction"), transaction():
            reading.balances(str(purse.wallet))
        with pytest.raises(RuntimeError, match="inside transaction"), transaction():
            rates.ask(["http://127.0.0.1/{coin}#price"], "SOL", "USD")
