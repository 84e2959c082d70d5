"""Recovery codes: each opens the account once when the phone is gone."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import RecoveryCode, Session
from app.platform.models import AuditRecord
from tests.accounts.code_walks import is_in, type_code
from tests.accounts.second_factors import codes_of, first_step, with_totp
from tests.accounts.stored import count, stored
from tests.factories.people import a_person, signed_in
from tests.page_client import PageClient

PAGE = "/settings/security/recovery-codes"


def test_a_code_opens_the_account_once(app: Flask, page: PageClient) -> None:
    person, other = with_totp(app), PageClient(app)
    code = codes_of(app, person)[3]
    first_step(page, person)
    type_code(page, code)
    assert is_in(page)
    assert stored(app, select(Session.second_factor)) == [True]
    first_step(other, person)
    assert set(type_code(other, code).errors) == {"code"}
    assert "factor.recovery_code_used" in stored(app, select(AuditRecord.action))


@pytest.mark.parametrize("change", [str.lower, lambda c: c.replace("-", ""), lambda c: f" {c[:3]} {c[3:]} "])
def test_how_it_is_written_does_not_matter(app: Flask, page: PageClient, change: object) -> None:
    person = with_totp(app)
    first_step(page, person)
    type_code(page, change(codes_of(app, person)[0]))  # type: ignore[operator]
    assert is_in(page)


def test_a_page_of_their_own_lets_phones_type_letters(app: Flask, page: PageClient) -> None:
    person = with_totp(app)
    code = codes_of(app, person)[0]
    digits = first_step(page, person)
    assert digits.one("input[name=code]")["inputmode"] == "numeric"
    letters = page.get(str(digits.one(".door-below a")["href"]))
    assert letters.one("input[name=code]")["inputmode"] == "text"
    again = page.send(letters.form("/login/code"), code="WRONG-WRONG")
    assert again.one("input[name=code]")["inputmode"] == "text"
    page.send(again.form("/login/code"), code=code)
    assert is_in(page)


def test_codes_of_others_open_nothing(app: Flask, page: PageClient) -> None:
    person, other = with_totp(app), with_totp(app)
    codes_of(app, person)
    first_step(page, person)
    assert type_code(page, codes_of(app, other)[0]).status == 422


def test_codes_are_readable_and_kept_as_digests(app: Flask) -> None:
    codes = codes_of(app, with_totp(app))
    assert all(re.fullmatch(r"[2-9A-HJKMNP-Z]{5}-[2-9A-HJKMNP-Z]{5}", code) for code in codes)
    digests = stored(app, select(RecoveryCode.code_digest))
    assert {len(digest) for digest in digests} == {32}


def test_new_codes_make_the_old_ones_void(app: Flask, page: PageClient) -> None:
    person = with_totp(app)
    old = codes_of(app, person)[0]
    client = signed_in(app, person, second_factor=True)
    new = client.send(client.get(PAGE).form(PAGE)).one("pre code").get_text().split()
    assert (len(new), count(app, RecoveryCode)) == (10, 10)
    first_step(page, person)
    assert type_code(page, old).status == 422
    type_code(page, new[9])
    assert is_in(page)


def test_the_copy_button_takes_all_of_them(app: Flask) -> None:
    client = signed_in(app, with_totp(app), second_factor=True)
    page = client.send(client.get(PAGE).form(PAGE))
    assert str(page.one("[data-copy]")["data-copy"]).split() == page.one("pre code").get_text().split()


def test_without_a_second_factor_there_are_none(app: Flask) -> None:
    client = signed_in(app, a_person(app))
    page = client.get(PAGE)
    assert not page.has_form(PAGE)
    form = client.get("/settings/security").form("/settings/security/totp")
    client.post(PAGE, form.fields)
    assert count(app, RecoveryCode) == 0


def test_the_page_does_not_show_codes_again(app: Flask) -> None:
    client = signed_in(app, with_totp(app), second_factor=True)
    client.send(client.get(PAGE).form(PAGE))
    again = client.get(PAGE)
    assert again.soup.find("pre") is None
    assert "10 left" in again.text
