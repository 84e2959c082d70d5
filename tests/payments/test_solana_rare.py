"""The rare ways of coins: accounts that come and go, nodes that forget, a house that stops signing."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from solana.rpc.commitment import Processed
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.system_program import CreateAccountParams, TransferParams, create_account, transfer
from solders.transaction import VersionedTransaction
from spl.memo.constants import MEMO_PROGRAM_ID
from spl.token.constants import TOKEN_PROGRAM_ID
from spl.token.instructions import close_account, get_associated_token_address, transfer_checked
from spl.token.models import CloseAccountParams, TransferCheckedParams

from app.extensions import db
from app.invoices.models import Refund
from app.kit import clock
from app.kit.ids import new_id
from app.ledger import queries as ledger
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account
from app.payments import payouts
from app.payments.models import Case
from app.payments.operations import solana_sends as sends
from app.payments.payouts import Failed, Order, Sent, Unknown
from app.payments.solana import jobs
from app.payments.solana.values import Seen
from app.platform.transaction import transaction
from tests.doubles.between import OddNode, odd_node
from tests.doubles.chain import USDC, ChainDouble, pay_link
from tests.doubles.chain_questions import a_rich_key, send, tokens
from tests.factories.invoices import the_invoice
from tests.factories.people import Person
from tests.page_client import PageClient
from tests.payments.cards import Till, attempts_of
from tests.payments.coins import UNITS, Purse, reference_of, taking_coins
from tests.payments.test_solana_sending import a_payout, book_payout, looked

RENT = 2_039_280
TOKEN_ACCOUNT, INITIALIZE = 165, 18
STATUS, FIRST, LIST = "getSignatureStatuses", "getFirstAvailableBlock", "getSignaturesForAddress"
READ, EPOCH, SHORT = "getTransaction", "getEpochInfo", "hot_wallet_short"
BALANCES = "getMultipleAccounts"
AT_ONCE = {"commitment": "processed"}
A_CENT = 10_000
# Of what came, so much is read in one piece of work.
MOST_READ = 200


@pytest.fixture
def odd(app: Flask, rich: Purse) -> Iterator[OddNode]:
    """The house asks this node only."""
    with odd_node(rich.double.url) as node, taking_coins(app, rich.double, solana_rpc_url=[node.url]):
        yield node


def run(chain: ChainDouble, key: Keypair, *instructions: Instruction, more: tuple[Keypair, ...] = ()) -> str:
    latest = chain.ask(lambda client: client.get_latest_blockhash(Processed)).value.blockhash
    message = MessageV0.try_compile(key.pubkey(), list(instructions), [], latest)
    return send(chain, VersionedTransaction(message, [key, *more]))


def moved(source: Pubkey, target: Pubkey, owner: Pubkey, units: int, *named: Pubkey) -> Instruction:
    made = transfer_checked(
        TransferCheckedParams(
            program_id=TOKEN_PROGRAM_ID,
            source=source,
            mint=USDC,
            dest=target,
            owner=owner,
            amount=units,
            decimals=6,
        )
    )
    names = [AccountMeta(one, is_signer=False, is_writable=False) for one in named]
    return Instruction(made.program_id, bytes(made.data), [*made.accounts, *names])


def opened(payer: Pubkey, account: Pubkey, owner: Pubkey) -> tuple[Instruction, Instruction]:
    """A token account at an address of its own."""
    place = CreateAccountParams(
        from_pubkey=payer, to_pubkey=account, lamports=RENT, space=TOKEN_ACCOUNT, owner=TOKEN_PROGRAM_ID
    )
    names = [AccountMeta(account, is_signer=False, is_writable=True), AccountMeta(USDC, False, False)]
    return create_account(place), Instruction(TOKEN_PROGRAM_ID, bytes([INITIALIZE]) + bytes(owner), names)


def closed(account: Pubkey, owner: Pubkey) -> Instruction:
    told = CloseAccountParams(program_id=TOKEN_PROGRAM_ID, account=account, dest=owner, owner=owner)
    return close_account(told)


def account_of(wallet: Pubkey) -> Pubkey:
    return get_associated_token_address(wallet, USDC)


class TestPayers:
    def test_a_refund_opens_no_account(
        self, app: Flask, rich: Purse, page: PageClient, fan: Person, invoice_id: UUID
    ) -> None:
        rich.choose(page, invoice_id)
        reference = reference_of(rich.attempt(invoice_id))
        key = a_rich_key(rich.double, sol="1", usdc="0.01")
        mine, me = account_of(key.pubkey()), key.pubkey()
        give = moved(mine, account_of(rich.wallet), me, A_CENT, reference)
        run(rich.double, key, give, closed(mine, me))
        rich.settle()
        assert the_invoice(app, invoice_id).state == "underpaid"
        before = rich.on_chain()
        page.send(page.get(f"/invoices/{invoice_id}").form(f"/invoices/{invoice_id}/give-back"))
        rich.work_off()
        rich.send_all()
        assert rich.on_chain() == before
        with app.app_context():
            refund = db.session.query(Refund).one()
            assert (refund.state, "no USDC account" in str(refund.failure)) == ("failed", True)
            assert ledger.balance(Account(Kind.FAN_CREDIT, "USD", fan.id)).posted == 1
        rich.assert_square()

    def test_coins_that_passed_through_an_account_of_a_moment_go_back_to_who_signed(
        self, app: Flask, rich: Purse, page: PageClient, invoice_id: UUID
    ) -> None:
        rich.choose(page, invoice_id)
        reference = reference_of(rich.attempt(invoice_id))
        key, passing = a_rich_key(rich.double, sol="1", usdc="5"), Keypair()
        me, there = key.pubkey(), passing.pubkey()
        run(
            rich.double,
            key,
            *opened(me, there, me),
            moved(account_of(me), there, me, 5 * UNITS),
            moved(there, account_of(rich.wallet), me, 5 * UNITS, reference),
            closed(there, me),
            more=(passing,),
        )
        rich.settle()
        assert the_invoice(app, invoice_id).state == "paid"
        rich.refund(invoice_id, 500)
        rich.send_all()
        assert [row.target for row in rich.sends()] == [str(me)]
        assert tokens(rich.double, me) == 5 * UNITS
        rich.assert_square()

    def test_a_transaction_is_made_for_coins_only(
        self, app: Flask, till: Till, purse: Purse, page: PageClient, invoice_id: UUID
    ) -> None:
        till.open_page(page, invoice_id)
        (attempt,) = attempts_of(app, invoice_id)
        asked = f"/invoices/{invoice_id}/pay/solana/{attempt.id}/transaction?account={purse.wallet}"
        assert page.get(asked, follow=False).status == 404


class TestForgetfulNodes:
    def test_what_our_own_list_names_is_not_sent_again(self, app: Flask, rich: Purse, odd: OddNode) -> None:
        order = landed_long_ago(app, rich)
        odd.instead(STATUS, knows_of_none)
        rich.run(jobs.push_old_sends)
        assert isinstance(looked(app, order), Sent)
        assert rich.sends()[0].given_up == []
        book_payout(app, order, order.amount)
        rich.assert_square()

    def test_what_no_node_remembers_is_not_sent_again_and_told(
        self, app: Flask, rich: Purse, odd: OddNode
    ) -> None:
        order = landed_long_ago(app, rich)
        odd.instead(STATUS, knows_of_none)
        odd.instead(LIST, lambda said: said | {"result": []})
        odd.instead(FIRST, lambda said: said | {"result": rich.double.rpc("getSlot", AT_ONCE)["result"]})
        rich.run(jobs.push_old_sends)
        assert (looked(app, order), rich.sends()[0].state) == (Unknown(), "sent")
        assert states(app, "send_unclear") == ["open"]
        odd.be_plain()
        rich.run(jobs.push_old_sends)
        assert isinstance(looked(app, order), Sent)
        assert states(app, "send_unclear") == ["closed"]

    def test_our_own_list_proves_nothing_where_a_node_is_behind(
        self, app: Flask, rich: Purse, odd: OddNode
    ) -> None:
        order = landed_long_ago(app, rich)
        odd.instead(STATUS, knows_of_none)
        height = {"blockHeight": 1}
        told = iter([False])  # the first to ask is told the truth: that the send can land no more

        def behind(said: dict[str, Any]) -> dict[str, Any]:
            return said | {"result": said["result"] | (height if next(told, True) else {})}

        odd.instead(EPOCH, behind)
        rich.run(jobs.push_old_sends)
        assert looked(app, order) == Unknown()
        assert rich.sends()[0].given_up == []
        odd.be_plain()
        rich.run(jobs.push_old_sends)
        assert isinstance(looked(app, order), Sent)

    @pytest.mark.parametrize("question", [FIRST, "getBlockTime"])
    def test_one_that_does_not_say_how_far_back_it_remembers_proves_nothing(
        self, app: Flask, rich: Purse, odd: OddNode, question: str
    ) -> None:
        """Or the send would wait for ever, and nobody would be told."""
        rich.double.fault("drop")
        order = a_payout(app, rich, rich.double.wallet("ada"))
        rich.work_off()
        rich.double.tick(300)
        odd.instead(question, cleaned_up)
        rich.run(jobs.push_old_sends)
        assert (rich.sends()[0].state, states(app, "send_unclear")) == ("sent", ["open"])
        odd.be_plain()
        rich.send_all()
        assert isinstance(looked(app, order), Sent)
        assert states(app, "send_unclear") == ["closed"]

    def test_what_is_rooted_is_final_where_a_node_does_not_say_so(
        self, app: Flask, rich: Purse, odd: OddNode
    ) -> None:
        order = landed_long_ago(app, rich)
        odd.instead(STATUS, of_no_level)
        rich.run(jobs.push_old_sends)
        assert isinstance(looked(app, order), Sent)

    def test_two_who_saw_it_land_book_it_once(self, app: Flask, rich: Purse) -> None:
        order = landed_long_ago(app, rich)
        rich.run(jobs.push_old_sends)
        assert isinstance(looked(app, order), Sent)
        (row,) = rich.sends()
        with app.app_context(), transaction():
            sends.succeed(row.id, Seen(str(row.signature), clock.now()))
        book_payout(app, order, order.amount)
        rich.assert_square()

    def test_our_memo_in_the_hand_of_others_proves_nothing(self, app: Flask, rich: Purse) -> None:
        rich.double.fault("drop")
        order = a_payout(app, rich, rich.double.wallet("ada"))
        rich.work_off()
        key = a_rich_key(rich.double)
        memo = Instruction(MEMO_PROGRAM_ID, str(order.reference_id).encode(), [])
        given = TransferParams(from_pubkey=key.pubkey(), to_pubkey=rich.wallet, lamports=10**6)
        run(rich.double, key, memo, transfer(given))
        rich.double.tick(300)
        rich.run(jobs.push_old_sends)
        assert len(rich.sends()[0].given_up) == 1


class TestTheHouse:
    def test_a_payout_on_its_way_arrives_when_the_house_stops_signing(self, app: Flask, rich: Purse) -> None:
        order = a_payout(app, rich, rich.double.wallet("ada"))
        rich.work_off()
        with taking_coins(app, rich.double, solana_wallet=str(rich.wallet)) as watching:
            with app.app_context():
                assert payouts.send("solana", order) == Unknown()
            watching.send_all()
            assert isinstance(looked(app, order), Sent)
            book_payout(app, order, order.amount)
            watching.assert_square()

    def test_it_pays_nothing_out_to_itself(self, app: Flask, rich: Purse) -> None:
        with app.app_context():
            answer = payouts.send("solana", Order(new_id(), str(rich.wallet), UNITS, "USDC"))
        assert isinstance(answer, Failed) and answer.code == "bad_wallet"
        assert rich.sends() == []

    def test_that_it_is_short_again_is_told_again(self, app: Flask, rich: Purse) -> None:
        there, outside = rich.on_chain()["USDC"], account_of(rich.double.wallet("ada"))
        a_payout(app, rich, rich.double.wallet("ada"), units=there + UNITS)
        rich.work_off()
        assert states(app, SHORT) == ["open"]
        rich.double.fault("drop")
        rich.fill(usdc="1")
        rich.run(jobs.push_old_sends)
        rich.work_off()
        assert states(app, SHORT) == ["closed"]
        run(rich.double, rich.key, moved(account_of(rich.wallet), outside, rich.wallet, UNITS))
        rich.double.tick(300)
        rich.run(jobs.push_old_sends)
        rich.run(jobs.push_old_sends)
        assert states(app, SHORT) == ["open"]

    def test_of_one_that_is_called_off_while_the_balance_is_read_nobody_is_told(
        self, app: Flask, rich: Purse, odd: OddNode
    ) -> None:
        order = a_payout(app, rich, rich.double.wallet("ada"), units=10**12)

        def call_off() -> None:
            with app.app_context(), transaction():
                assert payouts.call_off("solana", order)

        odd.before(BALANCES, call_off)
        rich.work_off()
        assert isinstance(looked(app, order), Failed)
        assert states(app, SHORT) == []

    def test_one_that_cannot_go_any_more_does_not_wait_for_coins(self, app: Flask, rich: Purse) -> None:
        """Its house was short, and then stopped signing."""
        order = a_payout(app, rich, rich.double.wallet("ada"), units=10**12)
        rich.work_off()
        assert states(app, SHORT) == ["open"]
        with taking_coins(app, rich.double, solana_wallet=str(rich.wallet)) as watching:
            watching.run(jobs.push_old_sends)
            watching.work_off()
        assert isinstance(looked(app, order), Failed)
        assert states(app, SHORT) == ["closed"]

    @pytest.mark.fault_long
    def test_what_many_sent_is_read_a_part_at_a_time(self, rich: Purse, odd: OddNode) -> None:
        link = pay_link(rich.wallet, "0.000001")
        for times in (MOST_READ // 2, MOST_READ // 2 + 10):
            rich.double.pay(link, times=times)
            rich.double.tick(200)
        rich.run(jobs.look_at_wallet)
        assert odd.count(READ) == MOST_READ
        rich.run(jobs.look_at_wallet)
        assert odd.count(READ) == MOST_READ + 10
        rich.assert_square()


def landed_long_ago(app: Flask, rich: Purse) -> Order:
    """And the workers were away since."""
    order = a_payout(app, rich, rich.double.wallet("ada"))
    rich.work_off()
    rich.double.tick(300)
    return order


def knows_of_none(said: dict[str, Any]) -> dict[str, Any]:
    return said | {"result": said["result"] | {"value": [None]}}


def of_no_level(said: dict[str, Any]) -> dict[str, Any]:
    told = [one and one | {"confirmationStatus": None} for one in said["result"]["value"]]
    return said | {"result": said["result"] | {"value": told}}


def cleaned_up(said: dict[str, Any]) -> dict[str, Any]:
    error = {"code": -32001, "message": "Block 5 cleaned up, does not exist on node."}
    return {"jsonrpc": "2.0", "id": said["id"], "error": error}


def states(app: Flask, kind: str) -> list[str]:
    with app.app_context():
        return [one.state for one in db.session.query(Case).filter_by(kind=kind)]
