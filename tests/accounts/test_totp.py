"""The authenticator app: set up in the settings, asked for at every sign-in after that."""

from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import RecoveryCode, Session, TotpFactor
from app.kit.clock import FixedClock
from app.platform.models import AuditRecord, Mail
from tests.accounts.second_factors import codes_of, with_totp
from tests.accounts.stored import count, stored
from tests.factories.people import a_person, signed_in
from tests.page_client import Page, PageClient

SETUP = "/settings/security/totp"


def begin(client: PageClient) -> tuple[Page, str]:
    """The page with the picture, and the secret that it shows."""
    page = client.send(client.get(SETUP).form(SETUP))
    return page, page.one(".secret code").get_text().replace(" ", "")


def set_up(client: PageClient) -> tuple[str, list[str]]:
    """The secret and the recovery codes."""
    page, secret = begin(client)
    done = client.send(page.form(f"{SETUP}/confirm"), code=pyotp.TOTP(secret).now())
    assert done.status == 200, done.text
    return secret, done.one("pre code").get_text().split()


def test_setting_up_shows_picture_key_and_link(app: Flask) -> None:
    page, secret = begin(signed_in(app))
    assert str(page.one(".qr img")["src"]).startswith("data:image/svg+xml")
    link = str(page.one("a[href^='otpauth:']")["href"])
    assert pyotp.parse_uri(link).secret == secret
    assert len(secret) == 32


def test_one_code_turns_it_on_and_shows_ten_recovery_codes(app: Flask) -> None:
    person = a_person(app)
    client = signed_in(app, person)
    _, codes = set_up(client)
    assert len(set(codes)) == 10
    assert stored(app, select(TotpFactor.confirmed_at))[0] is not None
    assert stored(app, select(Mail.template)) == ["second_factor_changed"]
    actions = stored(app, select(AuditRecord.action))
    assert {"factor.totp_added", "factor.recovery_codes_made"} <= set(actions)


def test_a_wrong_code_turns_nothing_on(app: Flask) -> None:
    client = signed_in(app)
    page, secret = begin(client)
    wrong = pyotp.TOTP(secret).at(0)
    refused = client.send(page.form(f"{SETUP}/confirm"), code=wrong)
    assert (refused.status, set(refused.errors)) == (422, {"code"})
    assert refused.one(".secret code").get_text().replace(" ", "") == secret
    assert stored(app, select(TotpFactor.confirmed_at)) == [None]
    assert count(app, RecoveryCode) == 0


def test_the_secret_is_sealed(app: Flask) -> None:
    _, secret = begin(signed_in(app))
    (sealed,) = stored(app, select(TotpFactor.sealed_secret))
    assert secret not in sealed


def test_setting_up_needs_a_fresh_sign_in(app: Flask, fixed_clock: FixedClock) -> None:
    client = signed_in(app)
    form = client.get(SETUP).form(SETUP)
    fixed_clock.move(timedelta(minutes=11))
    assert client.get(SETUP, follow=False).location.startswith("/login/confirm")
    client.send(form, follow=False)
    assert count(app, TotpFactor) == 0


def test_a_second_app_is_not_set_up_over_the_first(app: Flask) -> None:
    client = signed_in(app)
    form = client.get(SETUP).form(SETUP)
    set_up(client)
    form.fields["csrf_token"] = client.get(SETUP).form("/logout").fields["csrf_token"]
    before = stored(app, select(TotpFactor.sealed_secret))
    assert "already" in client.send(form).text
    assert stored(app, select(TotpFactor.sealed_secret)) == before


def test_this_session_counts_as_proven_twice(app: Flask) -> None:
    set_up(signed_in(app))
    assert stored(app, select(Session.second_factor)) == [True]


def test_reloading_does_not_show_the_codes_again(app: Flask) -> None:
    client = signed_in(app)
    page, secret = begin(client)
    form = page.form(f"{SETUP}/confirm").fill(code=pyotp.TOTP(secret).now())
    first = client.send(form)
    form.fields["csrf_token"] = client.get(SETUP).form("/logout").fields["csrf_token"]
    again = client.send(form)
    code = first.one("pre code").get_text().split()[0]
    assert again.status == 200
    assert code not in again.text


def test_removing_needs_nothing_but_a_fresh_sign_in(app: Flask) -> None:
    person = with_totp(app)
    codes_of(app, person)
    client = signed_in(app, person, second_factor=True)
    client.send(client.get(SETUP).form(f"{SETUP}/remove"))
    assert (count(app, TotpFactor), count(app, RecoveryCode)) == (0, 0)
    assert stored(app, select(Mail.template)) == ["second_factor_changed"]


@pytest.mark.parametrize("role", ["moderator", "admin"])
def test_staff_keep_their_last_factor(app: Flask, role: str) -> None:
    client = signed_in(app, with_totp(app, roles=("fan", role)), second_factor=True)
    refused = client.send(client.get(SETUP).form(f"{SETUP}/remove"))
    assert refused.status == 422
    assert "keeps a second factor" in refused.text
    assert count(app, TotpFactor) == 1


def test_a_set_up_that_was_begun_can_be_dropped(app: Flask) -> None:
    client = signed_in(app)
    page, _ = begin(client)
    client.send(page.form(f"{SETUP}/remove"))
    assert count(app, TotpFactor) == 0


def test_the_security_page_says_how_things_stand(app: Flask) -> None:
    client = signed_in(app)
    assert "Set up an app" in client.get("/settings/security").text
    set_up(client)
    text = client.get("/settings/security").text
    assert "10 of 10 left" in text
    assert "Change or remove" in text
