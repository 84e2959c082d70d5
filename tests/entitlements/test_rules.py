"""What opens a thing and what does not, whoever holds what."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.entitlements.rules import (
    Audience,
    Closed,
    Decision,
    Holding,
    Kind,
    Lock,
    Outcome,
    Step,
    judge,
)
from tests.entitlements.strategies import (
    ALL_KINDS,
    CREATORS,
    DENIALS,
    HOLDINGS,
    ITEMS,
    KEYS,
    NOW,
    PEOPLE,
    STRANGER,
    WITHOUT_STAFF,
    grants,
    locks,
)

ITEM, OTHER_ITEM = ITEMS
CREATOR, OTHER_CREATOR = CREATORS
OUT = locks(private=st.just(False))
FIVE = st.lists(grants(ALL_KINDS) | DENIALS, min_size=5, max_size=5)


def concerns(lock: Lock, holding: Holding) -> bool:
    return holding.scope_id in {lock.item_id, lock.creator_id}


@given(OUT, PEOPLE, WITHOUT_STAFF, DENIALS)
def test_a_denial_closes_whatever_opens(
    lock: Lock, person: UUID | None, held: list[Holding], denial: Holding
) -> None:
    about_it = replace(denial, scope_id=lock.item_id)
    assert not judge(lock, person, [*held, about_it]).open
    if about_it.kind is not Closed.AGE:
        assert judge(lock, person, [*held, about_it]).outcome is Outcome.HIDDEN


@given(OUT, WITHOUT_STAFF)
def test_nothing_gated_opens_without_a_key(lock: Lock, held: list[Holding]) -> None:
    keys = [one for one in held if isinstance(one.kind, Kind) and concerns(lock, one)]
    if lock.audience is not Audience.PUBLIC and not keys:
        assert not judge(lock, STRANGER, held).open


@given(locks(), PEOPLE, HOLDINGS, KEYS)
def test_one_more_grant_never_closes(
    lock: Lock, person: UUID | None, held: list[Holding], key: Holding
) -> None:
    if judge(lock, person, held).open:
        assert judge(lock, person, [*held, key]).open


@given(locks(), PEOPLE, HOLDINGS, DENIALS)
def test_one_more_denial_never_opens(
    lock: Lock, person: UUID | None, held: list[Holding], denial: Holding
) -> None:
    if not judge(lock, person, held).open:
        assert not judge(lock, person, [*held, denial]).open


@given(locks(private=st.just(True)), PEOPLE, HOLDINGS)
def test_what_is_private_is_its_owners_alone_and_theirs_to_whom_it_was_opened_by_itself(
    lock: Lock, person: UUID | None, held: list[Holding]
) -> None:
    decision = judge(lock, person, held)
    opened = {Kind.PURCHASE, Kind.GIFT}
    theirs = any(one.scope_id == lock.item_id and one.kind in opened for one in held) or any(
        one.scope_id in {lock.item_id, lock.creator_id} and one.kind is Kind.STAFF for one in held
    )
    if person != lock.creator_id and not theirs:
        assert decision.outcome is Outcome.HIDDEN
        assert decision.ways == ()


@given(locks(), PEOPLE, HOLDINGS)
def test_what_is_about_something_else_does_not_count(
    lock: Lock, person: UUID | None, held: list[Holding]
) -> None:
    assert judge(lock, person, held) == judge(lock, person, [one for one in held if concerns(lock, one)])


@given(
    locks(), PEOPLE, st.permutations(range(5)), st.lists(grants(ALL_KINDS) | DENIALS, min_size=5, max_size=5)
)
def test_the_order_in_which_things_are_held_decides_nothing(
    lock: Lock, person: UUID | None, order: list[int], held: list[Holding]
) -> None:
    shuffled = [held[place] for place in order]
    assert judge(lock, person, shuffled).outcome is judge(lock, person, held).outcome


@given(OUT, PEOPLE, HOLDINGS, grants(st.just(Kind.STAFF)))
def test_staff_who_were_let_in_see_what_is_closed(
    lock: Lock, person: UUID | None, held: list[Holding], let_in: Holding
) -> None:
    """For as long as they were let in: what is not living is not among what is held."""
    decision = judge(lock, person, [*held, replace(let_in, scope_id=lock.item_id)])
    assert (decision.open, decision.because) == (True, Kind.STAFF)


@given(locks(), PEOPLE, HOLDINGS)
def test_every_decision_can_be_told(lock: Lock, person: UUID | None, held: list[Holding]) -> None:
    decision = judge(lock, person, held)
    assert decision.explained()
    assert not (decision.open and decision.ways)
    if decision.outcome is Outcome.LOCKED and decision.because != Closed.AGE:
        assert decision.ways, "it says what would open it"


KEYS_AND_AUDIENCES = [
    # audience, what is held, its scope, whether that opens it
    (Audience.FOLLOWERS, Kind.FOLLOW, CREATOR, True),
    (Audience.FOLLOWERS, Kind.SUBSCRIPTION, CREATOR, True),
    (Audience.FOLLOWERS, Kind.FOLLOW, OTHER_CREATOR, False),
    (Audience.SUBSCRIBERS, Kind.FOLLOW, CREATOR, False),
    (Audience.SUBSCRIBERS, Kind.SUBSCRIPTION, CREATOR, True),
    (Audience.SUBSCRIBERS, Kind.SUBSCRIPTION, OTHER_CREATOR, False),
    (Audience.SUBSCRIBERS, Kind.GIFT, CREATOR, True),
    (Audience.SUBSCRIBERS, Kind.PURCHASE, ITEM, True),
    (Audience.SUBSCRIBERS, Kind.PURCHASE, OTHER_ITEM, False),
    (Audience.SUBSCRIBERS, Kind.PURCHASE, CREATOR, False),
    (Audience.PAID, Kind.SUBSCRIPTION, CREATOR, False),
    (Audience.PAID, Kind.FOLLOW, CREATOR, False),
    (Audience.PAID, Kind.GIFT, CREATOR, False),
    (Audience.PAID, Kind.GIFT, ITEM, True),
    (Audience.PAID, Kind.PURCHASE, ITEM, True),
]


@pytest.mark.parametrize(("audience", "kind", "scope", "opens"), KEYS_AND_AUDIENCES)
def test_which_key_fits_which_lock(audience: Audience, kind: Kind, scope: UUID, opens: bool) -> None:
    lock = Lock(ITEM, CREATOR, audience, price=499)
    decision = judge(lock, STRANGER, [Holding(scope, kind)])
    assert decision.open is opens
    assert decision.because == (kind if opens else audience)


@pytest.mark.parametrize(
    ("held", "asked", "opens"), [(1, 2, False), (2, 2, True), (3, 2, True), (0, 0, True)]
)
def test_a_subscription_opens_up_to_its_rank(held: int, asked: int, opens: bool) -> None:
    lock = Lock(ITEM, CREATOR, Audience.SUBSCRIBERS, rank=asked)
    assert judge(lock, STRANGER, [Holding(CREATOR, Kind.SUBSCRIPTION, rank=held)]).open is opens


def steps(decision: Decision) -> list[Step]:
    return [way.step for way in decision.ways]


def test_subscribers_read_for_nothing_what_others_pay_for() -> None:
    lock = Lock(ITEM, CREATOR, Audience.SUBSCRIBERS, rank=2, price=499)
    locked = judge(lock, STRANGER, [Holding(CREATOR, Kind.SUBSCRIPTION, rank=1)])
    assert steps(locked) == [Step.SUBSCRIBE, Step.BUY]
    assert locked.payable
    assert locked.explained() == "For subscribers · Pay $4.99 to open"
    assert judge(lock, STRANGER, [Holding(CREATOR, Kind.SUBSCRIPTION, rank=2)]).open
    assert judge(lock, STRANGER, [Holding(ITEM, Kind.PURCHASE)]).open


def test_who_is_signed_out_may_sign_in_besides() -> None:
    followers = judge(Lock(ITEM, CREATOR, Audience.FOLLOWERS), None, [])
    assert steps(followers) == [Step.FOLLOW, Step.SIGN_IN]
    assert not followers.payable
    assert followers.explained() == "Follow to open"
    paid = judge(Lock(ITEM, CREATOR, Audience.PAID, price=499), None, [])
    assert steps(paid) == [Step.BUY, Step.SIGN_IN]


def test_what_is_said_of_what_is_open_and_of_what_is_not() -> None:
    lock = Lock(ITEM, CREATOR, Audience.SUBSCRIBERS)
    gold = Holding(CREATOR, Kind.SUBSCRIPTION, label="Gold", ends_at=NOW)
    assert judge(lock, STRANGER, [gold]).explained() == "Included in Gold until 3 May 2027"
    assert judge(lock, CREATOR, []).explained() == "Your own"
    assert judge(lock, STRANGER, [Holding(ITEM, Closed.AGE)]).explained() == "For adults only"
    assert judge(lock, STRANGER, [Holding(ITEM, Closed.TAKEDOWN)]).explained() == "Not available."


def test_of_several_keys_the_one_that_opens_for_longest_is_named() -> None:
    lock = Lock(ITEM, CREATOR, Audience.SUBSCRIBERS)
    short = Holding(CREATOR, Kind.GIFT, ends_at=NOW)
    long = Holding(CREATOR, Kind.SUBSCRIPTION, label="Gold", ends_at=NOW + timedelta(days=30))
    bought = Holding(ITEM, Kind.PURCHASE)
    assert judge(lock, STRANGER, [short, long]).because == Kind.SUBSCRIPTION
    assert judge(lock, STRANGER, [long, bought, bought, short]).because == Kind.PURCHASE


def test_its_maker_is_kept_out_of_what_was_taken_down_and_not_by_a_lock() -> None:
    lock = Lock(ITEM, CREATOR, Audience.PAID, price=499, private=True)
    assert judge(lock, CREATOR, []).open
    assert judge(lock, CREATOR, [Holding(ITEM, Closed.TAKEDOWN)]).outcome is Outcome.HIDDEN
