"""Many at once: nobody waits for ever, and what happens once happens once."""

import threading
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from app.extensions import db
from app.ledger import queries
from app.ledger.entries import Entry, Leg
from app.ledger.errors import CauseReused, NotCovered, OverReversed
from app.ledger.operations import holds, posting
from app.platform.transaction import transaction
from tests.ledger.books import balance, credit, earned, payout, post, sale, somebody, whole

TIMES = 25


@pytest.fixture
def mara(context: Flask) -> UUID:
    return somebody()


def at_once(app: Flask, actions: Sequence[Callable[[], Any]]) -> list[Any]:
    """Each in a transaction and a thread of its own, begun together: what they gave, or what stopped them."""
    together = threading.Barrier(len(actions))
    outcomes: list[Any] = [None] * len(actions)

    def run(place: int) -> None:
        with app.app_context():
            together.wait()
            try:
                with transaction():
                    outcomes[place] = actions[place]()
            except Exception as error:
                outcomes[place] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=[place]) for place in range(len(actions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    return outcomes


def move(cause: str, giver: UUID, taker: UUID) -> Entry:
    return Entry(cause, "gift", (Leg(credit(giver), 1), Leg(credit(taker), -1)))


def test_opposite_orders_do_not_lock_each_other_out(app: Flask, mara: UUID) -> None:
    fan = somebody()
    for time in range(TIMES):
        there = [move(f"there:{time}:{number}", fan, mara) for number in range(3)]
        back = [move(f"back:{time}:{number}", mara, fan) for number in range(3)]
        outcomes = at_once(app, [lambda: posting.post_all(there), lambda: posting.post_all(back)])  # noqa: B023
        assert [len(posted) for posted in outcomes] == [3, 3]
    assert balance(credit(mara)).posted == 0
    assert whole()


def test_accounts_that_many_need_first_are_opened_once(app: Flask, mara: UUID) -> None:
    outcomes = at_once(app, [lambda n=n: posting.post(sale(f"s{n}", mara)) for n in range(6)])  # type: ignore[misc]
    assert all(posted.fresh for posted in outcomes)
    assert balance(earned(mara)).posted == 5400
    assert whole()


def test_the_same_cause_at_once_is_one_entry(app: Flask, mara: UUID) -> None:
    outcomes = at_once(app, [lambda: posting.post(sale("s1", mara))] * 6)
    assert len({posted.id for posted in outcomes}) == 1
    assert sorted(posted.fresh for posted in outcomes) == [False] * 5 + [True]
    assert balance(earned(mara)).posted == 900
    assert whole()


def test_the_same_cause_for_different_things_is_one_of_them(app: Flask, mara: UUID) -> None:
    outcomes = at_once(app, [lambda: posting.post(sale("s1", somebody())) for _ in range(4)])
    assert sum(isinstance(outcome, CauseReused) for outcome in outcomes) == 3
    assert len(queries.entries_about("invoice", "s1")) == 1
    assert whole()


def test_the_last_money_is_spent_once(app: Flask, mara: UUID) -> None:
    post(sale("s1", mara))
    outcomes = at_once(app, [lambda n=n: posting.post(payout(f"p{n}", mara, 900)) for n in range(5)])  # type: ignore[misc]
    assert sum(isinstance(outcome, NotCovered) for outcome in outcomes) == 4
    assert balance(earned(mara)).posted == 0
    assert whole()


def test_the_last_money_is_held_once(app: Flask, mara: UUID) -> None:
    post(sale("s1", mara))
    outcomes = at_once(
        app,
        [lambda n=n: holds.hold(earned(mara), 900, cause=f"h{n}") for n in range(5)],  # type: ignore[misc]
    )
    assert sum(isinstance(outcome, NotCovered) for outcome in outcomes) == 4
    assert balance(earned(mara)).available == 0
    assert whole()


def test_a_cause_that_holds_on_two_accounts_at_once_holds_on_one(app: Flask, mara: UUID) -> None:
    rival = somebody()
    post(sale("s1", mara), sale("s2", rival))
    for time in range(TIMES):
        outcomes = at_once(
            app,
            [lambda one=one: holds.hold(earned(one), 1, cause=f"h{time}") for one in (mara, rival)],  # type: ignore[misc]  # noqa: B023
        )
        assert sum(isinstance(outcome, CauseReused) for outcome in outcomes) == 1
    assert balance(earned(mara)).held + balance(earned(rival)).held == TIMES
    assert whole()


def test_a_hold_is_taken_or_given_back_and_not_both(app: Flask, mara: UUID) -> None:
    post(*[sale(f"s{time}", mara) for time in range(TIMES)])
    for time in range(TIMES):
        with transaction():
            held = holds.hold(earned(mara), 900, cause=f"h{time}")
        taken, given = at_once(
            app,
            [
                lambda: holds.capture(held.id, payout(f"p{time}", mara, 900)),  # noqa: B023
                lambda: holds.void(held.id),  # noqa: B023
            ],
        )
        assert isinstance(taken, Exception) == given
        assert balance(earned(mara)).held == 0
    assert whole()


def test_something_is_taken_back_once(app: Flask, mara: UUID) -> None:
    [sold] = post(sale("s1", mara))
    outcomes = at_once(app, [lambda n=n: posting.reverse(sold.id, cause=f"r{n}") for n in range(5)])  # type: ignore[misc]
    assert sum(isinstance(outcome, OverReversed) for outcome in outcomes) == 4
    assert balance(earned(mara)).posted == 0
    assert whole()
