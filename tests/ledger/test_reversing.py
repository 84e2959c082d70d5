"""Taking back: all of it, parts of it, never more than there was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ledger import queries
from app.ledger.chart import Kind
from app.ledger.entries import Account, Entry, Leg
from app.ledger.errors import CauseReused, OverReversed
from app.ledger.operations import posting
from app.ledger.operations.posting import Part, Posted
from app.ledger.parts import Slice, apportion, taken_back
from app.platform.transaction import transaction
from tests.ledger.books import CARD, FEE, balance, earned, post, sale, somebody, whole

ledger = pytest.mark.usefixtures("context")


def reverse(original: Posted, cause: str, part: "Part | list[int] | None" = None) -> Posted:
    with transaction():
        return posting.reverse(original.id, cause=cause, part=part)


@ledger
def test_a_reversal_names_what_it_reverses_and_leaves_nothing() -> None:
    mara = somebody()
    [sold] = post(sale("s1", mara))
    back = reverse(sold, "r1")
    assert queries.entry(back.id).reverses == sold.id
    assert [one.id for one in queries.reversals(sold.id)] == [back.id]
    assert [balance(account).posted for account in (CARD, FEE, earned(mara))] == [0, 0, 0]
    assert whole()


@ledger
def test_parts_add_up_to_the_whole_and_no_further() -> None:
    mara = somebody()
    [sold] = post(sale("s1", mara, 1001, 101))
    for number in range(3):
        reverse(sold, f"r{number}", Part(1, 3))
    reverse(sold, "rest")
    assert balance(earned(mara)).posted == balance(FEE).posted == balance(CARD).posted == 0
    for part in (None, Part(1, 1001)):
        with pytest.raises(OverReversed):
            reverse(sold, "more", part)
    assert whole()


@ledger
def test_so_much_of_each_leg() -> None:
    mara = somebody()
    [sold] = post(sale("s1", mara))
    reverse(sold, "r1", [500, 500, 0])
    assert (balance(earned(mara)).posted, balance(FEE).posted) == (400, 100)
    with pytest.raises(OverReversed):
        reverse(sold, "r2", [500, 500, 0])
    assert balance(earned(mara)).posted == 400
    assert whole()


@ledger
def test_the_same_reversal_again_is_the_same() -> None:
    mara = somebody()
    [sold, other] = post(sale("s1", mara), sale("s2", mara))
    parts: dict[str, Part | list[int] | None] = {"part": Part(1, 4), "legs": [100, 90, 10], "rest": None}
    first = {cause: reverse(sold, cause, part) for cause, part in parts.items()}
    for cause, part in parts.items():
        again = reverse(sold, cause, part)
        assert (again.id, again.fresh) == (first[cause].id, False)
    changed: dict[str, Part | list[int] | None] = {"part": Part(1, 2), "legs": [100, 100, 0]}
    for cause, part in changed.items():
        with pytest.raises(CauseReused):
            reverse(sold, cause, part)
    with pytest.raises(CauseReused):
        reverse(other, "rest")
    assert whole()


@ledger
def test_a_reversal_can_be_taken_back_and_made_again() -> None:
    """A dispute that is won, and lost in the end."""
    mara = somebody()
    [sold] = post(sale("s1", mara))
    dispute = reverse(sold, "dispute")
    reverse(dispute, "won")
    assert balance(earned(mara)).posted == 900
    with pytest.raises(OverReversed):
        reverse(dispute, "won twice")
    reverse(sold, "lost")
    assert balance(earned(mara)).posted == 0
    assert whole()


@ledger
def test_by_hand_no_more_is_taken_back_either() -> None:
    mara, rival = somebody(), somebody()
    [sold] = post(sale("s1", mara))
    for legs in (
        (Leg(earned(mara), 901), Leg(CARD, -901)),
        (Leg(earned(rival), 1), Leg(earned(mara), -1)),
        (Leg(earned(mara), -1), Leg(earned(rival), 1)),
    ):
        with pytest.raises(OverReversed):
            post(Entry("r", "reversal", legs, reverses=sold.id))
    assert queries.entry_of("r") is None
    assert whole()


@ledger
def test_each_currency_is_taken_back_for_itself() -> None:
    mara = somebody()
    legs = (
        Leg(Account(Kind.CHAIN_HOT, "SOL"), 10),
        Leg(Account(Kind.EXCHANGE, "SOL"), -10),
        Leg(Account(Kind.EXCHANGE, "USD"), 1500),
        Leg(earned(mara), -1500),
    )
    [sold] = post(Entry("s1", "sale", legs))
    reverse(sold, "third", Part(1, 3))
    assert balance(Account(Kind.CHAIN_HOT, "SOL")).posted == 7
    assert balance(earned(mara)).posted == 1000
    assert whole()


def test_a_part_is_some_of_the_whole() -> None:
    for numerator, denominator in ((0, 5), (6, 5), (-1, 5)):
        with pytest.raises(ValueError, match="no part"):
            Part(numerator, denominator)


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=6), st.data())
def test_shares_are_whole_and_never_larger_than_what_they_are_of(
    weights: list[int], data: st.DataObject
) -> None:
    target = data.draw(st.integers(0, sum(weights)))
    shares = apportion(target, weights)
    assert sum(shares) == target
    assert all(0 <= share <= weight for share, weight in zip(shares, weights, strict=True))


def test_of_nothing_nothing_is_shared() -> None:
    assert apportion(0, [0, 0]) == [0, 0]
    with pytest.raises(OverReversed):
        apportion(1, [0])


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=4), st.integers(1, 60), st.integers(1, 60))
def test_both_sides_give_the_same(credits: list[int], numerator: int, more: int) -> None:
    legs = [Slice("USD", sum(credits), sum(credits)), *[Slice("USD", -one, -one) for one in credits]]
    taken = taken_back(legs, Part(numerator, numerator + more))
    assert sum(taken) == 0
    assert taken[0] == sum(credits) * numerator // (numerator + more)
