"""Another e-mail address."""

from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select, update

from app.accounts.models import RecoveryCode, Session, User
from app.accounts.operations import roles
from app.extensions import db
from app.kit import clock
from app.platform import audit, cleanup
from app.platform.audit import Action
from app.platform.models import AuditRecord
from app.platform.transaction import transaction
from tests.accounts import passkey_walks, wallet_walks
from tests.accounts.code_walks import type_code
from tests.accounts.python_wallet import PythonWallet
from tests.accounts.second_factors import code_now, codes_of, with_totp
from tests.accounts.soft_authenticator import SoftAuthenticator
from tests.accounts.stored import count, stored
from tests.accounts.taking_over import NEW, ask, confirm, left, listed, take_back
from tests.accounts.test_sign_in import is_in, sign_in
from tests.factories.people import PASSWORD, Person, a_person, signed_in
from tests.factories.post import last_letter, letters
from tests.page_client import Page, PageClient


def address_of(app: Flask, person: Person) -> str | None:
    with app.app_context():
        return db.session.get_one(User, person.id).email


def test_the_new_one_confirms_and_the_old_one_is_told(app: Flask) -> None:
    person = a_person(app, "mira")
    page = signed_in(app, person)
    asked = ask(page)
    assert NEW in asked.text
    assert address_of(app, person) == person.email
    done = confirm(app, page)
    assert done.response.request.path == "/settings/security"
    assert address_of(app, person) == NEW
    notice = last_letter(app, person.email, "email_change_notice")
    assert notice.path("/email/undo/")
    assert sign_in(PageClient(app), NEW).status == 200
    assert sign_in(PageClient(app), person.email).status == 422


def test_it_can_be_confirmed_in_another_browser(app: Flask) -> None:
    person = a_person(app, "mira")
    ask(signed_in(app, person))
    elsewhere = PageClient(app)
    assert confirm(app, elsewhere).response.request.path == "/login"
    assert address_of(app, person) == NEW
    assert not is_in(elsewhere)


def test_the_link_lives_a_day(app: Flask, fixed_clock: clock.FixedClock) -> None:
    person = a_person(app, "mira")
    ask(signed_in(app, person))
    link = last_letter(app, NEW, "email_change_confirm").path("/email/confirm/")
    fixed_clock.move(timedelta(hours=24, seconds=1))
    assert PageClient(app).get(link).status == 410


def test_changing_ones_mind(app: Flask) -> None:
    person = a_person(app, "mira")
    page = signed_in(app, person)
    asked = ask(page)
    dropped = page.send(asked.form("/settings/security/email/drop"))
    assert NEW not in dropped.text
    link = last_letter(app, NEW, "email_change_confirm").path("/email/confirm/")
    assert page.get(link).status == 410


def new_password(owner: PageClient) -> Page:
    form = owner.get("/settings/security").form("/settings/security/password")
    return owner.send(form, current_password=PASSWORD, new_password="mine again at last")


def out_elsewhere(owner: PageClient) -> Page:
    return owner.send(owner.get("/settings/sessions").form("/settings/sessions/others"))


def one_out(owner: PageClient) -> Page:
    return owner.send(owner.get("/settings/sessions").form("/settings/sessions/.*-.*/revoke"))


def out_everywhere(owner: PageClient) -> Page:
    return owner.send(owner.get("/settings/sessions").form("/settings/sessions/all"))


@pytest.mark.parametrize("act", [new_password, one_out, out_elsewhere, out_everywhere])
def test_whoever_signs_the_others_out_drops_what_they_asked_for(
    app: Flask, act: Callable[[PageClient], Page]
) -> None:
    person = a_person(app, "mira")
    thief, owner = signed_in(app, person), signed_in(app, person)
    ask(thief)
    link = last_letter(app, NEW, "email_change_confirm").path("/email/confirm/")
    assert f"The change of your address to {NEW} was dropped." in act(owner).text
    assert PageClient(app).get(link).status == 410
    assert address_of(app, person) == person.email


def test_undo_puts_everything_back_and_the_thief_out(app: Flask) -> None:
    person = a_person(app, "mira")
    thief = signed_in(app, person)
    ask(thief)
    confirm(app, thief)
    undo = last_letter(app, person.email, "email_change_notice").path("/email/undo/")
    owner = PageClient(app)
    assert address_of(app, person) == NEW
    back = owner.send(owner.get(undo).form(undo))
    assert address_of(app, person) == person.email
    assert not is_in(thief)
    assert sign_in(PageClient(app), "mira").status == 422, "the thief knew the password"
    link = str(back.one("main a.btn-primary")["href"])
    assert link.startswith("/reset/")
    owner.send(owner.get(link).form(link), password="mine again at last")
    assert sign_in(owner, "mira", "mine again at last").status == 200
    assert owner.get(undo).status == 410


def test_undo_removes_what_was_added_since_and_keeps_what_was_there(
    app: Flask, fixed_clock: clock.FixedClock
) -> None:
    person, key, purse = a_person(app, "mira"), SoftAuthenticator(), PythonWallet.new()
    owner = signed_in(app, person)
    passkey_walks.add(owner, key, "Old key")
    wallet_walks.link(owner, purse)
    fixed_clock.move(timedelta(days=1))
    thief, planted, swag = signed_in(app, person), SoftAuthenticator(), PythonWallet.new()
    ask(thief)
    fixed_clock.move(timedelta(minutes=1))
    passkey_walks.add(thief, planted, "Planted key")
    wallet_walks.link(thief, swag)
    _set_up_app(thief)
    confirm(app, thief)
    undo = last_letter(app, person.email, "email_change_notice").path("/email/undo/")
    stranger = PageClient(app)
    offered = stranger.get(undo)
    assert "added since the change was asked for are removed" in offered.text
    told = stranger.send(offered.form(undo))
    assert listed(told) == [
        "The passkey Planted key",
        f"The wallet {swag.address}",
        "The authenticator app",
        "The recovery codes",
    ]
    assert passkey_walks.sign_in(PageClient(app), planted).json["code"] == "passkey_unknown"
    assert wallet_walks.sign_in(PageClient(app), swag) == "/login/wallet/join"
    actions = stored(app, select(AuditRecord.action))
    assert [actions.count(f"factor.{what}_removed") for what in ("passkey", "wallet", "totp")] == [1, 1, 1]
    link = str(told.one("main a.btn-primary")["href"])
    stranger.send(stranger.get(link).form(link), password="mine again at last")
    assert wallet_walks.sign_in(PageClient(app), purse) == "/login/code", "the old key is still a factor"
    back = PageClient(app)
    assert passkey_walks.sign_in(back, key).status_code == 200
    assert is_in(back)


def test_recovery_codes_that_were_renewed_since_open_nothing(
    app: Flask, fixed_clock: clock.FixedClock
) -> None:
    person = with_totp(app)
    kept = codes_of(app, person)
    fixed_clock.move(timedelta(days=1))
    thief = signed_in(app, person, second_factor=True)
    ask(thief)
    renew = "/settings/security/recovery-codes"
    planted = thief.send(thief.get(renew).form(renew)).one("pre code").get_text().split()
    confirm(app, thief)
    undo = last_letter(app, person.email, "email_change_notice").path("/email/undo/")
    owner = PageClient(app)
    told = owner.send(owner.get(undo).form(undo))
    assert "The recovery codes" in told.text
    link = str(told.one("main a.btn-primary")["href"])
    owner.send(owner.get(link).form(link), password="mine again at last")
    sign_in(owner, person.handle, "mine again at last")
    assert type_code(owner, planted[0]).status == type_code(owner, kept[0]).status == 422
    assert count(app, RecoveryCode) == 0
    assert type_code(owner, code_now()).status == 200, "the app is theirs"


def test_a_thiefs_factor_does_not_lock_the_owner_out(app: Flask) -> None:
    person = a_person(app, "mira")
    thief = signed_in(app, person)
    ask(thief)
    _set_up_app(thief)
    confirm(app, thief)
    undo = last_letter(app, person.email, "email_change_notice").path("/email/undo/")
    owner = PageClient(app)
    link = str(owner.send(owner.get(undo).form(undo)).one("main a.btn-primary")["href"])
    owner.send(owner.get(link).form(link), password="mine again at last")
    assert sign_in(owner, "mira", "mine again at last").response.request.path == "/feed"
    assert count(app, RecoveryCode) == 0


def test_undoing_the_first_of_two_changes_goes_back_to_its_asking(
    app: Flask, fixed_clock: clock.FixedClock
) -> None:
    person, planted = a_person(app, "mira"), SoftAuthenticator()
    thief = signed_in(app, person)
    for email, between in ((NEW, planted), ("newer@example.test", None)):
        ask(thief, email)
        fixed_clock.move(timedelta(minutes=1))
        if between:
            passkey_walks.add(thief, between, "Planted key")
        confirm(app, thief, email)
        fixed_clock.move(timedelta(minutes=1))
    undo = last_letter(app, person.email, "email_change_notice").path("/email/undo/")
    owner = PageClient(app)
    assert "Planted key" in owner.send(owner.get(undo).form(undo)).text
    assert address_of(app, person) == person.email


def test_a_thiefs_own_undo_leaves_that_of_the_owner(app: Flask, fixed_clock: clock.FixedClock) -> None:
    person = a_person(app, "mira")
    thief = signed_in(app, person)
    for email in (NEW, "newer@example.test"):
        ask(thief, email)
        confirm(app, thief, email)
        fixed_clock.move(timedelta(minutes=1))
    theirs = last_letter(app, NEW, "email_change_notice").path("/email/undo/")
    reset = str(thief.send(thief.get(theirs).form(theirs)).one("main a.btn-primary")["href"])
    assert address_of(app, person) == NEW
    undo = last_letter(app, person.email, "email_change_notice").path("/email/undo/")
    owner = PageClient(app)
    assert owner.send(owner.get(undo).form(undo)).status == 200
    assert address_of(app, person) == person.email
    assert thief.get(reset).status == 410


def test_taking_back_voids_the_undo_links_of_later_changes(app: Flask, fixed_clock: clock.FixedClock) -> None:
    person = a_person(app, "mira")
    thief = signed_in(app, person)
    for email in (NEW, "newer@example.test"):
        ask(thief, email)
        confirm(app, thief, email)
        fixed_clock.move(timedelta(minutes=1))
    undo = last_letter(app, person.email, "email_change_notice").path("/email/undo/")
    owner = PageClient(app)
    owner.send(owner.get(undo).form(undo))
    theirs = last_letter(app, NEW, "email_change_notice").path("/email/undo/")
    assert thief.get(theirs).status == 410


def _set_up_app(page: PageClient) -> None:
    """An authenticator app, set up as people do it."""
    page.send(page.get("/settings/security").form("/settings/security/totp"))
    shown = page.get("/settings/security/totp")
    secret = shown.one(".secret code").get_text().replace(" ", "")
    code = pyotp.TOTP(secret).at(int(clock.now().timestamp()))
    assert page.send(shown.form(".*/confirm"), code=code).status == 200


def test_a_thief_who_got_the_account_closed_does_not_keep_it(app: Flask, page: PageClient) -> None:
    person = a_person(app, "mira")
    admin = a_person(app, roles=("fan", "admin"))
    thief = signed_in(app, person)
    ask(thief)
    confirm(app, thief)
    with app.app_context(), transaction():
        roles.suspend(person.id, actor=admin.id)
    told = take_back(app, person)
    assert "The account is suspended" in told.text
    assert not told.soup.select("main a.btn-primary")
    assert address_of(app, person) == person.email
    assert sign_in(page, "mira").status == 422
    with app.app_context(), transaction():
        roles.restore(person.id, actor=admin.id)
    page.send(page.get("/reset").form("/reset"), email=person.email)
    link = last_letter(app, person.email, "reset_password").path("/reset/")
    page.send(page.get(link).form(link), password="mine again at last")
    assert sign_in(page, "mira", "mine again at last").status == 200


def test_what_was_done_meanwhile_and_stays_is_named(app: Flask, fixed_clock: clock.FixedClock) -> None:
    person, key = a_person(app, "mira"), SoftAuthenticator()
    owner = signed_in(app, person)
    passkey_walks.add(owner, key)
    owner.send(owner.get("/settings/profile").form("/settings/profile"), display_name="Mira")
    fixed_clock.move(timedelta(minutes=1))
    thief = signed_in(app, person)
    ask(thief)
    confirm(app, thief)
    page = thief.get("/settings/security")
    removing = thief.get(str(page.one("main a[href*='/passkeys/']")["href"]))
    thief.send(removing.form(".*/passkeys/.*/remove"))
    thief.send(thief.get("/settings/data").form("/settings/data/exports"))
    with app.app_context(), transaction():
        for action in (Action.REPORTED, Action.ROOM_SAID, Action.FEED_CLOSED, Action.PAYOUT_PLACE_VISITED):
            audit.record(action, actor=person.id, subject=("user", person.id))
    told = take_back(app, person)
    stays = [
        "Passkeys, wallets or an app that were removed",
        "A copy of all your data",
        "Private feeds that were closed",
        "Posts, comments, files, messages or broadcasts",
        "What was reported",
    ]
    assert left(told) == stays
    assert listed(told) == []
    written = last_letter(app, person.email, "account_taken_back")
    assert [line[2:] for line in written.text.splitlines() if line.startswith("- ")] == stays


def test_what_went_is_in_the_mail_as_well_as_on_the_page_that_is_shown_once(app: Flask) -> None:
    person = a_person(app, "mira")
    thief = signed_in(app, person)
    ask(thief)
    passkey_walks.add(thief, SoftAuthenticator(), "Planted key")
    confirm(app, thief)
    (gone, *_) = listed(take_back(app, person))
    written = last_letter(app, person.email, "account_taken_back")
    assert f"- {gone}" in written.text
    assert written.path("/reset") == "/reset"
    assert letters(app, NEW, "account_taken_back") == []


def test_the_browser_of_a_thief_is_a_new_one_afterwards(app: Flask) -> None:
    person, owner, thief = a_person(app, "mira"), PageClient(app), PageClient(app)
    sign_in(owner, "mira")
    sign_in(thief, "mira")
    ask(thief)
    confirm(app, thief)
    link = str(take_back(app, person).one("main a.btn-primary")["href"])
    owner.send(owner.get(link).form(link), password="mine again at last")
    before = len(letters(app, person.email, "new_device"))
    sign_in(thief, "mira", "mine again at last")
    assert len(letters(app, person.email, "new_device")) == before + 1
    sign_in(owner, "mira", "mine again at last")
    assert len(letters(app, person.email, "new_device")) == before + 2


def test_the_first_to_come_in_afterwards_is_told_however_late(
    app: Flask, fixed_clock: clock.FixedClock
) -> None:
    """Sessions that ended are kept for a month."""
    person, owner, thief = a_person(app, "mira"), PageClient(app), PageClient(app)
    sign_in(thief, "mira")
    ask(thief)
    confirm(app, thief)
    link = str(take_back(app, person).one("main a.btn-primary")["href"])
    owner.send(owner.get(link).form(link), password="mine again at last")
    fixed_clock.move(timedelta(days=31))
    with app.app_context():
        cleanup.clean()
    assert count(app, Session) == 0
    before = len(letters(app, person.email, "new_device"))
    sign_in(PageClient(app), "mira", "mine again at last")
    assert len(letters(app, person.email, "new_device")) == before + 1


def test_undo_lives_a_week(app: Flask, fixed_clock: clock.FixedClock) -> None:
    person = a_person(app, "mira")
    page = signed_in(app, person)
    ask(page)
    confirm(app, page)
    undo = last_letter(app, person.email, "email_change_notice").path("/email/undo/")
    fixed_clock.move(timedelta(days=6))
    assert page.get(undo).status == 200
    fixed_clock.move(timedelta(days=1, seconds=1))
    assert page.get(undo).status == 410


def test_nobody_takes_the_old_address_while_it_can_be_taken_back(app: Flask, page: PageClient) -> None:
    person = a_person(app, "mira")
    thief = signed_in(app, person)
    ask(thief)
    confirm(app, thief)
    page.send(
        page.get("/join").form("/join"),
        email=person.email,
        handle="blocker",
        display_name="Blocker",
        password="three wet lanterns",
        birth_date="1990-05-17",
    )
    undo = last_letter(app, person.email, "email_change_notice").path("/email/undo/")
    assert page.send(page.get(undo).form(undo)).status == 200
    assert address_of(app, person) == person.email


def test_a_taken_address_gets_the_same_answer_and_its_owner_a_mail(app: Flask) -> None:
    owner, person = a_person(app, "owner"), a_person(app, "mira")
    page = signed_in(app, person)
    free = ask(page, "free@example.test").text.replace("free@example.test", "X")
    taken = ask(page, owner.email).text.replace(owner.email, "X")
    assert taken == free
    assert [letter.template for letter in letters(app, owner.email)] == ["already_registered"]
    assert address_of(app, owner) == owner.email


def test_two_who_want_one_address(app: Flask) -> None:
    first, second = a_person(app, "first"), a_person(app, "second")
    for person in (first, second):
        ask(signed_in(app, person))
    links = [letter.path("/email/confirm/") for letter in letters(app, NEW, "email_change_confirm")]
    page = PageClient(app)
    forms = [page.get(link).form(link) for link in links]
    assert [page.send(form).status for form in forms] == [200, 409]
    assert address_of(app, first) == NEW
    assert address_of(app, second) == second.email


def test_ones_own_address_and_nonsense_are_told(app: Flask) -> None:
    person = a_person(app, "mira")
    page = signed_in(app, person)
    assert "already" in ask(page, person.email.upper()).errors["email"]
    assert "whole address" in ask(page, "nonsense").errors["email"]


def test_somebody_without_an_address_adds_one(app: Flask) -> None:
    person = a_person(app, "mira")
    with app.app_context(), transaction():
        db.session.execute(update(User).values(email=None, email_verified_at=None))
    page = signed_in(app, person)
    ask(page)
    assert "Confirmed" in confirm(app, page).text
    assert address_of(app, person) == NEW
    assert not letters(app, template="email_change_notice")


def test_a_reset_link_to_the_old_address_dies(app: Flask) -> None:
    person = a_person(app, "mira")
    visitor = PageClient(app)
    visitor.send(visitor.get("/reset").form("/reset"), email=person.email)
    link = last_letter(app, person.email, "reset_password").path("/reset/")
    page = signed_in(app, person)
    ask(page)
    confirm(app, page)
    assert visitor.get(link).status == 410
    assert sign_in(visitor, NEW, PASSWORD).status == 200
