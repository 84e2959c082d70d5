"""What a passkey's answer may not be: bent, old, used, somebody else's, or no answer at all."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import Passkey, Wallet
from app.kit.clock import FixedClock
from tests.accounts import wallet_walks
from tests.accounts.page_script import PageScript, cookie_of, put_cookie
from tests.accounts.passkey_walks import ADD, GET, SECURITY, add, is_in, sign_in, with_passkey
from tests.accounts.python_wallet import PythonWallet
from tests.accounts.second_factors import first_step
from tests.accounts.soft_authenticator import PRESENT, SoftAuthenticator
from tests.accounts.stored import count, stored, unseen_end
from tests.factories.people import a_person, signed_in
from tests.page_client import PageClient


def test_another_persons_passkey_is_no_second_step(app: Flask, page: PageClient) -> None:
    person, _ = with_passkey(app)
    _, stranger = with_passkey(app)
    first_step(page, person)
    script = PageScript(page, "/login/code", GET)
    assert script.finish({"credential": stranger.get(script.start())}).status_code == 422
    assert not is_in(page)
    script = PageScript(page, "/login/code", GET)
    assert script.start()["allowCredentials"]


def test_five_bent_answers_void_the_first_step(app: Flask, page: PageClient) -> None:
    person, _ = with_passkey(app)
    first_step(page, person)
    for _ in range(5):
        script = PageScript(page, "/login/code", GET)
        last = script.finish({"credential": SoftAuthenticator().get(script.start())})
    assert last.json["code"] == "first_proof_void"
    assert page.get("/login/code", follow=False).location == "/login"


def test_a_strangers_passkey_confirms_nothing(app: Flask, fixed_clock: FixedClock) -> None:
    (person, _), (_, stranger) = with_passkey(app), with_passkey(app)
    client = signed_in(app, person)
    fixed_clock.move(timedelta(minutes=11))
    script = PageScript(client, "/login/confirm", GET)
    assert script.finish({"credential": stranger.get(script.start())}).status_code == 422
    assert client.get(f"{SECURITY}/totp", follow=False).status == 303


@pytest.mark.parametrize(
    "bend",
    [
        {"origin": "http://evil.test"},
        {"origin": "https://localhost:3000"},
        {"origin": "http://localhost:3001"},
        {"rp_id": "evil.test"},
        {"flags": PRESENT},
        {"flags": 0x04},
    ],
)
def test_a_bent_answer_is_refused(app: Flask, page: PageClient, bend: dict[str, Any]) -> None:
    _, key = with_passkey(app)
    vars(key).update(bend)
    answer = sign_in(page, key)
    assert (answer.status_code, answer.json["code"]) == (422, "passkey_refused")
    assert not is_in(page)
    client = signed_in(app)
    assert add(client, SoftAuthenticator(**bend)).status_code == 422
    assert count(app, Passkey) == 1


def test_another_key_under_the_same_id_is_refused(app: Flask, page: PageClient) -> None:
    _, key = with_passkey(app)
    forged = SoftAuthenticator(credential_id=key.credential_id, user_handle=key.user_handle)
    assert sign_in(page, forged).status_code == 422
    assert not is_in(page)


def test_an_answer_that_names_another_person_is_refused(app: Flask, page: PageClient) -> None:
    _, key = with_passkey(app)
    key.user_handle = a_person(app).id.bytes
    assert sign_in(page, key).json["code"] == "passkey_unknown"
    key.user_handle = b""
    assert sign_in(page, key).json["code"] == "passkey_unknown"
    assert not is_in(page)


def test_a_count_that_does_not_grow_is_refused(app: Flask, page: PageClient) -> None:
    _, key = with_passkey(app)
    key.counter = 7
    assert sign_in(page, key).status_code == 200
    for count_ in (7, 3, 0):
        key.counter = count_
        assert sign_in(PageClient(app), key).status_code == 422
    key.counter = 8
    assert sign_in(PageClient(app), key).status_code == 200


def test_an_answer_counts_once(app: Flask, page: PageClient) -> None:
    _, key = with_passkey(app)
    script = PageScript(page, "/login", GET)
    body = {"credential": key.get(script.start())}
    cookie = cookie_of(page)
    assert script.finish(body).status_code == 200
    put_cookie(page, cookie)
    assert script.finish(body).json["code"] == "challenge_gone"


def test_an_answer_counts_in_the_browser_that_asked(app: Flask, page: PageClient) -> None:
    _, key = with_passkey(app)
    options = PageScript(page, "/login", GET).start()
    other = PageScript(PageClient(app), "/login", GET)
    assert other.finish({"credential": key.get(options)}).status_code == 410


def test_after_five_minutes_it_is_too_late(app: Flask, page: PageClient, fixed_clock: FixedClock) -> None:
    _, key = with_passkey(app)
    script = PageScript(page, "/login", GET)
    options = script.start()
    fixed_clock.move(timedelta(minutes=5, seconds=1))
    assert script.finish({"credential": key.get(options)}).status_code == 410


def test_what_was_asked_to_come_in_adds_nothing(app: Flask) -> None:
    client = signed_in(app)
    script = PageScript(client, SECURITY, ADD)
    asked = script.post("/login/passkey/options", {}).json
    options = script.start() | {"challenge": asked["challenge"]}
    answer = script.finish({"credential": SoftAuthenticator().create(options)})
    assert answer.status_code == 410
    assert count(app, Passkey) == 0


def test_a_passkey_belongs_to_one_account(app: Flask) -> None:
    _, key = with_passkey(app)
    answer = add(signed_in(app), key)
    assert "in use already" in answer.json["detail"]


@pytest.mark.parametrize("name", ["id", "rawId", "type", "response"])
@pytest.mark.parametrize(
    "value", [None, "", "\x00", "\ud800", 7, [], {}, "A" * 9_000, {"clientDataJSON": "e30"}]
)
def test_nonsense_is_refused_in_words(app: Flask, page: PageClient, name: str, value: object) -> None:
    script = PageScript(page, "/login", GET)
    answer = script.finish({"credential": SoftAuthenticator().get(script.start()) | {name: value}})
    assert answer.status_code in {400, 410, 422}
    assert answer.json["detail"]


@pytest.mark.parametrize("part", ["clientDataJSON", "attestationObject", "transports"])
@pytest.mark.parametrize("value", [None, "", "AAAA", "o2NmbXRk", 7, [[]], {"a": 1}, "W10", "bnVsbA"])
def test_nonsense_is_not_added(app: Flask, part: str, value: object) -> None:
    script = PageScript(signed_in(app), SECURITY, ADD)
    credential = SoftAuthenticator().create(script.start())
    credential["response"][part] = value
    answer = script.finish({"credential": credential})
    assert answer.status_code in {200, 400, 410, 422}
    assert (answer.status_code == 200) is (part == "transports")


@pytest.mark.parametrize("path", ["", "/rename", "/remove"])
def test_other_peoples_passkeys_are_not_there(app: Flask, path: str) -> None:
    with_passkey(app)
    (known,) = stored(app, select(Passkey.id))
    stranger = signed_in(app)
    form = stranger.get(SECURITY).form(f"{SECURITY}/totp")
    address = f"{SECURITY}/passkeys/{known}{path}"
    answer = stranger.post(address, form.fill(name="x").fields) if path else stranger.get(address)
    assert answer.status == 404


def test_nothing_is_added_by_a_session_that_was_just_ended(app: Flask) -> None:
    person, key, purse = a_person(app), SoftAuthenticator(), PythonWallet.new()
    thief = signed_in(app, person)
    adding = PageScript(thief, SECURITY, ADD)
    credential = key.create(adding.start())
    linking = wallet_walks.linking_script(thief)
    signed = purse.answer(linking.start())
    unseen_end(app, person)
    assert adding.finish({"credential": credential, "name": "Planted"}).status_code == 401
    assert linking.finish(signed).status_code == 401
    assert count(app, Passkey) == count(app, Wallet) == 0
