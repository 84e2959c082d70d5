"""F5: whatever happens on the chain, what is paid is credited once, only what was paid, only when final."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from flask import Flask
from solana.rpc.commitment import Processed
from solders.keypair import Keypair
from solders.message import Message
from solders.transaction import VersionedTransaction
from spl.token.constants import TOKEN_PROGRAM_ID
from spl.token.instructions import close_account, get_associated_token_address, transfer_checked
from spl.token.models import CloseAccountParams, TransferCheckedParams

from app.extensions import db
from app.kit import clock
from app.kit.clock import FixedClock
from app.kit.ids import new_id
from app.ledger.chart import Kind
from app.payments.errors import Impossible
from app.payments.gateways.solana.nodes import nodes
from app.payments.models import Case
from app.payments.solana import jobs
from app.platform import work
from app.platform.audit import Action
from app.platform.models import AuditRecord
from app.platform.transaction import transaction
from tests.doubles.chain import pay_link
from tests.doubles.chain_questions import a_rich_key, send
from tests.factories.invoices import an_invoice, the_invoice
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import PageClient
from tests.payments.coins import UNITS, Purse, reference_of, taking_coins
from tests.support import eventually, free_port

WALLETS_WAYS = {
    "versioned": {"versioned": True},
    "with looked-up addresses": {"lookup_table": True},
    "by a program": {"inner": True},
    "with instructions of its own": {"extra": True},
    "without the memo": {"memo": ""},
}
ONLY_TOKENS = {"in a batch": {"batched": True}, "the old instruction": {"unchecked": True}}
WAYS = [("SOL", way) for way in WALLETS_WAYS.values()]
WAYS += [("USDC", way) for way in (WALLETS_WAYS | ONLY_TOKENS).values()]
NAMES = [f"SOL {name}" for name in WALLETS_WAYS] + [f"USDC {name}" for name in WALLETS_WAYS | ONLY_TOKENS]


@pytest.fixture
def fan(app: Flask) -> Person:
    return a_person(app, "mira")


@pytest.fixture
def page(app: Flask, fan: Person) -> PageClient:
    return signed_in(app, fan)


@pytest.fixture
def invoice_id(app: Flask, fan: Person) -> UUID:
    return an_invoice(app, fan, total=500)


def the_case(app: Flask) -> UUID:
    with app.app_context():
        return db.session.query(Case).one().id


class TestWaysOfPaying:
    @pytest.mark.parametrize(("coin", "ways"), WAYS, ids=NAMES)
    def test_wallets_have_their_own_ways(
        self, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID, coin: str, ways: dict[str, object]
    ) -> None:
        purse.pay(page, invoice_id, coin, **ways)
        assert the_invoice(app, invoice_id).state == "paid"
        assert len(purse.payments(invoice_id)) == 1
        purse.assert_square()

    def test_too_little_is_a_part(self, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID) -> None:
        purse.pay(page, invoice_id, amount="4.999999")
        assert the_invoice(app, invoice_id).state == "underpaid"
        assert purse.payments(invoice_id) == [(499, 4_999_999, "USDC")]

    def test_too_much_is_left_over(
        self, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID
    ) -> None:
        purse.pay(page, invoice_id, amount="7")
        invoice = the_invoice(app, invoice_id)
        assert (invoice.state, invoice.leftover) == ("overpaid", 200)
        purse.assert_square()

    def test_paying_twice_is_too_much(
        self, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID
    ) -> None:
        purse.pay(page, invoice_id, times=2)
        invoice = the_invoice(app, invoice_id)
        assert (invoice.state, invoice.received) == ("overpaid", 1_000)
        purse.run(jobs.look_at_ended, jobs.look_at_wallet)
        assert the_invoice(app, invoice_id).received == 1_000

    def test_two_transfers_in_one_transaction_both_count(
        self, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID
    ) -> None:
        purse.pay(page, invoice_id, transfers=2)
        assert purse.payments(invoice_id) == [(500, 5 * UNITS, "USDC")] * 2
        purse.assert_square()

    def test_two_halves_are_a_whole(self, purse: Purse, app: Flask, page: PageClient, fan: Person) -> None:
        invoice_id = an_invoice(app, fan, total=501)
        purse.pay(page, invoice_id, amount="2.505", transfers=2)
        assert the_invoice(app, invoice_id).state == "paid"
        assert [amount for amount, *_ in purse.payments(invoice_id)] == [250, 251]


def test_three_who_look_at_once_credit_once(
    purse: Purse, app: Flask, page: PageClient, invoice_id: UUID
) -> None:
    purse.double.pay(purse.link(page, invoice_id), transfers=2)
    purse.double.finalize()

    def look() -> None:
        with app.app_context(), transaction():
            for kind in ("payments.solana_living", "payments.solana_wallet"):
                work.enqueue(kind, {})
        purse.work_off()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: look(), range(3)))
    assert purse.payments(invoice_id) == [(500, 5 * UNITS, "USDC")] * 2
    purse.assert_square()


class TestWhatDoesNotCount:
    def test_failed_and_dust_before_the_payment_do_not_hide_it(
        self, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID
    ) -> None:
        link = purse.link(page, invoice_id)
        purse.double.pay(link, wallet="spoiler", fails=True)
        purse.double.pay(link, wallet="spoiler", amount="0.000001")
        purse.double.pay(link, wallet="spoiler", recipient=str(Keypair().pubkey()))
        purse.settle()
        assert the_invoice(app, invoice_id).state == "open"
        purse.double.pay(link)
        purse.settle()
        assert the_invoice(app, invoice_id).state == "paid"
        assert purse.payments(invoice_id) == [(500, 5 * UNITS, "USDC")]
        assert purse.cases() == []
        purse.assert_square()

    def test_the_other_coin_is_kept_for_somebody_to_look_at(
        self, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID
    ) -> None:
        before = purse.booked(Kind.UNKNOWN, "SOL")
        purse.pay(page, invoice_id, "USDC", token="SOL", amount="0.5")
        assert the_invoice(app, invoice_id).state == "open"
        ((kind, detail),) = purse.cases()
        assert (kind, detail["invoice_id"], detail["amount"]) == ("other_coin", str(invoice_id), 500_000_000)
        assert purse.booked(Kind.UNKNOWN, "SOL") - before == 500_000_000
        purse.assert_square()

    @pytest.mark.parametrize("newer", [False, True], ids=["a token", "a token of the newer program"])
    def test_another_token_opens_nothing(
        self, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID, newer: bool
    ) -> None:
        mint = purse.double.mint(purse.double.wallet("joker"), "1000", token_2022=newer)
        purse.pay(page, invoice_id, token=str(mint), wallet="joker")
        assert the_invoice(app, invoice_id).state == "open"
        ((kind, detail),) = purse.cases()
        assert (kind, detail["coin"]) == ("foreign_token", str(mint))
        purse.assert_square()

    def test_a_transfer_with_two_references_pays_one_invoice(
        self, purse: Purse, app: Flask, page: PageClient, fan: Person
    ) -> None:
        one, other = an_invoice(app, fan, total=500), an_invoice(app, fan, total=500)
        link = purse.link(page, one)
        purse.link(page, other)
        both = [str(reference_of(purse.attempt(each))) for each in (one, other)]
        purse.double.pay(link, references=both)
        purse.settle()
        assert the_invoice(app, one).state == "paid"
        assert the_invoice(app, other).state == "open"
        purse.assert_square()


class TestWhatIsNotFinal:
    def test_a_dropped_payment_is_none(
        self, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID
    ) -> None:
        purse.double.fault("drop")
        purse.pay(page, invoice_id)
        assert the_invoice(app, invoice_id).state == "open"

    @pytest.mark.parametrize("kind", ["never_confirm", "never_finalize"])
    def test_what_never_becomes_final_opens_nothing(
        self, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID, kind: str
    ) -> None:
        link = purse.link(page, invoice_id)
        purse.double.fault(kind)
        (signature,) = purse.double.pay(link)
        purse.double.tick(200)
        purse.look()
        assert purse.payments(invoice_id) == []
        purse.double.finalize(signature)
        purse.look()
        assert the_invoice(app, invoice_id).state == "paid"

    def test_what_a_fork_takes_away_is_not_waited_for(
        self, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID
    ) -> None:
        (signature,) = purse.double.pay(purse.link(page, invoice_id))
        purse.double.tick()
        purse.look()
        assert the_invoice(app, invoice_id).state == "processing"
        purse.double.fork(signature)
        purse.look()
        assert the_invoice(app, invoice_id).state == "processing"
        with clock.using(FixedClock(clock.now() + timedelta(minutes=3))):
            purse.look()
            invoice = the_invoice(app, invoice_id)
            assert (invoice.state, invoice.received) == ("open", 0)
            assert "dropped your payment" in page.get(f"/invoices/{invoice_id}").text
            purse.pay(page, invoice_id)
            assert the_invoice(app, invoice_id).state == "paid"
        assert len(purse.payments(invoice_id)) == 1

    def test_a_part_that_a_fork_takes_away_is_no_longer_shown(
        self, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID
    ) -> None:
        (signature,) = purse.double.pay(purse.link(page, invoice_id), amount="1")
        purse.double.tick()
        purse.look()
        purse.look()
        assert "1.00 USDC is confirmed" in page.get(f"/invoices/{invoice_id}").text
        purse.double.fork(signature)
        with clock.using(FixedClock(clock.now() + timedelta(minutes=3))):
            purse.look()
            assert "Send 5.00 USDC" in page.get(f"/invoices/{invoice_id}").text


class TestLateMoney:
    def test_dollars_that_come_late_still_pay(
        self, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID
    ) -> None:
        link = purse.link(page, invoice_id)
        with clock.using(FixedClock(clock.now() + timedelta(hours=2))):
            purse.look()
            assert purse.attempt(invoice_id).state == "expired"
            purse.double.pay(link)
            purse.settle()
            assert the_invoice(app, invoice_id).state == "paid"

    def test_for_an_invoice_that_is_over_it_waits_for_its_payer(
        self, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID
    ) -> None:
        link = purse.link(page, invoice_id)
        page.send(page.get(f"/invoices/{invoice_id}").form(f"/invoices/{invoice_id}/cancel"))
        assert the_invoice(app, invoice_id).state == "cancelled"
        purse.double.pay(link)
        purse.settle()
        invoice = the_invoice(app, invoice_id)
        assert invoice.received == 500
        purse.assert_square()

    @pytest.mark.parametrize(("price", "state"), [("75", "underpaid"), ("300", "paid")])
    def test_a_coin_that_comes_late_counts_at_the_lower_price(
        self, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID, price: str, state: str
    ) -> None:
        with clock.using(FixedClock(clock.now() - timedelta(hours=2))):
            link = purse.link(page, invoice_id, "SOL")
        with taking_coins(app, purse.double, solana_demo_price=Decimal(price)):
            purse.double.pay(link)
            purse.settle()
        assert the_invoice(app, invoice_id).state == state
        purse.assert_square()

    def test_what_was_paid_in_time_and_seen_three_days_later_buys_at_the_promised_price(
        self, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID
    ) -> None:
        purse.double.pay(purse.link(page, invoice_id, "SOL"))
        purse.double.finalize()
        with (
            clock.using(FixedClock(clock.now() + timedelta(days=3))),
            taking_coins(app, purse.double, solana_demo_price=Decimal(75)),
        ):
            purse.look()
            purse.run(jobs.look_at_ended)
        assert the_invoice(app, invoice_id).state == "paid"
        assert [amount for amount, _, _ in purse.payments(invoice_id)] == [500]
        purse.assert_square()


class TestMoneyOfNobody:
    def test_what_names_nothing_is_kept_until_an_admin_knows(
        self, purse: Purse, app: Flask, invoice_id: UUID
    ) -> None:
        purse.double.pay(pay_link(purse.wallet, "5", mint=purse.double.usdc))
        purse.settle()
        assert [kind for kind, _ in purse.cases()] == ["unknown_money"]
        assert purse.booked(Kind.UNKNOWN, "USDC") == 5 * UNITS
        admin = signed_in(app, a_person(app, roles=("fan", "admin")), second_factor=True)
        with app.app_context():
            case_id = db.session.query(Case).one().id
        here = admin.get(f"/admin/payments/cases/{case_id}")
        here = admin.get(str(here.one('a[href$="/assign"]')["href"]))
        form = here.form(f"/admin/payments/cases/{case_id}/assign")
        assert "no such invoice" in admin.send(form, invoice="7", note="They wrote to us.").text
        form = here.form(f"/admin/payments/cases/{case_id}/assign")
        there = admin.send(form, invoice=str(invoice_id), note="They wrote to us.")
        assert there.status == 200 and "counts for this invoice" in there.text
        assert the_invoice(app, invoice_id).state == "paid"
        assert purse.booked(Kind.UNKNOWN, "USDC") == 0
        # What is decided is decided.
        assert admin.get(form.action).status == 404
        assert admin.send(form, idempotency_key=str(new_id()), note="Again.").status == 404
        purse.assert_square()

    def test_nobody_decides_about_their_own_money(self, purse: Purse, app: Flask, page: PageClient) -> None:
        purse.double.pay(pay_link(purse.wallet, "5", mint=purse.double.usdc))
        purse.settle()
        own = a_person(app, roles=("fan", "admin"))
        invoice_id, admin = an_invoice(app, own), signed_in(app, own, second_factor=True)
        with app.app_context():
            case_id = db.session.query(Case).one().id
        address = f"/admin/payments/cases/{case_id}/assign"
        form = admin.get(address).form(address)
        assert admin.send(form, invoice="", note="").errors.keys() == {"invoice", "note"}
        refused = admin.send(form, invoice=str(invoice_id), note="It is mine.")
        assert refused.status == 422 and "another admin decides" in refused.text

    def test_what_came_from_cold_storage_is_the_houses(self, app: Flask, purse: Purse) -> None:
        cold = purse.double.wallet("cold")
        with taking_coins(app, purse.double, solana_cold_wallet=str(cold)):
            purse.double.pay(pay_link(purse.wallet, "3"), wallet="cold")
            purse.settle()
        assert purse.cases() == []
        assert purse.booked(Kind.CHAIN_COLD, "SOL") == -3 * 10**9
        purse.assert_square()

    def test_play_money_that_the_house_asked_for_is_no_riddle(self, app: Flask, purse: Purse) -> None:
        watched = Keypair()
        with taking_coins(app, purse.double, secret_key=f"another {watched.pubkey()}") as poor:
            before = {coin: poor.booked(Kind.OWNER, coin) for coin in ("SOL", "USDC")}
            poor.run(jobs.ask_for_play_money)
            poor.settle()
            gift = {"SOL": 120 * 10**9, "USDC": 12_000 * UNITS}
            assert poor.on_chain() == gift
            assert {coin: poor.booked(Kind.OWNER, coin) - before[coin] for coin in gift} == gift
            poor.run(jobs.ask_for_play_money)
            poor.settle()
            assert poor.on_chain()["SOL"] == 120 * 10**9, "it has enough"
            assert poor.cases() == []

    def test_what_the_house_put_there_itself_is_its_deposit(self, app: Flask, purse: Purse) -> None:
        before = purse.booked(Kind.OWNER, "USDC")
        purse.double.pay(pay_link(purse.wallet, "5", mint=purse.double.usdc))
        purse.settle()
        one = a_person(app, roles=("fan", "admin"))
        admin = signed_in(app, one, second_factor=True)
        case_id = the_case(app)
        here = admin.get(f"/admin/payments/cases/{case_id}")
        here = admin.get(str(here.one('a[href$="/deposit"]')["href"]))
        form = here.form(f"/admin/payments/cases/{case_id}/deposit")
        assert admin.send(form, note=" ").errors.keys() == {"note"}
        assert admin.send(form, note="From my own wallet, for payouts.").status == 200
        assert purse.booked(Kind.UNKNOWN, "USDC") == 0
        assert purse.booked(Kind.OWNER, "USDC") - before == 5 * UNITS
        with app.app_context():
            noted = db.session.query(AuditRecord).filter_by(action=Action.OWN_DEPOSIT).one()
            assert noted.actor_id == one.id
        # What is decided is decided.
        assert admin.send(form, idempotency_key=str(new_id()), note="Again.").status == 404
        assert admin.get(f"/admin/payments/cases/{case_id}/assign").status == 404
        purse.run(jobs.check_books)
        purse.assert_square()

    def test_what_names_an_invoice_is_never_a_deposit(
        self, app: Flask, purse: Purse, page: PageClient, invoice_id: UUID
    ) -> None:
        purse.double.pay(purse.link(page, invoice_id, "USDC"), token="SOL")
        purse.settle()
        assert [kind for kind, _ in purse.cases()] == ["other_coin"]
        admin = signed_in(app, a_person(app, roles=("fan", "admin")), second_factor=True)
        here = admin.get(f"/admin/payments/cases/{the_case(app)}")
        assert here.soup.select_one('a[href$="/assign"]') and not here.soup.select_one('a[href$="/deposit"]')
        assert admin.get(f"/admin/payments/cases/{the_case(app)}/deposit").status == 404

    def test_what_comes_without_a_transfer_is_kept_too(self, app: Flask, purse: Purse) -> None:
        """Somebody closes an account of theirs, and gives us what lay in it."""
        giver = a_rich_key(purse.double, usdc="1")
        account = get_associated_token_address(giver.pubkey(), purse.double.usdc)
        spend = transfer_checked(
            TransferCheckedParams(
                program_id=TOKEN_PROGRAM_ID,
                source=account,
                mint=purse.double.usdc,
                dest=get_associated_token_address(purse.double.wallet(), purse.double.usdc),
                owner=giver.pubkey(),
                amount=UNITS,
                decimals=6,
            )
        )
        close = close_account(
            CloseAccountParams(
                account=account, dest=purse.wallet, owner=giver.pubkey(), program_id=TOKEN_PROGRAM_ID
            )
        )
        recent = purse.double.ask(lambda client: client.get_latest_blockhash(Processed)).value.blockhash
        message = Message.new_with_blockhash([spend, close], giver.pubkey(), recent)
        send(purse.double, VersionedTransaction(message, [giver]))
        purse.settle()
        ((kind, detail),) = purse.cases()
        assert (kind, detail["coin"], detail["amount"]) == ("unknown_money", "SOL", 2_039_280)
        purse.assert_square()


class TestNodes:
    def test_a_wrong_question_is_not_asked_of_others(self, app: Flask, purse: Purse) -> None:
        address = purse.wallet
        with app.app_context(), pytest.raises(Impossible):
            nodes().ask(lambda client: client.get_signatures_for_address(address, limit=5_000))

    @pytest.mark.parametrize("kind", ["rpc_error_500", "rpc_behind", "malformed", "garbled", "timeout_after"])
    def test_a_node_that_fails_is_asked_again(
        self, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID, kind: str
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
        self, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID
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
        self, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID
    ) -> None:
        gone = f"http://127.0.0.1:{free_port()}"
        with taking_coins(app, purse.double, solana_rpc_url=[gone, purse.double.url]):
            purse.pay(page, invoice_id)
        assert the_invoice(app, invoice_id).state == "paid"

    def test_one_that_wants_to_be_left_alone_is_left_alone(
        self, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID
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
