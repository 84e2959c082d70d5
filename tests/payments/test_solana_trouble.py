"""F5: whatever happens on the chain, what is paid is credited once, only what was paid, only when final."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from flask import Flask
from solders.keypair import Keypair
from sqlalchemy import update

from app.accounts.models import User
from app.extensions import db
from app.kit import clock
from app.kit.clock import FixedClock
from app.ledger.chart import Kind
from app.payments.models import Case
from app.payments.solana import jobs
from app.platform import mail, work
from app.platform.models import Mail
from app.platform.transaction import transaction
from tests.factories.invoices import an_invoice, the_invoice
from tests.factories.people import Person, a_person, signed_in
from tests.page_client import PageClient
from tests.payments.coins import UNITS, Purse, reference_of, taking_coins
from tests.support import free_port

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

    def test_whoever_paid_with_the_other_coin_is_told_until_it_is_decided(
        self, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID
    ) -> None:
        purse.pay(page, invoice_id, "USDC", token="SOL", amount="0.5")
        came = "0.50 SOL came, and USDC was asked for"
        assert came in page.get(f"/invoices/{invoice_id}").text
        with app.app_context():
            (told,) = db.session.query(Mail).filter_by(template="other_coin")
            said = mail.content(told)
            assert said is not None and said.subject == came
            (case,) = db.session.query(Case)
            address = f"/admin/payments/cases/{case.id}"
        admin = signed_in(app, a_person(app, roles=("fan", "admin")), second_factor=True)
        here = admin.get(address)
        assert "stays nobody" in here.text
        admin.send(here.form(f"{address}/close"), note="Sent back to its wallet.")
        assert came not in page.get(f"/invoices/{invoice_id}").text

    def test_who_has_no_address_is_told_on_the_page(
        self, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID
    ) -> None:
        with app.app_context(), transaction():
            db.session.execute(update(User).values(email=None, email_verified_at=None))
        purse.pay(page, invoice_id, "USDC", token="SOL", amount="0.5")
        assert "0.50 SOL came, and USDC was asked for" in page.get(f"/invoices/{invoice_id}").text
        with app.app_context():
            assert db.session.query(Mail).all() == []

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

    def test_what_is_seen_for_long_is_not_dropped_because_one_node_misses_it(
        self, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID
    ) -> None:
        """The network takes minutes to make it final; whoever hears that it is gone would pay again."""
        purse.double.pay(purse.link(page, invoice_id))
        purse.double.tick()
        purse.look()
        with clock.using(FixedClock(clock.now() + timedelta(minutes=3))):
            purse.look()
            purse.double.fault("stale", method="getSignaturesForAddress", slots=100, times=1)
            purse.run(jobs.look_at_living)
            assert the_invoice(app, invoice_id).state == "processing"
            purse.double.no_faults()
            purse.settle()
        assert the_invoice(app, invoice_id).state == "paid"

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

    def test_a_coin_that_comes_late_and_has_no_price_counts_at_the_promised_one(
        self, purse: Purse, app: Flask, page: PageClient, invoice_id: UUID
    ) -> None:
        with clock.using(FixedClock(clock.now() - timedelta(hours=2))):
            link = purse.link(page, invoice_id, "SOL")
        silent = f"http://127.0.0.1:{free_port()}/#price"
        with taking_coins(app, purse.double, solana_rate_url=[silent]):
            purse.double.pay(link)
            purse.settle()
        assert the_invoice(app, invoice_id).state == "paid"
        assert [amount for amount, _, _ in purse.payments(invoice_id)] == [500]
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
