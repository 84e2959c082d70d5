"""Mail that comes back, or is called spam: noticed, told to its person, and not sent again in vain."""

import base64
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts import jobs
from app.accounts.letters import write_to
from app.accounts.models import User
from app.config import ConfigError, Settings, load_settings
from app.extensions import db
from app.kit import clock
from app.notifications import kinds
from app.notifications.kinds import Channel, Default, Kind
from app.notifications.queries import wants
from app.platform import cleanup, mail, work
from app.platform.idempotency import new_key
from app.platform.mail import suppressions
from app.platform.mail.suppressions import PAUSED_FOR, SOFT_WITHIN
from app.platform.models import AuditRecord, InboxEvent, Mail, MailSuppression
from app.platform.transaction import transaction
from tests.accounts.taking_over import NEW, ask, confirm, undo_link
from tests.accounts.test_deletion import GRACE
from tests.accounts.test_deletion import ask as leave
from tests.factories.people import Person, a_person, signed_in
from tests.factories.post import last_letter
from tests.page_client import PageClient
from tests.platform.mail_server import mail_server
from tests.queries import counting

KEY = b"a key that the mail provider has too"
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"
SECURITY, LIST = "/settings/security", "/admin/mail"


@pytest.fixture(autouse=True)
def secret(app: Flask) -> Iterator[None]:
    yield from with_settings(app, mail_webhook_secret=SECRET)


def with_settings(app: Flask, **changes: object) -> Iterator[None]:
    before: Settings = app.extensions["fanlight.settings"]
    app.extensions["fanlight.settings"] = before.model_copy(update=changes)
    yield
    app.extensions["fanlight.settings"] = before


@pytest.fixture
def mia(app: Flask) -> Person:
    return a_person(app, "mia")


def signed(body: bytes, event_id: str, *, key: bytes = KEY, late: timedelta = timedelta()) -> dict[str, str]:
    at = str(int((clock.now() - late).timestamp()))
    due = hmac.digest(key, b".".join((event_id.encode(), at.encode(), body)), "sha256")
    signature = f"v1,bm90aGluZw== v1,{base64.b64encode(due).decode()}"
    return {"webhook-id": event_id, "webhook-timestamp": at, "webhook-signature": signature}


def tell(app: Flask, told: Any, event_id: str = "", **how: Any) -> int:
    body = json.dumps(told).encode()
    headers = {"Content-Type": "application/json"} | signed(body, event_id or new_key(), **how)
    status = app.test_client().post("/webhooks/mail", data=body, headers=headers).status_code
    with app.app_context():
        work.drain()
    return status


def bounce(app: Flask, person: Person, how: str = "hard", **more: str) -> int:
    return tell(app, {"type": "bounce", "email": person.email.upper(), "bounce": how, **more})


def complain(app: Flask, person: Person) -> int:
    return tell(app, {"type": "complaint", "email": person.email})


def write(app: Flask, person: Person, template: str = "welcome") -> str:
    """What becomes of a mail to them."""
    with app.app_context(), transaction():
        write_to(db.session.get_one(User, person.id), template, link="http://localhost/")
    with app.app_context():
        work.drain()
        latest = select(Mail).where(Mail.user_id == person.id).order_by(Mail.id.desc()).limit(1)
        return db.session.scalars(latest).one().state


def on_record(app: Flask, person: Person) -> list[str]:
    with app.app_context():
        about = AuditRecord.subject_id == str(person.id)
        mails = AuditRecord.action.startswith("mail.")
        return list(
            db.session.scalars(select(AuditRecord.action).where(about, mails).order_by(AuditRecord.id))
        )


def test_a_mailbox_that_is_not_there_gets_only_what_is_asked_for_just_now(app: Flask, mia: Person) -> None:
    assert write(app, mia) == "sent"
    assert bounce(app, mia) == 200
    assert write(app, mia) == "failed"
    assert write(app, mia, "reset_password") == "sent"
    with app.app_context():
        held = db.session.scalars(select(Mail).where(Mail.state == "failed")).one()
        assert (held.sealed_context, "held back" in str(held.last_error)) == (None, True)
        assert suppressions.holds_back(mia.email, "email_change_notice"), "nobody has that mailbox"
    assert on_record(app, mia) == ["mail.bounced"]


def test_its_person_reads_it_below_their_address_and_tries_again(app: Flask, mia: Person) -> None:
    page = signed_in(app, mia)
    assert "came back" not in page.get(SECURITY).text
    bounce(app, mia)
    told = page.get(SECURITY)
    assert "Mail to this address came back" in told.text
    tried = page.send(told.form("/settings/mail/again"))
    assert "We try your address again" in tried.text
    assert not tried.has_form("/settings/mail/again")
    with app.app_context():
        work.drain()
        assert db.session.scalars(select(Mail.template).order_by(Mail.id.desc())).first() == "mail_again"
    assert write(app, mia) == "sent"
    assert on_record(app, mia) == ["mail.bounced", "mail.resumed"]
    assert page.send(told.form("/settings/mail/again"), idempotency_key="anew").status == 404


def test_another_address_is_another_matter(app: Flask, mia: Person) -> None:
    bounce(app, mia)
    with app.app_context(), transaction():
        db.session.get_one(User, mia.id).email = "mia@elsewhere.example"
    assert "came back" not in signed_in(app, mia).get(SECURITY).text
    assert write(app, mia) == "sent"


def test_whoever_has_an_address_now_is_told_whosever_mail_came_back(app: Flask, mia: Person) -> None:
    with app.app_context(), transaction():
        suppressions.bounced(mia.email, a_person(app).id, hard=True)
    assert write(app, mia) == "failed"
    page = signed_in(app, mia)
    told = page.get(SECURITY)
    assert "Mail to this address came back" in told.text
    assert "We try your address again" in page.send(told.form("/settings/mail/again")).text
    assert write(app, mia) == "sent"


def test_a_link_that_was_opened_shows_that_mail_gets_there_again(app: Flask, mia: Person) -> None:
    bounce(app, mia)
    visitor = PageClient(app)
    visitor.send(visitor.get("/reset").form("/reset"), email=mia.email)
    link = last_letter(app, mia.email, "reset_password").path("/reset/")
    visitor.send(visitor.get(link).form(link), password="seven quiet harbours")
    assert write(app, mia) == "sent"
    assert "came back" not in signed_in(app, mia).get(SECURITY).text


def test_three_passing_troubles_in_two_weeks_are_a_pause_of_one(
    app: Flask, mia: Person, fixed_clock: clock.FixedClock
) -> None:
    for _ in range(2):
        bounce(app, mia, "soft")
    assert write(app, mia) == "sent"
    bounce(app, mia, "soft")
    assert write(app, mia) == "failed"
    assert "It came back several times" in signed_in(app, mia).get(SECURITY).text
    fixed_clock.move(PAUSED_FOR + timedelta(minutes=1))
    assert write(app, mia) == "sent"
    assert "came back" not in signed_in(app, mia).get(SECURITY).text


def test_what_protects_an_account_is_sent_in_a_pause_as_well(app: Flask, mia: Person) -> None:
    """Whoever fills a mailbox up must not be the one who is never found out."""
    for _ in range(3):
        bounce(app, mia, "soft")
    assert write(app, mia) == "failed"
    thief = signed_in(app, mia)
    ask(thief)
    confirm(app, thief)
    undo_link(app, mia)
    with app.app_context():
        notice = select(Mail.state).where(Mail.template == "email_change_notice")
        assert db.session.scalars(notice).all() == ["sent"]


def test_passing_troubles_far_apart_or_followed_by_success_are_none(
    app: Flask, mia: Person, fixed_clock: clock.FixedClock
) -> None:
    for _ in range(4):
        bounce(app, mia, "soft")
        fixed_clock.move(SOFT_WITHIN / 2 + timedelta(minutes=1))
    assert write(app, mia) == "sent"
    for _ in range(4):
        bounce(app, mia, "soft")
        tell(app, {"type": "delivered", "email": mia.email})
    assert write(app, mia) == "sent"


@pytest.fixture
def digest(app: Flask) -> Iterator[str]:
    """A kind of mail that can be switched off."""
    kinds.register(app, Kind("digest", "Your week", "What happened.", {Channel.MAIL: Default.ON}))
    yield "digest"
    del app.extensions[kinds.KEY]["digest"]


def test_a_complaint_switches_off_what_can_be_switched_off(app: Flask, mia: Person, digest: str) -> None:
    complain(app, mia)
    with app.app_context():
        assert not wants(mia.id, digest, Channel.MAIL)
        assert wants(mia.id, "security", Channel.MAIL)
    assert write(app, mia) == "sent", "what the account needs goes on"
    page = signed_in(app, mia)
    told = page.get(SECURITY)
    assert "called spam" in told.text
    assert "called spam" not in page.send(told.form("/settings/mail/again")).text
    assert on_record(app, mia) == ["mail.complained", "mail.resumed"]


def test_a_complaint_of_a_stranger_whose_address_was_typed_switches_nothing_off(
    app: Flask, mia: Person, digest: str
) -> None:
    page = signed_in(app, mia)
    ask(page)
    with app.app_context():
        work.drain()
        mail_id = db.session.scalars(select(Mail.id).where(Mail.recipient == NEW)).one()
    tell(app, {"type": "complaint", "email": NEW, "message_id": f"<{mail_id}@localhost>"})
    with app.app_context():
        assert wants(mia.id, digest, Channel.MAIL)
    assert "called spam" not in page.get(SECURITY).text
    assert on_record(app, mia) == ["mail.complained"], "the house still wants to know"


def test_told_twice_it_counts_once_and_whose_it_was_is_forgotten(app: Flask, mia: Person) -> None:
    told = {"type": "bounce", "email": mia.email, "bounce": "soft"}
    assert [tell(app, told, "evt-1") for _ in range(3)] == [200, 200, 200]
    with app.app_context():
        assert len(db.session.scalars(select(MailSuppression)).one().soft_bounces) == 1
        assert db.session.scalars(select(InboxEvent)).one().payload == {"type": "bounce"}


def test_a_mail_is_known_by_its_id_when_its_person_has_moved_on(app: Flask, mia: Person) -> None:
    write(app, mia)
    with app.app_context(), transaction():
        mail_id = db.session.scalars(select(Mail.id)).one()
        db.session.get_one(User, mia.id).email = "mia@elsewhere.example"
    bounce(app, mia, message_id=f"<{mail_id}@localhost>")
    with app.app_context():
        assert db.session.scalars(select(MailSuppression)).one().user_id == mia.id


def test_of_strangers_nothing_is_kept(app: Flask) -> None:
    assert tell(app, {"type": "bounce", "email": "nobody@example.org", "bounce": "hard"}) == 200
    with app.app_context():
        assert db.session.scalars(select(MailSuppression)).all() == []


def test_what_was_not_signed_just_now_is_not_taken(app: Flask, mia: Person) -> None:
    told = {"type": "bounce", "email": mia.email, "bounce": "hard"}
    assert tell(app, told, key=b"another key, of somebody else's") == 400
    assert tell(app, told, late=timedelta(minutes=6)) == 400
    assert tell(app, told, late=timedelta(minutes=-6)) == 400
    body, other = json.dumps(told).encode(), json.dumps(told | {"type": "complaint"}).encode()
    http = app.test_client()
    for headers in (
        {},
        {"webhook-id": "x", "webhook-timestamp": "soon", "webhook-signature": "v1,"},
        signed(other, "x"),
    ):
        assert http.post("/webhooks/mail", data=body, headers=headers).status_code == 400
    with app.app_context():
        assert db.session.scalars(select(InboxEvent)).all() == []


@pytest.mark.parametrize(
    "told",
    [
        [],
        {"type": "opened", "email": "a@b.example"},
        {"type": "bounce", "email": "a@b.example"},
        {"type": "bounce", "email": 7, "bounce": "hard"},
        {"type": "complaint", "email": "nobody"},
        {"type": "complaint", "email": "a@b.example", "message_id": 7},
        {"type": "complaint", "email": "a\u0000@b.example"},
    ],
)
def test_what_is_signed_and_makes_no_sense_is_refused(app: Flask, told: Any) -> None:
    assert tell(app, told) == 400


def test_without_a_secret_there_is_no_such_door(app: Flask, mia: Person) -> None:
    for _ in with_settings(app, mail_webhook_secret=""):
        assert bounce(app, mia) == 404


@pytest.mark.parametrize("wrong", ["nonsense", "whsec_c2hvcnQ=", "whsec_???"])
def test_a_weak_secret_is_named_at_start(wrong: str, settings: Settings) -> None:
    with pytest.raises(ConfigError, match="MAIL_WEBHOOK_SECRET"):
        load_settings(**settings.model_dump() | {"mail_webhook_secret": wrong})


@pytest.mark.parametrize(
    ("answer", "held_back"),
    [
        ("550 5.1.1 no such user", True),
        ("553 sorry, no mailbox here by that name (#5.1.1)", True),
        ("553 sorry, your envelope sender is in my badmailfrom list (#5.7.1)", False),
        ("550 5.1.8 Sender address rejected: Domain not found", False),
        ("550 Sender verify failed", False),
        ("552 5.2.2 mailbox full", False),
        ("550 5.4.1 no access", False),
        ("554 blocked using bl.example", False),
        ("550 5.7.1 your address is on a list", False),
        ("450 4.2.0 later", False),
    ],
)
def test_what_the_mail_server_says_of_a_mailbox_is_believed(
    app: Flask, mia: Person, answer: str, held_back: bool
) -> None:
    with mail_server() as (post, port):
        for _ in with_settings(app, smtp_url=f"smtp://127.0.0.1:{port}"):
            post.answers["rcpt"] = answer
            write(app, mia)
    with app.app_context():
        assert suppressions.holds_back(mia.email, "welcome") is held_back


def test_of_a_farewell_that_comes_back_no_address_is_kept(
    app: Flask, mia: Person, fixed_clock: clock.FixedClock
) -> None:
    leave(signed_in(app, mia), mia.handle)
    fixed_clock.move(GRACE)
    with mail_server() as (post, port):
        for _ in with_settings(app, smtp_url=f"smtp://127.0.0.1:{port}"):
            post.answers["rcpt"] = "550 5.1.1 no such user"
            with app.app_context():
                jobs.erase_due()
                work.drain()
                farewell = select(Mail.id).where(Mail.template == "deletion_done", Mail.state == "failed")
                mail_id = db.session.scalars(farewell).one()
    bounce(app, mia, message_id=f"<{mail_id}@localhost>")
    with app.app_context():
        assert db.session.scalars(select(MailSuppression)).all() == []
        jobs.forget_farewells()
        assert db.session.scalars(select(Mail)).all() == []


def test_a_farewell_of_an_older_release_is_forgotten_and_that_it_came_back(
    app: Flask, mia: Person, fixed_clock: clock.FixedClock
) -> None:
    """It went out under the id of whoever had left; of somebody who is here all stays."""
    ben = a_person(app, "ben")
    leave(signed_in(app, mia), mia.handle)
    fixed_clock.move(GRACE)
    with app.app_context():
        jobs.erase_due()
        with transaction():
            mail_id = mail.send("deletion_done", mia.email, user_id=mia.id, name="Mia")
        work.drain()
    for person in (mia, ben):
        bounce(app, person, message_id=f"<{mail_id}@localhost>")
    with app.app_context():
        assert db.session.query(MailSuppression).count() == 2
        jobs.forget_farewells()
        assert db.session.scalars(select(Mail).where(Mail.template == "deletion_done")).all() == []
        assert db.session.scalars(select(MailSuppression.user_id)).all() == [ben.id]


def test_who_has_an_address_now_is_told_that_they_called_a_mail_spam(app: Flask, mia: Person) -> None:
    with app.app_context(), transaction():
        suppressions.bounced(mia.email, a_person(app, "before").id, hard=True)
        suppressions.reached(mia.email)
    complain(app, mia)
    assert "called spam" in signed_in(app, mia).get(SECURITY).text


def test_a_full_mailbox_is_a_passing_trouble(app: Flask, mia: Person) -> None:
    with mail_server() as (post, port):
        for _ in with_settings(app, smtp_url=f"smtp://127.0.0.1:{port}"):
            post.answers["rcpt"] = "552 5.2.2 mailbox full"
            assert [write(app, mia) for _ in range(3)] == ["failed"] * 3
    assert "It came back several times" in signed_in(app, mia).get(SECURITY).text


def test_what_came_back_is_known_under_a_new_secret_key(app: Flask, mia: Person, settings: Settings) -> None:
    bounce(app, mia)
    for earlier, known in (([settings.secret_key], True), ([], False)):
        changed = {"secret_key": "another-secret-of-tests-0123456789", "earlier_secret_keys": earlier}
        for _ in with_settings(app, **changed):
            with app.app_context():
                assert suppressions.holds_back(mia.email, "welcome") is known


def test_admins_see_the_list_and_lift(app: Flask, mia: Person) -> None:
    leo = a_person(app, "leo")
    bounce(app, mia)
    complain(app, leo)
    admin = signed_in(app, a_person(app, roles=("fan", "admin")), second_factor=True)
    page = admin.get(LIST)
    assert [row.get_text(" ", strip=True) for row in page.soup.select("tbody [data-label=Person]")] == [
        "@leo",
        "@mia",
    ]
    assert "mia@example.test" in page.text.lower()
    lifted = admin.send(page.form(f"{LIST}/.+/lift"))
    assert "Mail goes there again" in lifted.text
    assert "@leo" not in lifted.one("table").text
    assert signed_in(app).get(LIST).status == 403


def test_the_list_asks_the_same_however_long_it_is(app: Flask) -> None:
    admin = signed_in(app, a_person(app, roles=("fan", "admin")), second_factor=True)

    def statements() -> int:
        with counting(app) as sent:
            admin.get(LIST)
        return len(sent)

    statements()
    bounce(app, a_person(app))
    few = statements()
    for _ in range(4):
        bounce(app, a_person(app))
    assert statements() == few <= 2


def test_passing_trouble_is_forgotten_in_time(app: Flask, mia: Person, fixed_clock: clock.FixedClock) -> None:
    leo = a_person(app)
    bounce(app, mia, "soft")
    bounce(app, leo)
    fixed_clock.move(timedelta(days=31))
    with app.app_context():
        cleanup.clean()
        assert [row.user_id for row in db.session.scalars(select(MailSuppression))] == [leo.id]
