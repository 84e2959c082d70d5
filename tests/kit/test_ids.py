"""Ids grow with time, so that indexes grow at their end, and cannot be guessed."""

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit import chance, clock, ids
from app.kit.clock import FixedClock


def test_an_id_is_a_uuid_of_version_seven() -> None:
    made = ids.new_id()
    assert made.version == 7
    assert made.variant == RFC_4122


def test_ids_follow_the_clock() -> None:
    fixed = FixedClock(datetime(2026, 11, 21, 12, 0, tzinfo=UTC))
    with clock.using(fixed):
        made = []
        for _ in range(50):
            made.append(ids.new_id())
            fixed.move(timedelta(milliseconds=1))
    assert made == sorted(made)
    assert made[0].int >> 80 == 1_795_262_400_000


def test_ids_of_one_moment_differ_and_are_in_order() -> None:
    with clock.using(FixedClock(datetime(2026, 11, 21, tzinfo=UTC))):
        made = [ids.new_id() for _ in range(10_000)]
    assert made == sorted(set(made))
    assert {(one.version, one.variant) for one in made} == {(7, RFC_4122)}


@given(st.text())
def test_what_is_no_id_is_nothing(text: str) -> None:
    assert ids.parse_id(text) is None or isinstance(ids.parse_id(text), UUID)


@pytest.mark.parametrize("text", ["", "1", "not-an-id", "\x00" * 36])
def test_hostile_ids_are_nothing(text: str) -> None:
    assert ids.parse_id(text) is None


def test_an_id_survives_being_written() -> None:
    made = ids.new_id()
    assert ids.parse_id(str(made)) == made


def test_chance_can_be_replaced_and_restored() -> None:
    before = chance._source
    try:
        chance.use(lambda length: b"\x07" * length)
        assert chance.token(3) == "BwcH"
    finally:
        chance.use(before)


def test_tokens_are_long_and_fit_into_addresses() -> None:
    made = {chance.token() for _ in range(1_000)}
    assert len(made) == 1_000
    assert all(len(token) == 43 and token.replace("-", "").replace("_", "").isalnum() for token in made)


def test_readable_codes_hold_nothing_that_looks_alike() -> None:
    assert set("".join(chance.readable(40) for _ in range(200))) <= set(chance.READABLE)
    assert not set("0O1IL") & set(chance.READABLE)
