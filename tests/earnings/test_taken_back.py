"""Somebody took a creator's account over, and its owner takes it back: where the money goes."""

from datetime import timedelta

from flask import Flask

from app.earnings import queries
from app.earnings.models import PayoutAccount
from app.earnings.operations import destinations
from app.extensions import db
from app.kit.clock import FixedClock
from app.platform.transaction import transaction
from tests.accounts.taking_over import NEW, ask, confirm, left, listed, take_back, undo_link
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
    back = take_back(app, mara)
    assert f"The payout place Solana wallet {OTHER_WALLET}" in listed(back)
    assert left(back) == []
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


def test_a_bank_that_was_begun_before_and_finished_by_a_thief_goes(
    app: Flask, rails: Rails, mara: Person, fixed_clock: FixedClock
) -> None:
    earned(app, mara, 10_000)
    thief = signed_in(app, mara)
    thief.send(thief.get(HOME).form(f"{HOME}/card"), country="US")
    fixed_clock.move(timedelta(minutes=1))
    ask(thief)
    confirm(app, thief)
    link = undo_link(app, mara)
    the_processor_says(app, mara, "acct_thief", "ready")
    fixed_clock.move(timedelta(hours=25))
    asked(signed_in(app, mara))
    assert [one.state for one in payouts_of(app, mara)] == ["due"]
    assert any("acct_thief" in line for line in listed(take_back(app, mara, link)))
    everything_runs(app)
    assert rails.sent == [] and places_of(app, mara) == []
    assert [one.state for one in payouts_of(app, mara)] == ["failed"]


def test_the_owners_place_stays_though_they_set_it_back_themselves(
    app: Flask, rails: Rails, mara: Person, fixed_clock: FixedClock
) -> None:
    owner = with_wallet(app, mara)
    fixed_clock.move(timedelta(minutes=1))
    thief = signed_in(app, mara)
    ask(thief)
    confirm(app, thief)
    fixed_clock.move(timedelta(minutes=1))
    thief.send(thief.get(HOME).form(f"{HOME}/wallet"), address=OTHER_WALLET)
    fixed_clock.move(timedelta(minutes=1))
    owner.send(owner.get(HOME).form(f"{HOME}/wallet"), address=WALLET)
    assert listed(take_back(app, mara)) == []
    assert places_of(app, mara) == [WALLET]


def test_the_owners_place_stays_though_a_thief_undid_a_change_of_their_own(
    app: Flask, rails: Rails, mara: Person, fixed_clock: FixedClock
) -> None:
    with_wallet(app, mara)
    fixed_clock.move(timedelta(minutes=1))
    thief = signed_in(app, mara)
    ask(thief)
    confirm(app, thief)
    link = undo_link(app, mara)
    fixed_clock.move(timedelta(minutes=1))
    ask(thief, "third@example.test")
    confirm(app, thief, "third@example.test")
    thief.send(thief.get(HOME).form(f"{HOME}/wallet"), address=OTHER_WALLET)
    fixed_clock.move(timedelta(minutes=1))
    theirs = last_letter(app, NEW, "email_change_notice").path("/email/undo/")
    take_back(app, mara, theirs)
    assert places_of(app, mara) == [WALLET]
    fixed_clock.move(timedelta(minutes=1))
    assert listed(take_back(app, mara, link)) == []
    assert places_of(app, mara) == [WALLET]


def test_the_owners_bank_stays_though_the_processor_wanted_papers_since(
    app: Flask, rails: Rails, mara: Person, fixed_clock: FixedClock
) -> None:
    page = with_wallet(app, mara)
    page.send(page.get(HOME).form(f"{HOME}/card"), country="US")
    the_processor_says(app, mara, "acct_1", "ready")
    fixed_clock.move(timedelta(days=1))
    thief = signed_in(app, mara)
    ask(thief)
    confirm(app, thief)
    fixed_clock.move(timedelta(minutes=1))
    thief.send(thief.get(HOME).form(f"{HOME}/wallet"), address=OTHER_WALLET)
    the_processor_says(app, mara, "acct_1", "incomplete")
    the_processor_says(app, mara, "acct_1", "ready")
    assert "Payouts go there from" not in thief.get(HOME).text
    assert listed(take_back(app, mara)) == [f"The payout place Solana wallet {OTHER_WALLET}"]
    # The first is where payouts by the clock go.
    assert places_of(app, mara) == [WALLET, "acct_1"]


def the_processor_says(app: Flask, person: Person, provider_id: str, state: str) -> None:
    with app.app_context(), transaction():
        found = db.session.query(PayoutAccount.id).filter_by(creator_id=person.id, rail="card").one()
        destinations.record_card(found.id, provider_id, state, [])


def places_of(app: Flask, person: Person) -> list[str | None]:
    """Those that are not removed."""
    with app.app_context():
        return [one.provider_id for one in queries.accounts(person.id) if one.removed_at is None]
