"""What is paid out to banks, as the card processor tells of it, against the books."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.ledger.chart import Kind
from tests.earnings.asking import asked, on, payouts_of
from tests.earnings.conftest import earned, everything_runs
from tests.earnings.test_bank import fill, set_up
from tests.factories.people import Person, signed_in
from tests.payments.cards import Till, a_till, taking_cards
from tests.payments.test_card_balance import reconcile


@pytest.fixture
def till(app: Flask, tmp_path: Path) -> Iterator[Till]:
    """Whose balance begins with nothing."""
    with a_till(app, tmp_path) as till, taking_cards(app, till.double):
        yield till


@pytest.fixture
def paid_out(app: Flask, till: Till, mara: Person) -> str:
    """The name of the transfer. What was earned came another way: one entry has no movement, and the balance
    differs by it.
    """
    fill(till)
    earned(app, mara, 10_000)
    page = signed_in(app, mara)
    set_up(till, page)
    asked(page)
    everything_runs(app)
    assert reconcile(app, hours=2) == ["no_movement"]
    (payout,) = payouts_of(app, mara)
    assert payout.provider_id is not None
    return payout.provider_id


def test_a_transfer_that_is_taken_back_agrees(app: Flask, till: Till, mara: Person, paid_out: str) -> None:
    till.double.client().v1.transfers.reversals.create(paid_out)
    till.settle()
    assert on(app, Kind.CREATOR_AVAILABLE, mara) == 9_200
    assert reconcile(app, hours=4) == ["no_movement", "balance"]


def test_a_part_that_is_taken_back_is_a_case(app: Flask, till: Till, mara: Person, paid_out: str) -> None:
    till.double.client().v1.transfers.reversals.create(paid_out, {"amount": 1_000})
    till.settle()
    assert on(app, Kind.CREATOR_AVAILABLE, mara) == 0
    assert reconcile(app, hours=4) == ["no_movement", "no_entry"]
