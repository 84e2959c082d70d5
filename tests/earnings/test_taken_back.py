"""Somebody took a creator's account over, and its owner takes it back: where the money goes."""

from datetime import timedelta

from flask import Flask

from app.kit.clock import FixedClock
from tests.accounts.taking_over import ask, confirm, listed, take_back, undo_link
from tests.earnings.asking import HOME, asked, payouts_of, whole, with_wallet
from tests.earnings.conftest import OTHER_WALLET, WALLET, Rails, earned, everything_runs
from tests.factories.people import Person, signed_in
from tests.factories.post import last_letter


def test_a_thiefs_payout_place_goes_and_the_owners_comes_back(
    app: Flask, rails: Rails, mara: Person, fixed_clock: FixedClock
) -> None:
    earned(app, mara, 10_000)
    with_wallet(app, mara)
    fixed_clock.move(timedelta(days=1))
    thief = signed_in(app, mara)
    ask(thief)
    confirm(app, thief)
    fixed_clock.move(timedelta(minutes=1))
    thief.send(thief.get(HOME).form(f"{HOME}/wallet"), address=OTHER_WALLET)
    fixed_clock.move(timedelta(days=2))
    assert f"The payout place Solana wallet {OTHER_WALLET}" in listed(take_back(app, mara))
    told = last_letter(app, mara.email, "payout_destination")
    assert WALLET in told.text
    fixed_clock.move(timedelta(hours=25))
    asked(signed_in(app, mara))
    everything_runs(app)
    assert [order.destination for order in rails.sent] == [WALLET]


def test_a_payout_that_a_thief_asked_for_is_called_off(
    app: Flask, rails: Rails, mara: Person, fixed_clock: FixedClock
) -> None:
    earned(app, mara, 10_000)
    thief = signed_in(app, mara)
    ask(thief)
    confirm(app, thief)
    link = undo_link(app, mara)
    with_wallet(app, mara, OTHER_WALLET)
    asked(thief)
    take_back(app, mara, link)
    everything_runs(app)
    assert rails.sent == []
    assert [one.state for one in payouts_of(app, mara)] == ["failed"]
    assert whole(app)
