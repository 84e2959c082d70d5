"""Amounts as people read and type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.money import parse, plain, readable

CURRENCIES = st.sampled_from(["USD", "EUR", "JPY", "CHF", "USDC", "SOL"])


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        (499, "USD", "$4.99"),
        (5, "EUR", "€0.05"),
        (123_456_789, "GBP", "£1,234,567.89"),
        (-1_250, "USD", "-$12.50"),
        (1_500, "JPY", "¥1,500"),
        (990, "CHF", "9.90 CHF"),
        (1_500_000_000, "SOL", "1.50 SOL"),
        (1_234_567, "USDC", "1.234567 USDC"),
        (20, "PTS", "20 PTS"),
    ],
)
def test_amounts_read_as_people_write_them(amount: int, currency: str, words: str) -> None:
    assert readable(amount, currency) == words


@given(st.integers(0, 10**9 - 1), CURRENCIES)
def test_what_is_read_can_be_typed_again(amount: int, currency: str) -> None:
    typed = readable(amount, currency).replace(",", "").removesuffix(f" {currency}")
    assert parse(typed, currency) == amount


@pytest.mark.parametrize(
    "typed", ["", ".", "5.", "1.999", "1e3", "-3", "\u0663", "5 000", "1,000.00", "9" * 10, "$"]
)
def test_what_is_no_price_is_none(typed: str) -> None:
    assert parse(typed, "USD") is None


@pytest.mark.parametrize("typed", ["4,99", " $4.99 ", "4.99"])
def test_a_comma_and_a_sign_are_understood(typed: str) -> None:
    assert parse(typed, "USD") == 499


@pytest.mark.parametrize(("amount", "currency", "typed"), [(-450, "USD", "-4.50"), (-5, "JPY", "-5")])
def test_what_was_taken_is_written_with_its_minus(amount: int, currency: str, typed: str) -> None:
    assert plain(amount, currency) == typed
