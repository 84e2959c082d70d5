"""Payouts by the clock: when, from how much on, and to which place."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app.accounts.models import User
from app.earnings import jobs
from app.earnings.models import PayoutAccount
from app.earnings.operations import planning
from app.extensions import db
from app.kit import clock
from app.kit.clock import FixedClock
from app.platform.transaction import transaction
from tests.earnings.asking import HOME, a_bank, asked, payouts_of, with_wallet
from tests.earnings.conftest import OTHER_WALLET, WALLET, Rails, earned, everything_runs, later
from tests.factories.people import Person, signed_in
from tests.factories.restored import compared, restored


@pytest.mark.parametrize(
    ("rhythm", "at", "expected"),
    [
        ("weekly", datetime(2026, 11, 21, 12, tzinfo=UTC), datetime(2026, 11, 23, 6, tzinfo=UTC)),
        ("weekly", datetime(2026, 11, 23, 5, tzinfo=UTC), datetime(2026, 11, 23, 6, tzinfo=UTC)),
        ("weekly", datetime(2026, 11, 23, 6, tzinfo=UTC), datetime(2026, 11, 30, 6, tzinfo=UTC)),
        ("monthly", datetime(2028, 1, 31, 12, tzinfo=UTC), datetime(2028, 2, 1, 6, tzinfo=UTC)),
        ("monthly", datetime(2028, 2, 29, 12, tzinfo=UTC), datetime(2028, 3, 1, 6, tzinfo=UTC)),
        ("monthly", datetime(2026, 12, 31, 23, tzinfo=UTC), datetime(2027, 1, 1, 6, tzinfo=UTC)),
    ],
)
def test_the_clock_knows_mondays_and_firsts(rhythm: str, at: datetime, expected: datetime) -> None:
    assert planning.next_time(rhythm, at) == expected


def test_a_plan_pays_once_however_long_nobody_looked(app: Flask, rails: Rails, mara: Person) -> None:
    earned(app, mara, 10_000)
    page = with_wallet(app, mara)
    page.send(page.get(HOME).form(f"{HOME}/plan"), rhythm="monthly", minimum="20")
    assert "The next one:" in page.get(HOME).text
    later(app, timedelta(hours=1))
    assert payouts_of(app, mara) == []
    after = clock.now() + timedelta(days=100)
    with clock.using(FixedClock(after)), app.app_context():
        jobs.planned_payouts()
        jobs.planned_payouts()
        everything_runs(app)
        jobs.planned_payouts()
    assert [(one.amount, one.state, one.asked_by) for one in payouts_of(app, mara)] == [(9_200, "paid", None)]
    with clock.using(FixedClock(after + timedelta(days=32))), app.app_context():
        jobs.planned_payouts()
    assert len(payouts_of(app, mara)) == 1


def test_a_plan_pays_a_place_that_is_new_as_soon_as_it_may(app: Flask, rails: Rails, mara: Person) -> None:
    """Chosen on the last of a month, it would have been paid a month later."""
    time = FixedClock(datetime(2027, 1, 31, 12, tzinfo=UTC))
    with clock.using(time):
        earned(app, mara, 10_000)
        page = with_wallet(app, mara)
        page.send(page.get(HOME).form(f"{HOME}/plan"), rhythm="monthly", minimum="20")
        time.move(timedelta(minutes=1))
        page.send(page.get(HOME).form(f"{HOME}/wallet"), address=OTHER_WALLET)
        time.at = datetime(2027, 2, 1, 6, 1, tzinfo=UTC)
        with app.app_context():
            jobs.planned_payouts()
        assert payouts_of(app, mara) == []
        assert "The next one: 1 February 2027, 12:01 UTC" in page.get(HOME).text
        time.at = datetime(2027, 2, 1, 12, 2, tzinfo=UTC)
        with app.app_context():
            jobs.planned_payouts()
            jobs.planned_payouts()
        assert len(payouts_of(app, mara)) == 1
        assert "The next one: 1 March 2027, 06:00 UTC" in page.get(HOME).text


def test_a_plan_leaves_alone_what_is_too_little_or_has_no_place(
    app: Flask, rails: Rails, mara: Person
) -> None:
    earned(app, mara, 2_000)
    page = with_wallet(app, mara)
    page.send(page.get(HOME).form(f"{HOME}/plan"), rhythm="weekly", minimum="20")
    later(app, timedelta(days=8))
    assert payouts_of(app, mara) == []
    page.send(page.get(HOME).form(f"{HOME}/plan"), rhythm="weekly", minimum="10")
    page.send(page.get(HOME).form(f"{HOME}/solana/remove"))
    later(app, timedelta(days=8))
    assert payouts_of(app, mara) == []


def test_a_plan_is_checked(app: Flask, rails: Rails, mara: Person) -> None:
    page = signed_in(app, mara)
    seen = page.send(page.get(HOME).form(f"{HOME}/plan"), minimum="nothing")
    assert seen.status == 422 and "1 or more" in seen.errors["minimum"]


def test_with_two_places_one_is_the_first_choice(app: Flask, rails: Rails, mara: Person) -> None:
    page = with_wallet(app, mara)
    a_bank(app, mara)
    page.send(page.get(HOME).form(f"{HOME}/card/prefer"))
    assert not page.get(HOME).has_form(f"{HOME}/card/prefer")
    page.send(page.get(HOME).form(f"{HOME}/card/remove"))
    with app.app_context():
        kept = db.session.query(PayoutAccount).filter_by(rail="solana").one()
        assert kept.preferred
    assert page.get(HOME).form(f"{HOME}/card").fields["country"] == ""


def test_a_plan_takes_the_place_that_takes_the_currency(app: Flask, rails: Rails, mara: Person) -> None:
    a_bank(app, mara)
    page = with_wallet(app, mara)  # the first choice, as the bank was never chosen
    earned(app, mara, 10_000)
    earned(app, mara, 5_000, currency="EUR")
    page.send(page.get(HOME).form(f"{HOME}/plan"), rhythm="weekly", minimum="20")
    later(app, timedelta(days=8))
    went = {one.currency: one.rail for one in payouts_of(app, mara)}
    assert went == {"EUR": "card", "USD": "solana"}
    with clock.using(FixedClock(clock.now() + timedelta(days=9))):
        everything_runs(app)
    assert {(order.destination, order.currency) for order in rails.sent} == {
        ("acct_1", "EUR"), (WALLET, "USDC")
    }  # fmt: skip


def test_a_place_that_is_not_finished_or_refused_gets_nothing(app: Flask, rails: Rails, mara: Person) -> None:
    earned(app, mara, 10_000)
    a_bank(app, mara, "refused")
    page = signed_in(app, mara)
    seen = page.get(HOME)
    assert "does not pay out to you" in seen.text and not seen.has_form(f"{HOME}/ask")
    page.send(seen.form(f"{HOME}/plan"), rhythm="weekly", minimum="20")
    later(app, timedelta(days=8))
    assert payouts_of(app, mara) == []


def test_by_hand_nothing_goes_by_itself(app: Flask, rails: Rails, mara: Person) -> None:
    earned(app, mara, 10_000)
    page = with_wallet(app, mara)
    page.send(page.get(HOME).form(f"{HOME}/plan"), rhythm="weekly", minimum="20")
    page.send(page.get(HOME).form(f"{HOME}/plan"), rhythm="by_hand", minimum="20")
    later(app, timedelta(days=40))
    assert payouts_of(app, mara) == []


def test_who_is_suspended_is_not_paid_meanwhile(app: Flask, rails: Rails, mara: Person) -> None:
    earned(app, mara, 10_000)
    page = with_wallet(app, mara)
    page.send(page.get(HOME).form(f"{HOME}/plan"), rhythm="weekly", minimum="20")
    with app.app_context(), transaction():
        db.session.get_one(User, mara.id).state = "suspended"
    later(app, timedelta(days=8))
    assert payouts_of(app, mara) == []


def test_a_rail_that_is_closed_is_no_place_to_ask_for_and_the_clock_takes_the_other(
    app: Flask, rails: Rails, mara: Person
) -> None:
    earned(app, mara, 10_000)
    page, at = with_wallet(app, mara), clock.now() - timedelta(days=30)
    with app.app_context(), transaction():
        bank = {"rail": "card", "provider_id": "acct_1", "state": "ready", "created_at": at, "changed_at": at}
        db.session.add(PayoutAccount(creator_id=mara.id, **bank))
    page.send(page.get(HOME).form(f"{HOME}/plan"), rhythm="weekly", minimum="20")
    settings = app.extensions["fanlight.settings"]
    app.extensions["fanlight.settings"] = settings.model_copy(update={"solana_rpc_url": []})
    options = page.get(HOME).soup.select("select[name=account] option")
    assert [option.get_text() for option in options] == ["Bank account"]
    later(app, timedelta(days=8))
    assert [one.rail for one in payouts_of(app, mara)] == ["card"]


def test_after_a_restore_nothing_is_paid_out_again_before_somebody_compared(
    app: Flask, rails: Rails, mara: Person
) -> None:
    """Neither what was asked for nor what the plan would do."""
    earned(app, mara, 10_000)
    page = with_wallet(app, mara)
    page.send(page.get(HOME).form(f"{HOME}/plan"), rhythm="weekly", minimum="20")
    restored(app)
    later(app, timedelta(days=8))
    assert payouts_of(app, mara) == []
    asked(page)
    everything_runs(app)
    assert [one.state for one in payouts_of(app, mara)] == ["due"] and rails.sent == []
    compared(app)
    everything_runs(app)
    assert [one.state for one in payouts_of(app, mara)] == ["paid"]
