"""Sealed values open for their purpose, with their key, unchanged; and for nobody else."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.canonical import canonical
from app.kit.crypto import CannotOpen, Vault, derive_key, digest, keyed_digest

OLD, NEW = "an-old-master-secret-of-some-length", "a-new-master-secret-of-some-length"


@pytest.fixture
def vault() -> Vault:
    return Vault([OLD])


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_what_was_sealed_opens_again(text: str) -> None:
    vault = Vault([OLD])
    assert vault.open(vault.seal(text, "birth_date"), "birth_date") == text


def test_the_same_value_never_looks_the_same(vault: Vault) -> None:
    assert vault.seal("1990-01-01", "birth_date") != vault.seal("1990-01-01", "birth_date")
    assert "1990" not in vault.seal("1990-01-01", "birth_date")


def test_it_opens_for_its_purpose_only(vault: Vault) -> None:
    with pytest.raises(CannotOpen):
        vault.open(vault.seal("1990-01-01", "birth_date"), "totp")


def test_one_changed_bit_anywhere_is_noticed(vault: Vault) -> None:
    raw = base64.urlsafe_b64decode(vault.seal("secret", "totp"))
    for place in range(len(raw)):
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        with pytest.raises(CannotOpen):
            vault.open(base64.urlsafe_b64encode(changed).decode(), "totp")


@pytest.mark.parametrize("nonsense", ["", "a", "plain text", "AQ==", "A" * 200, "ü" * 40, "\x00"])
def test_nonsense_is_refused_in_words(vault: Vault, nonsense: str) -> None:
    with pytest.raises(CannotOpen):
        vault.open(nonsense, "totp")


def test_rotation_opens_the_old_and_rewraps_to_the_new(vault: Vault) -> None:
    sealed = vault.seal("secret", "totp")
    rotated = Vault([NEW, OLD])
    assert rotated.open(sealed, "totp") == "secret"
    rewrapped = rotated.rewrap(sealed)
    assert Vault([NEW]).open(rewrapped, "totp") == "secret"
    assert rotated.rewrap(rewrapped) == rewrapped
    with pytest.raises(CannotOpen, match="master key"):
        Vault([NEW]).open(sealed, "totp")


def test_keys_for_different_purposes_differ() -> None:
    keys = {derive_key(secret, purpose) for secret in (OLD, NEW) for purpose in ("audit", "vault")}
    assert len(keys) == 4
    assert all(len(key) == 32 for key in keys)
    assert keyed_digest(b"k", "v") != keyed_digest(b"l", "v")


def test_digests_of_text_and_bytes_agree() -> None:
    assert digest("zoë") == digest("zoë".encode())


@given(st.dictionaries(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.integers() | st.none()))
def test_one_value_has_one_form_however_it_was_made(value: dict[str, int | None]) -> None:
    shuffled = dict(reversed(value.items()))
    assert canonical(value) == canonical(shuffled)
    assert b"\n" not in canonical(value)


def test_different_values_have_different_forms() -> None:
    forms = {canonical(value) for value in ({"a": 1}, {"a": "1"}, {"a": [1]}, ["a", 1], "a1", None, True, 1)}
    assert len(forms) == 8
