"""Linking, naming and removing wallets in the settings."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import Wallet
from app.kit.clock import FixedClock
from app.platform.models import AuditRecord, Mail
from tests.accounts.page_script import cookie_of, put_cookie
from tests.accounts.python_wallet import PythonWallet
from tests.accounts.stored import count, stored
from tests.accounts.wallet_walks import join, link, linking_script, sign_in
from tests.factories.people import a_person, signed_in
from tests.factories.post import last_letter
from tests.page_client import PageClient


def test_linking_tells_the_owner_and_is_on_record(app: Flask) -> None:
    person, wallet = a_person(app), PythonWallet.new()
    link(signed_in(app, person), wallet)
    (mail,) = stored(app, select(Mail))
    assert (mail.template, mail.recipient) == ("wallet_linked", person.email)
    assert "factor.wallet_linked" in stored(app, select(AuditRecord.action))


def test_linking_gives_the_session_a_fresh_token(app: Flask) -> None:
    client = signed_in(app)
    stolen = cookie_of(client)
    link(client, PythonWallet.new())
    assert client.get("/settings/wallets", follow=False).status == 200
    thief = PageClient(app)
    put_cookie(thief, stolen)
    assert thief.get("/settings/wallets", follow=False).location.startswith("/login")


def test_a_wallet_of_another_account_is_not_linked(app: Flask) -> None:
    wallet, other = PythonWallet.new(), signed_in(app)
    link(signed_in(app), wallet)
    script = linking_script(other)
    answer = script.finish(wallet.answer(script.start()))
    assert answer.status_code == 409
    assert "another account" in answer.json["detail"]


def test_linking_needs_a_fresh_sign_in(app: Flask, fixed_clock: FixedClock) -> None:
    client = signed_in(app)
    script = linking_script(client)
    fixed_clock.move(timedelta(minutes=11))
    answer = script.post("/settings/wallets/start", {})
    assert (answer.status_code, answer.json["code"]) == (401, "fresh_sign_in_needed")


def test_a_text_signed_to_come_in_links_nothing(app: Flask) -> None:
    wallet, client = PythonWallet.new(), signed_in(app)
    script = linking_script(client)
    asked = script.post("/login/wallet/start", {}).json
    assert script.finish(wallet.answer(asked)).status_code == 422
    assert count(app, Wallet) == 0


def test_the_last_way_in_stays(app: Flask, page: PageClient) -> None:
    wallet = PythonWallet.new()
    join(page, wallet)
    form = page.get(f"/settings/wallets/{wallet.address}").form(".*/remove")
    refused = page.send(form)
    assert refused.status == 422
    assert "only way into your account" in refused.text
    link(page, PythonWallet.new())
    assert page.send(page.get(f"/settings/wallets/{wallet.address}").form(".*/remove")).status == 200
    assert wallet.address not in stored(app, select(Wallet.address))


def test_two_tabs_cannot_remove_the_last_two_ways_in(app: Flask, page: PageClient) -> None:
    first, second = PythonWallet.new(), PythonWallet.new()
    join(page, first)
    link(page, second)
    other = PageClient(app)
    put_cookie(other, cookie_of(page))
    removals = [
        (tab, tab.get(f"/settings/wallets/{wallet.address}").form(".*/remove"))
        for tab, wallet in ((page, first), (other, second))
    ]
    threads = [threading.Thread(target=tab.send, args=(form,)) for tab, form in removals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(app, Wallet) == 1


def test_a_removed_wallet_is_a_stranger_again(app: Flask, page: PageClient) -> None:
    wallet, client = PythonWallet.new(), signed_in(app)
    link(client, wallet)
    client.send(client.get(f"/settings/wallets/{wallet.address}").form(".*/remove"))
    assert sign_in(page, wallet) == "/login/wallet/join"


def test_removing_tells_the_owner_and_is_on_record(app: Flask) -> None:
    person, wallet = a_person(app), PythonWallet.new()
    client = signed_in(app, person)
    link(client, wallet)
    client.send(client.get(f"/settings/wallets/{wallet.address}").form(".*/remove"))
    letter = last_letter(app, person.email, "second_factor_changed")
    assert f"The wallet {wallet.address} was removed." in letter.text
    assert "factor.wallet_removed" in stored(app, select(AuditRecord.action))


def test_who_has_no_address_removes_one_without_a_mail(app: Flask, page: PageClient) -> None:
    first, second = PythonWallet.new(), PythonWallet.new()
    join(page, first)
    link(page, second)
    page.send(page.get(f"/settings/wallets/{second.address}").form(".*/remove"))
    assert stored(app, select(Wallet.address)) == [first.address]
    assert count(app, Mail) == 0


def test_a_wallet_gets_a_name(app: Flask) -> None:
    wallet, client = PythonWallet.new(), signed_in(app)
    link(client, wallet)
    form = client.get(f"/settings/wallets/{wallet.address}").form(".*/rename")
    assert "My ledger" in client.send(form, name=" My  ledger ").text
    assert set(client.send(form.fill(idempotency_key="another"), name="").errors) == {"name"}


@pytest.mark.parametrize("address", ["%00", "x", "%ed%a0%80", "1" * 3_000])
def test_an_address_that_is_none_is_not_there(app: Flask, address: str) -> None:
    assert signed_in(app).get(f"/settings/wallets/{address}").status in {400, 404}


@pytest.mark.parametrize("path", ["", "/rename", "/remove"])
def test_other_peoples_wallets_are_not_there(app: Flask, path: str) -> None:
    wallet, stranger = PythonWallet.new(), signed_in(app)
    link(signed_in(app), wallet)
    link(stranger, own := PythonWallet.new())
    form = stranger.get(f"/settings/wallets/{own.address}").form(".*/rename")
    address = f"/settings/wallets/{wallet.address}{path}"
    answer = stranger.post(address, form.fill(name="x").fields) if path else stranger.get(address)
    assert answer.status == 404


def test_a_linked_wallet_is_listed_short(app: Flask) -> None:
    wallet, client = PythonWallet.new(), signed_in(app)
    link(client, wallet)
    row = client.get("/settings/wallets").one(".rows li").get_text(" ", strip=True)
    assert f"{wallet.address[:4]}…{wallet.address[-4:]}" in row
    assert "Python Wallet" in row


def test_a_double_click_links_once(app: Flask) -> None:
    client, wallet = signed_in(app), PythonWallet.new()
    script = linking_script(client)
    body = wallet.answer(script.start())
    first = script.post("/settings/wallets", body, **{"Idempotency-Key": "the-same-click"})
    script = linking_script(client)
    second = script.post("/settings/wallets", body, **{"Idempotency-Key": "the-same-click"})
    assert (first.status_code, second.status_code) == (200, 303)
    assert count(app, Wallet) == 1
