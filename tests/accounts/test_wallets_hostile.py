"""What a wallet's answer may not be: changed in any field, old, used, meant for another place or browser."""

import base64
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.accounts.models import Session, User
from app.kit.clock import FixedClock
from app.platform.models import AuditRecord
from tests.accounts.page_script import PageScript, cookie_of, put_cookie
from tests.accounts.python_wallet import FIELDS, PythonWallet, text_of
from tests.accounts.stored import count, stored
from tests.page_client import PageClient

SIGNED_FIELDS = ["domain", "statement", *(key for key, _ in FIELDS)]


@pytest.fixture
def script(page: PageClient) -> PageScript:
    return PageScript(page, "/login/wallet", "[data-wallets]")


def refused(script: PageScript, body: Any, status: int = 422) -> str:
    """The reason; nobody is let in and nobody made."""
    answer = script.finish(body)
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    assert answer.json["detail"]
    assert (count(script.app, Session), count(script.app, User)) == (0, 0)
    return str(answer.json["detail"])


@pytest.mark.parametrize("field", SIGNED_FIELDS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.text(st.characters(codec="utf-8"), min_size=1, max_size=80))
def test_any_other_value_in_any_field_is_refused(script: PageScript, field: str, value: str) -> None:
    """Rightly signed, but not what this page asked for."""
    wallet, asked = PythonWallet.new(), script.start()
    assume(value != asked[field])
    message = text_of(asked | {field: value}, wallet.address).encode()
    refused(script, wallet.answer_with(asked, message))


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("domain", "evil.test", "domain"),
        ("uri", "https://evil.test/login/wallet", "address of the page"),
        ("statement", "Send everything you have.", "statement"),
        ("chainId", "devnet", "chain"),
        ("version", "2", "version"),
        ("nonce", "ABCDEFGHJKMNPQRSTUVWXYZ2", "one-time number"),
        ("issuedAt", "2020-01-01T00:00:00.000Z", "time of asking"),
        ("expirationTime", "2999-01-01T00:00:00.000Z", "end of its time"),
    ],
)
def test_the_reason_names_what_differs(script: PageScript, field: str, value: str, told: str) -> None:
    wallet, asked = PythonWallet.new(), script.start()
    message = text_of(asked | {field: value}, wallet.address).encode()
    assert told in refused(script, wallet.answer_with(asked, message))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10_000), change=st.integers(1, 255))
def test_one_changed_byte_anywhere_is_refused(script: PageScript, place: int, change: int) -> None:
    wallet, asked = PythonWallet.new(), script.start()
    message = bytearray(text_of(asked, wallet.address).encode())
    message[place % len(message)] ^= change
    refused(script, wallet.answer_with(asked, bytes(message)))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + "\n",
        lambda text: " " + text,
        lambda text: text + "\nNot Before: 2020-01-01T00:00:00.000Z",
        lambda text: text + "\nResources:\n- https://evil.test",
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("Version: 1\n", ""),
        lambda text: text.replace("Version: 1", "Version:  1"),
        lambda text: text.replace("URI", "uri"),
        lambda text: text.replace("\n\n", "\n"),
        lambda text: "\ufeff" + text,
        lambda text: "",
    ],
)
def test_another_form_of_the_same_text_is_refused(script: PageScript, change: Any) -> None:
    wallet, asked = PythonWallet.new(), script.start()
    message = change(text_of(asked, wallet.address)).encode()
    refused(script, wallet.answer_with(asked, message))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-32-le"])
def test_another_encoding_is_refused(script: PageScript, encoding: str) -> None:
    wallet, asked = PythonWallet.new(), script.start()
    refused(script, wallet.answer_with(asked, text_of(asked, wallet.address).encode(encoding)))


def test_bytes_that_are_no_text_are_refused(script: PageScript) -> None:
    wallet, asked = PythonWallet.new(), script.start()
    refused(script, wallet.answer_with(asked, b"\xff\xfe\x00"))


def test_a_signature_of_another_wallet_is_refused(script: PageScript) -> None:
    wallet, other, asked = PythonWallet.new(), PythonWallet.new(), script.start()
    body = wallet.answer(asked)
    body["signature"] = other.answer(asked)["signature"]
    assert "signature" in refused(script, body)


def test_an_address_that_did_not_sign_is_refused(script: PageScript) -> None:
    wallet, asked = PythonWallet.new(), script.start()
    refused(script, wallet.answer(asked) | {"address": PythonWallet.new().address})


def test_a_text_that_names_another_address_is_refused(script: PageScript) -> None:
    wallet, asked = PythonWallet.new(), script.start()
    message = text_of(asked, PythonWallet.new().address).encode()
    assert "address" in refused(script, wallet.answer_with(asked, message))


def test_a_signature_over_other_bytes_is_refused(script: PageScript) -> None:
    wallet, asked = PythonWallet.new(), script.start()
    shown = base64.b64encode(text_of(asked, wallet.address).encode()).decode()
    refused(script, wallet.answer_with(asked, b"something else") | {"signedMessage": shown})


@pytest.mark.parametrize("address", ["1" * 32, "11111111111111111111111111111112"])
def test_keys_that_belong_to_nobody_are_refused(script: PageScript, address: str) -> None:
    """For points of small order some verifiers accept a signature of zeros over any text."""
    asked = script.start()
    message = base64.b64encode(text_of(asked, address).encode()).decode()
    for first in (0, 1):
        body = {"nonce": asked["nonce"], "address": address, "signedMessage": message}
        refused(script, body | {"signature": base64.b64encode(bytes([first, *bytes(63)])).decode()})


def test_a_wallet_may_choose_another_address(page: PageClient, script: PageScript) -> None:
    """Which one it is, the answer says; the input asks for none."""
    asked = script.start()
    assert "address" not in asked
    assert script.finish(PythonWallet.new().answer(asked)).json == {"next": "/login/wallet/join"}


def test_an_answer_counts_once(script: PageScript) -> None:
    wallet = PythonWallet.new()
    body = wallet.answer(script.start())
    assert script.finish(body).status_code == 200
    assert "answered already" in refused(script, body)


def test_a_refused_answer_is_on_record(script: PageScript) -> None:
    wallet, asked = PythonWallet.new(), script.start()
    refused(script, wallet.answer_with(asked, b"nonsense"))
    (record,) = stored(script.app, select(AuditRecord))
    assert (record.action, record.data) == ("session.sign_in_failed", {"step": "wallet"})


def test_a_refused_answer_uses_up_what_was_asked(script: PageScript) -> None:
    wallet, asked = PythonWallet.new(), script.start()
    refused(script, wallet.answer_with(asked, b"nonsense"))
    refused(script, wallet.answer(asked))


def test_a_replay_with_an_earlier_cookie_is_refused(page: PageClient, script: PageScript) -> None:
    body = PythonWallet.new().answer(script.start())
    cookie = cookie_of(page)
    assert script.finish(body).status_code == 200
    put_cookie(page, cookie)
    refused(script, body)


def test_after_five_minutes_it_is_too_late(app: Flask, script: PageScript, fixed_clock: FixedClock) -> None:
    wallet = PythonWallet.new()
    in_time, too_late = script.start(), script.start()
    fixed_clock.move(timedelta(minutes=4, seconds=59))
    assert script.finish(wallet.answer(in_time)).status_code == 200
    fixed_clock.move(timedelta(seconds=1))
    refused(script, wallet.answer(too_late))


def test_what_one_browser_was_asked_another_cannot_answer(app: Flask, script: PageScript) -> None:
    """Somebody lured into signing a stranger's text gives that stranger nothing."""
    thief = PageScript(PageClient(app), "/login/wallet", "[data-wallets]")
    body = PythonWallet.new().answer(script.start())
    assert "this browser" in refused(thief, body)


def test_a_nonce_that_nobody_gave_out_is_refused(script: PageScript) -> None:
    asked = script.start() | {"nonce": "ABCDEFGHJKMNPQRSTUVWXYZ2"}
    refused(script, PythonWallet.new().answer(asked))


@pytest.mark.parametrize("name", ["nonce", "address", "signedMessage", "signature"])
@pytest.mark.parametrize(
    "value",
    ["", "\x00", "\ud800", "not base64!", "é" * 40, "A" * 20_000, None, 7, [], {}, "=" * 10],
)
def test_nonsense_is_refused_in_words(script: PageScript, name: str, value: object) -> None:
    body = PythonWallet.new().answer(script.start()) | {name: value}
    answer = script.finish(body)
    assert answer.status_code in {400, 422}
    assert answer.json["detail"]


@pytest.mark.parametrize("body", [[], "text", 7, None, {}])
def test_a_body_that_is_no_answer_is_refused(script: PageScript, body: object) -> None:
    assert script.finish(body).status_code in {400, 422}  # type: ignore[arg-type]


def test_an_answer_without_the_pages_token_is_refused(script: PageScript) -> None:
    body = PythonWallet.new().answer(script.start())
    script.attributes["csrf"] = "forged"
    answer = script.finish(body)
    assert (answer.status_code, answer.json["code"]) == (400, "csrf")


def test_the_asked_text_is_the_standards(app: Flask, script: PageScript) -> None:
    """The two parts for older wallets, put around an address, are the text of `solana:signIn`."""
    asked, address = script.start(), PythonWallet.new().address
    assert asked["text"]["before"] + address + asked["text"]["after"] == text_of(asked, address)
    assert asked["domain"] == "localhost:3000"
    assert asked["uri"] == "http://localhost:3000/login/wallet"
    assert asked["version"] == "1"
    assert len(asked["nonce"]) >= 8
    assert asked["nonce"].isalnum()
