"""Money that is set aside cannot be spent; it is taken, in part or whole, or given back, once."""

from datetime import timedelta

import pytest
from flask import Flask

from app.extensions import WriteOutsideTransaction
from app.kit import clock
from app.kit.clock import FixedClock
from app.ledger import queries
from app.ledger.errors import CauseReused, HoldGone, NotCovered
from app.ledger.operations import holds
from app.ledger.operations.holds import Held
from app.ledger.queries import Balance
from app.platform import schedule
from app.platform.errors import Refused
from app.platform.transaction import transaction
from tests.ledger.books import BANK, balance, earned, payout, post, sale, somebody, whole

pytestmark = pytest.mark.usefixtures("context")


def hold(owner: object, amount: int, cause: str = "h1", **when: object) -> Held:
    with transaction():
        return holds.hold(earned(owner), amount, cause=cause, **when)  # type: ignore[arg-type]


def test_what_is_held_is_there_and_not_free() -> None:
    mara = somebody()
    post(sale("s1", mara))
    hold(mara, 600)
    assert balance(earned(mara)) == Balance(900, 600)
    assert balance(earned(mara)).available == 300
    with pytest.raises(NotCovered):
        post(payout("p1", mara, 301))
    with pytest.raises(NotCovered):
        hold(mara, 301, "h2")
    post(payout("p1", mara, 300))
    assert whole()


def test_who_has_nothing_has_nothing_to_hold() -> None:
    with pytest.raises(NotCovered):
        hold(somebody(), 1)


def test_a_capture_takes_what_it_takes_and_frees_the_rest() -> None:
    mara = somebody()
    post(sale("s1", mara))
    held = hold(mara, 600)
    with transaction():
        taken = holds.capture(held.id, payout("p1", mara, 450))
    assert balance(earned(mara)) == Balance(450, 0)
    kept = queries.find_hold("h1")
    assert kept is not None
    assert (kept.state, kept.entry_id) == ("posted", taken.id)
    assert whole()


def test_a_capture_again_is_the_same_and_takes_nothing_more() -> None:
    mara = somebody()
    post(sale("s1", mara))
    held = hold(mara, 600)
    for fresh in (True, False):
        with transaction():
            assert holds.capture(held.id, payout("p1", mara, 600)).fresh is fresh
    assert balance(earned(mara)) == Balance(300, 0)


def test_all_of_it_may_be_held_and_taken() -> None:
    mara = somebody()
    post(sale("s1", mara))
    held = hold(mara, 900)
    with transaction():
        holds.capture(held.id, payout("p1", mara, 900))
    assert balance(earned(mara)) == Balance(0, 0)
    assert whole()


@pytest.mark.parametrize(("amount", "refusal"), [(601, NotCovered), (-5, HoldGone)])
def test_a_capture_takes_no_more_than_is_held_and_not_less_than_something(
    amount: int, refusal: type[Refused]
) -> None:
    mara = somebody()
    post(sale("s1", mara))
    held = hold(mara, 600)
    with transaction(), pytest.raises(refusal):
        holds.capture(held.id, payout("p1", mara, amount))
    assert balance(earned(mara)) == Balance(900, 600)
    assert whole()


def test_a_capture_takes_from_the_account_that_is_held() -> None:
    mara, rival = somebody(), somebody()
    post(sale("s1", mara), sale("s2", rival))
    held = hold(mara, 600)
    with transaction(), pytest.raises(HoldGone):
        holds.capture(held.id, payout("p1", rival, 600))
    assert balance(earned(rival)) == Balance(900, 0)


def test_what_is_given_back_is_free_and_gone_for_captures() -> None:
    mara = somebody()
    post(sale("s1", mara))
    held = hold(mara, 600)
    for again in (True, False):
        with transaction():
            assert holds.void(held.id) is again
    assert balance(earned(mara)) == Balance(900, 0)
    with transaction(), pytest.raises(HoldGone):
        holds.capture(held.id, payout("p1", mara, 600))
    assert whole()


def test_the_same_cause_holds_once() -> None:
    mara, rival = somebody(), somebody()
    post(sale("s1", mara), sale("s2", rival))
    first, again = hold(mara, 600), hold(mara, 600)
    assert (again.id, again.fresh) == (first.id, False)
    with pytest.raises(CauseReused):
        hold(mara, 601)
    with pytest.raises(CauseReused):
        hold(rival, 600)
    assert balance(earned(mara)).held == 600


def test_an_expired_hold_is_given_back_by_the_clock(app: Flask, fixed_clock: FixedClock) -> None:
    mara = somebody()
    post(sale("s1", mara))
    soon = hold(mara, 100, "soon", expires_at=clock.now() + timedelta(minutes=5))
    hold(mara, 200, "late", expires_at=clock.now() + timedelta(hours=5))
    hold(mara, 300, "never")
    fixed_clock.move(timedelta(minutes=6))
    with transaction(), pytest.raises(HoldGone):
        holds.capture(soon.id, payout("p1", mara, 100))
    sweep = next(job for job in schedule.jobs() if job.name == "ledger.void_expired")
    assert schedule.run(sweep)
    assert balance(earned(mara)) == Balance(900, 500)
    assert whole()


def test_only_some_money_of_a_person_is_held() -> None:
    with transaction():
        for account, amount in ((BANK, 5), (earned(somebody()), 0)):
            with pytest.raises(ValueError, match="of a person"):
                holds.hold(account, amount, cause="h1")


def test_nothing_is_held_or_given_back_outside_a_transaction() -> None:
    with pytest.raises(WriteOutsideTransaction):
        holds.hold(earned(somebody()), 5, cause="h1")
    with pytest.raises(WriteOutsideTransaction):
        holds.void(somebody())
