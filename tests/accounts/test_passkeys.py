"""Passkeys over HTTP: added, used as the way in, as the second step and to confirm; and every bent answer."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select, update

from app.accounts.models import Passkey, Session, User
from app.extensions import db
from app.kit.clock import FixedClock
from app.platform.models import AuditRecord, Mail
from app.platform.transaction import transaction
from tests.accounts.page_script import PageScript
from tests.accounts.passkey_walks import ADD, GET, SECURITY, add, is_in, sign_in, with_passkey
from tests.accounts.second_factors import codes_of, first_step
from tests.accounts.soft_authenticator import SoftAuthenticator, b64
from tests.accounts.stored import count, stored
from tests.factories.people import a_person, signed_in
from tests.page_client import PageClient


def test_the_first_one_leads_to_recovery_codes(app: Flask) -> None:
    person = a_person(app)
    client = signed_in(app, person)
    assert add(client, SoftAuthenticator()).json == {"next": f"{SECURITY}/recovery-codes"}
    assert "My phone" in client.get(SECURITY).text
    assert stored(app, select(Mail.template)) == ["passkey_added"]
    assert "factor.passkey_added" in stored(app, select(AuditRecord.action))
    codes_of(app, person)
    assert add(client, SoftAuthenticator()).json == {"next": SECURITY}


def test_what_is_asked_for_demands_the_users_verification(app: Flask) -> None:
    options = PageScript(signed_in(app), SECURITY, ADD).start()
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["authenticatorSelection"]["residentKey"] == "preferred"
    assert options["rp"]["id"] == "localhost"


def test_a_passkey_alone_opens_the_account(app: Flask, page: PageClient) -> None:
    _, key = with_passkey(app)
    answer = sign_in(page, key, next="/settings/sessions")
    assert answer.json == {"next": "/settings/sessions"}
    assert is_in(page)
    (session,) = stored(app, select(Session).where(Session.method == "passkey"))
    assert session.second_factor
    assert stored(app, select(Passkey.last_used_at))[0] is not None


def test_a_password_is_then_not_enough(app: Flask, page: PageClient) -> None:
    person, key = with_passkey(app)
    assert first_step(page, person).title.startswith("Second step")
    assert not is_in(page)
    script = PageScript(page, "/login/code", GET)
    options = script.start()
    assert [known["id"] for known in options["allowCredentials"]] == [b64(key.credential_id)]
    assert script.finish({"credential": key.get(options)}).status_code == 200
    assert is_in(page)


def test_a_passkey_confirms_who_one_is(app: Flask, fixed_clock: FixedClock) -> None:
    person, key = with_passkey(app)
    client = signed_in(app, person)
    fixed_clock.move(timedelta(minutes=11))
    script = PageScript(client, f"/login/confirm?next={SECURITY}/totp", GET)
    answer = script.finish({"credential": key.get(script.start()), "next": script.attributes["next"]})
    assert answer.json == {"next": f"{SECURITY}/totp"}
    assert client.get(f"{SECURITY}/totp", follow=False).status == 200


def test_a_device_that_holds_one_is_told_so(app: Flask) -> None:
    person, key = with_passkey(app)
    options = PageScript(signed_in(app, person), SECURITY, ADD).start()
    assert [known["id"] for known in options["excludeCredentials"]] == [b64(key.credential_id)]


def test_renaming(app: Flask) -> None:
    person, _ = with_passkey(app)
    client = signed_in(app, person)
    (known,) = stored(app, select(Passkey.id))
    form = client.get(f"{SECURITY}/passkeys/{known}").form(".*/rename")
    assert set(client.send(form, name="").errors) == {"name"}
    assert "Work laptop" in client.send(form, name="Work laptop").text


def test_removing_it_brings_the_password_back(app: Flask, page: PageClient) -> None:
    person, key = with_passkey(app)
    client = signed_in(app, person)
    (known,) = stored(app, select(Passkey.id))
    client.send(client.get(f"{SECURITY}/passkeys/{known}").form(".*/remove"))
    assert count(app, Passkey) == 0
    assert sign_in(page, key).json["code"] == "passkey_unknown"
    first_step(page, person)
    assert is_in(page)


def test_the_last_way_in_stays(app: Flask) -> None:
    person, _ = with_passkey(app)
    with app.app_context(), transaction():
        db.session.execute(update(User).values(password_hash=None))
    client = signed_in(app, person)
    (known,) = stored(app, select(Passkey.id))
    refused = client.send(client.get(f"{SECURITY}/passkeys/{known}").form(".*/remove"))
    assert refused.status == 422
    assert "Add a password" in refused.text
    assert count(app, Passkey) == 1


def test_staff_keep_their_last_factor(app: Flask) -> None:
    person, _ = with_passkey(app, roles=("fan", "admin"))
    client = signed_in(app, person, second_factor=True)
    (known,) = stored(app, select(Passkey.id))
    refused = client.send(client.get(f"{SECURITY}/passkeys/{known}").form(".*/remove"))
    assert (refused.status, count(app, Passkey)) == (422, 1)


def test_adding_needs_a_fresh_sign_in(app: Flask, fixed_clock: FixedClock) -> None:
    script = PageScript(signed_in(app), SECURITY, ADD)
    fixed_clock.move(timedelta(minutes=11))
    answer = script.post(f"{SECURITY}/passkeys/options", {})
    assert (answer.status_code, answer.json["code"]) == (401, "fresh_sign_in_needed")


def test_one_account_has_room_for_twenty(app: Flask) -> None:
    person, _ = with_passkey(app)
    with app.app_context(), transaction():
        for n in range(19):
            db.session.add(Passkey(user_id=person.id, credential_id=bytes([n]), public_key=b"", name="x"))
    script = PageScript(signed_in(app, person), SECURITY, ADD)
    answer = script.post(f"{SECURITY}/passkeys/options", {})
    assert (answer.status_code, answer.json["code"]) == (422, "too_many_factors")
