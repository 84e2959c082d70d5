"""Payouts: asked for, sent, refused, followed up, and told."""

import threading
from datetime import timedelta

import pytest
from flask import Flask

from app.earnings import jobs
from app.earnings.models import Payout, PayoutAccount
from app.earnings.operations import paying_out
from app.earnings.operations.paying_out import Wish
from app.extensions import db
from app.kit import clock
from app.ledger.chart import Kind
from app.payments import payouts
from app.payments.payouts import Failed, Sent, Unknown
from app.platform import work
from app.platform.errors import Refused
from app.platform.models import WorkItem
from app.platform.transaction import transaction
from tests.earnings.asking import HOME, asked, mails, on, payouts_of, whole, with_wallet
from tests.earnings.conftest import WALLET, Rails, earned, everything_runs
from tests.factories.creators import a_creator
from tests.factories.invoices import bought, refund
from tests.factories.people import Person, a_person, signed_in


def test_what_is_free_goes_to_the_wallet(app: Flask, rails: Rails, mara: Person) -> None:
    earned(app, mara, 10_000)
    page = with_wallet(app, mara)
    seen = asked(page)
    assert "About to be sent" in seen.text and "$92.00 (92.00 USDC)" in seen.text
    assert on(app, Kind.CREATOR_AVAILABLE, mara) == 0
    assert on(app, Kind.PAYOUT_TRANSIT, mara) == 9_200
    everything_runs(app)
    assert [(order.destination, order.amount, order.currency) for order in rails.sent] == [
        (WALLET, 92_000_000, "USDC")
    ]
    assert "Paid out" in page.get(HOME).text
    assert on(app, Kind.PAYOUT_TRANSIT, mara) == 0
    assert on(app, Kind.CHAIN_HOT, currency="USDC") == -92_000_000
    assert mails(app, mara) == ["payout_destination", "payout_paid"]
    assert whole(app)


def test_a_part_can_be_asked_for_and_no_more_than_there_is(app: Flask, rails: Rails, mara: Person) -> None:
    earned(app, mara, 10_000)
    page = with_wallet(app, mara)
    for amount, said in {
        "92.01": "$92.00 can be paid out",
        "0.99": "$1.00 at least",
        "much": "Type an amount",
    }.items():
        seen = asked(page, amount)
        assert seen.status == 422 and said in seen.errors["amount"]
    asked(page, "42")
    everything_runs(app)
    assert on(app, Kind.CREATOR_AVAILABLE, mara) == 5_000
    assert [one.state for one in payouts_of(app, mara)] == ["paid"]


def test_one_at_a_time(app: Flask, rails: Rails, mara: Person) -> None:
    earned(app, mara, 10_000)
    page = with_wallet(app, mara)
    asked(page, "10")
    assert "on its way already" in asked(page, "10").text
    assert len(payouts_of(app, mara)) == 1


def test_a_dozen_wishes_at_once_are_one_payout(app: Flask, rails: Rails, mara: Person) -> None:
    earned(app, mara, 10_000)
    with_wallet(app, mara)
    refused: list[str] = []

    def wish() -> None:
        with app.app_context():
            try:
                with transaction():
                    paying_out.ask(mara.id, Wish("solana", 9_200, "USD"), asked_by=mara.id)
            except Refused as error:
                refused.append(error.code)

    threads = [threading.Thread(target=wish) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["payout_under_way"] * 11
    everything_runs(app)
    assert len(rails.sent) == 1 and on(app, Kind.CREATOR_AVAILABLE, mara) == 0
    assert whole(app)


def test_what_the_rail_refuses_comes_back_with_the_reason(app: Flask, rails: Rails, mara: Person) -> None:
    earned(app, mara, 10_000)
    page = with_wallet(app, mara)
    rails.says = [Failed("closed", "The account is closed.")]
    asked(page)
    everything_runs(app)
    seen = page.get(HOME)
    assert "Came back" in seen.text and "The account is closed." in seen.text
    assert on(app, Kind.CREATOR_AVAILABLE, mara) == 9_200 and on(app, Kind.PAYOUT_TRANSIT, mara) == 0
    assert "payout_failed" in mails(app, mara)
    asked(page)
    everything_runs(app)
    assert [one.state for one in payouts_of(app, mara)] == ["failed", "paid"]
    assert whole(app)


def test_an_unknown_end_is_asked_about_until_it_is_known(app: Flask, rails: Rails, mara: Person) -> None:
    """The same reference each time, so that the rail sends it once."""
    earned(app, mara, 10_000)
    page = with_wallet(app, mara)
    rails.says = [Unknown(), Unknown(), Sent("tx-1", final=False), Unknown(), Sent("tx-1")]
    asked(page)
    for _ in range(5):
        everything_runs(app)
    (payout,) = payouts_of(app, mara)
    assert (payout.state, payout.provider_id) == ("paid", "tx-1")
    assert {order.reference_id for order in (*rails.sent, *rails.looked)} == {payout.id}
    assert (len(rails.sent), len(rails.looked)) == (3, 2)
    assert on(app, Kind.CHAIN_HOT, currency="USDC") == -92_000_000
    everything_runs(app)
    assert len(rails.sent) + len(rails.looked) == 5


def test_whoever_is_killed_after_the_call_is_followed_by_somebody(
    app: Flask, rails: Rails, mara: Person
) -> None:
    earned(app, mara, 10_000)
    asked(with_wallet(app, mara))
    (payout,) = payouts_of(app, mara)
    with app.app_context():
        with transaction():
            going = paying_out.set_out(payout.id)
        assert going is not None
        rails.send(going.order)  # and then nothing more
    everything_runs(app)
    assert [one.state for one in payouts_of(app, mara)] == ["paid"]
    assert len({order.reference_id for order in rails.sent}) == 1
    assert on(app, Kind.CHAIN_HOT, currency="USDC") == -92_000_000


def test_the_same_answer_twice_is_booked_once(app: Flask, rails: Rails, mara: Person) -> None:
    earned(app, mara, 10_000)
    asked(with_wallet(app, mara))
    (payout,) = payouts_of(app, mara)
    with app.app_context():
        for answer in (Sent("a"), Sent("a"), Failed("late", "Too late."), Unknown()):
            with transaction():
                paying_out.set_out(payout.id)
                paying_out.record(payout.id, answer)
    assert [one.state for one in payouts_of(app, mara)] == ["paid"]
    assert on(app, Kind.CREATOR_AVAILABLE, mara) == 0 and whole(app)


def test_it_can_be_called_off_until_it_is_sent(app: Flask, rails: Rails, mara: Person) -> None:
    earned(app, mara, 10_000)
    page = with_wallet(app, mara)
    seen = asked(page)
    cancel = seen.form(f"{HOME}/.*/cancel")
    assert "Called off" in page.send(cancel).text
    assert on(app, Kind.CREATOR_AVAILABLE, mara) == 9_200
    everything_runs(app)
    assert rails.sent == []
    rails.says = [Unknown()]
    seen = asked(page)
    cancel = seen.form(f"{HOME}/.*/cancel")
    everything_runs(app)
    assert "cannot be called back" in page.send(cancel).text
    assert whole(app)


def test_nobody_calls_off_what_is_somebody_elses(app: Flask, rails: Rails, mara: Person) -> None:
    earned(app, mara, 10_000)
    form = asked(with_wallet(app, mara)).form(f"{HOME}/.*/cancel")
    rival = signed_in(app, a_creator(app, "rival"))
    token = rival.get(HOME).form(f"{HOME}/plan").fields["csrf_token"]
    assert rival.send(form, csrf_token=token).status == 404
    assert [one.state for one in payouts_of(app, mara)] == ["due"]


def test_after_a_refund_there_may_be_less_than_nothing(app: Flask, rails: Rails, mara: Person) -> None:
    """What was paid out already is set off against what is earned next."""
    earned(app, mara, 10_000)
    page = with_wallet(app, mara)
    asked(page)
    everything_runs(app)
    with app.app_context():
        from app.invoices.models import Invoice

        invoice_id = db.session.query(Invoice.id).filter_by(seller_id=mara.id).scalar()
    refund(app, invoice_id, 10_000)
    assert on(app, Kind.CREATOR_AVAILABLE, mara) == -9_200
    seen = page.get(HOME)
    assert "-$92.00" in seen.text and not seen.has_form(f"{HOME}/ask")
    assert whole(app)


def test_an_account_with_money_stays(app: Flask, rails: Rails, mara: Person) -> None:
    earned(app, mara, 10_000)
    page = with_wallet(app, mara)
    door = page.get("/settings/data/delete")
    assert "$92.00" in door.text and "Close your page and be paid out first" in door.text
    assert door.one('a[href="/dashboard/page#state"]') and door.one('main a[href="/dashboard/payouts"]')
    page.send(page.get("/dashboard/page").form("/dashboard/page/close"))
    door = page.get("/settings/data/delete")
    assert "Be paid out first" in door.text and not door.soup.select('main a[href="/dashboard/page#state"]')
    page.send(page.get("/dashboard/page").form("/dashboard/page/open"))
    asked(page)
    assert "on its way" in page.get("/settings/data/delete").text
    everything_runs(app)
    assert "$92.00" not in page.get("/settings/data/delete").text


def test_a_house_without_rails_says_so(app: Flask, mara: Person) -> None:
    assert "has not set up a way" in signed_in(app, mara).get(HOME).text


def test_a_payout_is_told_by_its_work_alone(app: Flask, rails: Rails, mara: Person) -> None:
    """Asked for often, done once."""
    earned(app, mara, 10_000)
    asked(with_wallet(app, mara))
    with app.app_context():
        for _ in range(5):
            jobs.settle_payouts()
        work.drain()
    assert len(rails.sent) == 1
    bought(app, a_person(app), mara, 100)
    assert whole(app)


def test_a_form_for_money_that_is_gone_asks_for_nothing(app: Flask, rails: Rails, mara: Person) -> None:
    earned(app, mara, 10_000)
    page = with_wallet(app, mara)
    form = page.get(HOME).form(f"{HOME}/ask")
    assert "nothing that could be paid out" in page.send(form, currency="EUR").text
    assert payouts_of(app, mara) == []


def test_what_the_rail_may_have_sent_waits_while_the_rail_is_closed(
    app: Flask, rails: Rails, mara: Person
) -> None:
    earned(app, mara, 10_000)
    rails.says = [Unknown()]
    asked(with_wallet(app, mara))
    everything_runs(app)
    closed = app.extensions[payouts.PLACE].pop("solana")
    everything_runs(app)
    assert on(app, Kind.CREATOR_AVAILABLE, mara) == 0
    app.extensions[payouts.PLACE]["solana"] = closed
    everything_runs(app)
    assert [one.state for one in payouts_of(app, mara)] == ["paid"]
    assert whole(app)


@pytest.mark.fault_long
def test_however_many_wait_each_is_asked_about(app: Flask, rails: Rails, mara: Person) -> None:
    """The wallet is too empty for two hundred of them."""
    at = clock.now() - timedelta(hours=1)
    others = [a_person(app) for _ in range(jobs.BATCH)]
    with app.app_context(), transaction():
        for other in others:
            place = PayoutAccount(
                creator_id=other.id, rail="solana", provider_id=f"{other.id}", state="ready"
            )
            db.session.add(place)
            db.session.flush()
            values = {
                "rail": "solana",
                "amount": 5,
                "currency": "USD",
                "rail_amount": 5,
                "rail_currency": "USDC",
            }
            db.session.add(
                Payout(creator_id=other.id, account_id=place.id, state="sent", created_at=at, **values)
            )
    earned(app, mara, 10_000)
    asked(with_wallet(app, mara))
    (payout,) = payouts_of(app, mara)
    with app.app_context(), transaction():
        paying_out.set_out(payout.id)
        db.session.query(WorkItem).filter(WorkItem.kind == paying_out.SEND).delete()
    rails.says = [Unknown()] * jobs.BATCH
    for _ in range(2):
        everything_runs(app)
    assert [one.state for one in payouts_of(app, mara)] == ["paid"]


def test_a_rail_that_is_closed_meanwhile_gives_it_back(app: Flask, rails: Rails, mara: Person) -> None:
    earned(app, mara, 10_000)
    asked(with_wallet(app, mara))
    app.extensions[payouts.PLACE].pop("solana")
    everything_runs(app)
    assert [one.failure_code for one in payouts_of(app, mara)] == ["rail_closed"]
    assert on(app, Kind.CREATOR_AVAILABLE, mara) == 9_200
    page = signed_in(app, mara)
    token = page.get(HOME).form(f"{HOME}/plan").fields["csrf_token"]
    answer = page.post(f"{HOME}/wallet", {"csrf_token": token, "idempotency_key": "k", "address": WALLET})
    assert answer.status == 404


def test_a_long_history_goes_on(app: Flask, rails: Rails, mara: Person) -> None:
    earned(app, mara, 100_000)
    page = with_wallet(app, mara)
    with app.app_context():
        for n in range(32):
            with transaction():
                wish = Wish("solana", 100 + n, "USD")
                payout = paying_out.ask(mara.id, wish, asked_by=mara.id)
                paying_out.cancel(payout.id, mara.id)
    seen = page.get(HOME)
    assert len(seen.soup.select("tbody tr")) == 30
    seen = page.get(str(seen.one("a[rel=next]")["href"]))
    assert len(seen.soup.select("tbody tr")) == 2 and "$1.00" in seen.text
    boss = signed_in(app, a_person(app, "boss", roles=("fan", "admin")), second_factor=True)
    seen = boss.get("/admin/payouts?state=failed")
    seen = boss.get(str(seen.one("a[rel=next]")["href"]))
    assert len(seen.soup.select("tbody tr")) == 2
    assert whole(app)
