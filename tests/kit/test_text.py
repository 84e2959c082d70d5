"""Words that people compare: the same when they look the same."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.text import folded

MARKS = st.characters(categories=["Mn", "Me", "Mc", "Cf"])


@given(st.text(st.characters(exclude_categories=["Cs"]) | MARKS))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)


def test_every_sign_folds_for_good() -> None:
    nothing = {"Cs", "Cn", "Co"}  # of surrogates, of none, and of whatever somebody makes of them
    signs = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) not in nothing]
    assert [sign for sign in signs if folded(folded(sign)) != folded(sign)] == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("sp\u200dam", "spam"),
        ("s\ufe0fpam", "spam"),
        ("sp\u0430\u043c", "spam"),
        ("S\u0336p\u0336\u00e4m\u20dd", "spam"),
        ("s\u05b0pam", "spam"),
        ("_spam_", "spam"),
        ("\u202espam", "spam"),
        ("STRASSE", "stra\u00dfe"),
        ("\uff8a\uff9e", "\u30d0"),
    ],
)
def test_what_looks_the_same_is_the_same(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\u0e2b\u0e35", "\u0e2b\u0e37"),
        ("\u0915\u0941\u0932", "\u0915\u0932"),
        ("\u304b", "\u304c"),
        ("0", "o"),
    ],
)
def test_marks_that_make_another_word_stay(one: str, other: str) -> None:
    assert folded(one) != folded(other)
