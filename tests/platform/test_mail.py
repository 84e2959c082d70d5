"""Mail: written with what it tells about, sent by a job, kept no longer than needed."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask
from jinja2 import UndefinedError
from sqlalchemy import select

from app.config import Settings
from app.extensions import db
from app.kit import clock
from app.platform import mail, work
from app.platform.models import Mail, WorkItem
from app.platform.transaction import transaction
from tests.platform.mail_server import Post, mail_server
from tests.support import free_port

LINK = "http://localhost:3000/verify/abc_DEF-123"
AT = datetime(2026, 5, 3, 14, 5, tzinfo=UTC)
HOSTILE = "[x](http://evil.example) <b>bold</b> **x** `y` evil.example\r\nBcc: a@b.c"


@pytest.fixture
def post(context: Flask) -> Iterator[Post]:
    with mail_server() as (post, port), smtp_at(context, f"smtp://127.0.0.1:{port}"):
        yield post


class smtp_at:
    """The app's settings with another mail server, for a while."""

    def __init__(self, app: Flask, url: str, **more: object) -> None:
        self.app, self.changes = app, {"smtp_url": url, **more}

    def __enter__(self) -> None:
        self.before: Settings = self.app.extensions["fanlight.settings"]
        self.app.extensions["fanlight.settings"] = self.before.model_copy(update=self.changes)

    def __exit__(self, *_: object) -> None:
        self.app.extensions["fanlight.settings"] = self.before


def send(name: str = "Ann", to: str = "ann@example.org") -> UUID:
    with transaction():
        return mail.send("verify_email", to, name=name, link=LINK)


def row(mail_id: UUID) -> Mail:
    db.session.expire_all()
    return db.session.get_one(Mail, mail_id)


def part(message: EmailMessage, subtype: str) -> str:
    found = message.get_body((subtype,))
    assert found is not None
    return str(found.get_content()).replace("\r\n", "\n")


def work_state() -> str:
    return db.session.scalars(select(WorkItem.state)).one()


def test_a_mail_arrives_with_a_text_and_an_html_part(post: Post) -> None:
    mail_id = send()
    work.drain()
    message = post.mails[0]
    assert post.recipients == ["ann@example.org"]
    assert message["Subject"] == "Confirm your address for Fanlight"
    assert message["From"] == "Fanlight <no-reply@localhost>"
    assert message["Message-ID"] == f"<{mail_id}@localhost>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert f"Confirm my address:\n{LINK}\n" in part(message, "plain")
    assert f'<a href="{LINK}" class="button">Confirm my address</a>' in part(message, "html")


def test_what_a_mail_said_is_sealed_and_forgotten_when_it_is_sent(post: Post) -> None:
    mail_id = send()
    sealed = row(mail_id).sealed_context
    assert sealed is not None
    assert LINK not in sealed
    work.drain()
    assert (row(mail_id).state, row(mail_id).sealed_context, row(mail_id).attempts) == ("sent", None, 1)
    assert row(mail_id).sent_at is not None


def test_a_mail_is_sent_once_however_often_the_job_runs(post: Post) -> None:
    mail_id = send()
    work.drain()
    with transaction():
        work.enqueue(mail.DELIVER, {"mail_id": str(mail_id)})
    work.drain()
    assert len(post.mails) == 1


def test_no_mail_without_the_commit(post: Post) -> None:
    with pytest.raises(RuntimeError), transaction():
        mail.send("verify_email", "ann@example.org", name="Ann", link=LINK)
        raise RuntimeError
    assert work.drain() == 0
    assert post.mails == []


def test_a_missing_value_is_told_to_the_sender(context: Flask) -> None:
    with pytest.raises(UndefinedError, match="link"), transaction():
        mail.send("verify_email", "ann@example.org", name="Ann")


@pytest.mark.parametrize("answer", ["451 later", "421 closing"])
def test_a_mail_that_is_not_taken_now_is_tried_again(
    post: Post, fixed_clock: clock.FixedClock, answer: str
) -> None:
    post.answers["rcpt"] = answer
    mail_id = send()
    work.drain()
    assert (row(mail_id).state, row(mail_id).attempts) == ("waiting", 1)
    assert answer[:3] in (row(mail_id).last_error or "")
    post.answers["rcpt"] = "250 taken"
    fixed_clock.move(timedelta(minutes=1))
    work.drain()
    assert (row(mail_id).state, row(mail_id).attempts, row(mail_id).last_error) == ("sent", 2, None)
    assert len(post.mails) == 1


def test_a_mail_waits_for_a_server_that_is_down(context: Flask, fixed_clock: clock.FixedClock) -> None:
    port = free_port()
    with smtp_at(context, f"smtp://127.0.0.1:{port}"):
        mail_id = send()
        work.drain()
        assert row(mail_id).state == "waiting"
        assert "refused" in (row(mail_id).last_error or "")
        with mail_server(port=port) as (post, _):
            fixed_clock.move(timedelta(minutes=1))
            work.drain()
    assert row(mail_id).state == "sent"
    assert len(post.mails) == 1


@pytest.mark.parametrize(
    ("step", "answer"), [("rcpt", "550 no such person"), ("data", "554 we do not want this")]
)
def test_a_mail_that_is_refused_for_good_is_not_tried_again(post: Post, step: str, answer: str) -> None:
    post.answers[step] = answer
    mail_id = send()
    work.drain()
    assert (row(mail_id).state, row(mail_id).last_error) == ("failed", answer)
    assert row(mail_id).sealed_context is None
    assert work_state() == "done"


def test_a_mail_that_never_got_through_is_given_up(context: Flask, fixed_clock: clock.FixedClock) -> None:
    with smtp_at(context, f"smtp://127.0.0.1:{free_port()}"):
        mail_id = send()
        for _ in range(20):
            work.drain()
            fixed_clock.move(timedelta(hours=1))
    assert work_state() == "failed"
    assert (row(mail_id).state, row(mail_id).sealed_context) == ("failed", None)


def test_a_domain_may_have_letters_of_any_language(post: Post) -> None:
    send(to="ann@münchen.example")
    work.drain()
    assert post.recipients == ["ann@xn--mnchen-3ya.example"]


@pytest.mark.parametrize(
    "to", ["a@b.c, d@e.f", "a@b.c\nBcc: d@e.f", "nobody", "a@b@c", "", "@", "a@" + "b" * 99]
)
def test_a_recipient_is_one_address_or_none(post: Post, to: str) -> None:
    mail_id = send(to=to)
    work.drain()
    assert row(mail_id).state == "failed"
    assert post.mails == []


def test_words_of_people_are_neither_markup_nor_links(post: Post) -> None:
    send(name=HOSTILE)
    work.drain()
    message = post.mails[0]
    html, text = part(message, "html"), part(message, "plain")
    body = html[html.index("<body>") :]
    assert "<b>" not in body
    assert "<strong>" not in body
    assert "<code>" not in body
    assert [line for line in body.split("<a ") if "evil" in line.partition(">")[0]] == []
    for shown in (body, text):
        assert "http://evil" not in shown, "mail programs make links of that"
        assert "evil.example" not in shown
    assert "[x](http:" in text
    assert "Bcc" not in message


def test_nothing_in_a_subject_ends_its_line(post: Post) -> None:
    with transaction():
        mail.send(
            "welcome", "ann@example.org", name="Ann\r\nBcc: x@y.z\u2028\0\x1b[2J" + "x" * 500, link=LINK
        )
    work.drain()
    subject = post.mails[0]["Subject"]
    assert subject.startswith("You are in, Ann Bcc: x@y.z")
    assert len(subject) <= 150
    assert post.recipients == ["ann@example.org"]


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "http://a/ b", "http://a.b/)[x](http://b", "/verify/x", "http://a/\n# x"]
)
def test_a_link_is_an_address_of_the_web(context: Flask, link: str) -> None:
    with pytest.raises(ValueError, match="not an address"), transaction():
        mail.send("verify_email", "ann@example.org", name="Ann", link=link)


def test_a_list_is_a_list_in_both_parts(context: Flask) -> None:
    with transaction():
        mail_id = mail.send(
            "new_device", "a@b.c", name="Ann", device="Firefox", address="203.0.113.9", at=AT, link=LINK
        )
    rendered = mail.content(row(mail_id))
    assert rendered is not None
    assert "\n\n- When: 3 May 2026, 14:05 UTC\n- With: Firefox\n- From: 203.0.113.9\n\n" in rendered.text
    assert "<li>From: 203.0.113.9</li>" in rendered.html


def test_moments_are_written_for_people(context: Flask) -> None:
    with transaction():
        mail_id = mail.send("passkey_added", "a@b.c", name="Ann", what="My phone", at=AT, link=LINK)
    rendered = mail.content(row(mail_id))
    assert rendered is not None
    assert "since 3 May 2026, 14:05 UTC the passkey My phone opens" in " ".join(rendered.text.split())
    assert rendered.buttons == (("Look at my security", LINK),)


ALL = sorted(path.stem for path in Path("templates/mail").glob("*.md"))
VALUES: dict[str, Any] = {
    "name": "Ann",
    "link": LINK,
    "reset_link": LINK,
    "at": AT,
    "until": AT,
    "device": "Firefox on Linux",
    "address": "203.0.113.9",
    "new_email": "new@example.org",
    "what": "The authenticator app was removed.",
    "back": True,
    "opens": True,
    "closes": True,
    "upheld": True,
    "trial": True,
    "renews": True,
    "stop": LINK,
    "choose": LINK,
    "subject": "Ben liked “Fog”",
    "removed": [{"what": "The passkey of Ben"}],
    "done": [{"what": "A copy of all your data"}],
    "lines": [{"text": "Ben liked “Fog”", "link": LINK}, {"text": "Zoe wrote to you", "link": LINK}],
}


@pytest.mark.parametrize("template", ALL)
def test_every_template_reads_well_with_all_its_values(context: Flask, template: str) -> None:
    source = Path(f"templates/mail/{template}.md").read_text()
    others = dict.fromkeys(re.findall(r"{{ (\w+)", source), "words")
    with transaction():
        mail_id = mail.send(template, "ann@example.org", **(others | VALUES))
    rendered = mail.content(row(mail_id))
    assert rendered is not None
    assert 5 < len(rendered.subject) < 70
    assert "Ann" in rendered.text
    assert not {"{", "}", "\\", "**", "]("} & set(rendered.text)
    assert all(len(line) <= 72 or line.startswith("http") for line in rendered.text.splitlines())
    assert rendered.html.count("<h1>") == 1


def test_a_server_that_offers_encryption_gets_the_password_over_it(
    context: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with mail_server(certificate) as (post, port):
        url = f"smtp://house:p%40ss%2Fword@127.0.0.1:{port}"
        with smtp_at(context, url, mail_from="The House <house@example.org>"):
            mail_id = send()
            work.drain()
    assert row(mail_id).state == "sent"
    assert post.logins == [("house", "p@ss/word")]
    assert post.encrypted == [True]
    assert post.mails[0]["From"] == "The House <house@example.org>"


def test_a_server_elsewhere_without_encryption_gets_no_mail(context: Flask) -> None:
    """127.1 is this machine under a name that is not taken for it."""
    with mail_server() as (post, port), smtp_at(context, f"smtp://127.1:{port}"):
        mail_id = send()
        work.drain()
    assert row(mail_id).state == "waiting"
    assert "no encryption" in (row(mail_id).last_error or "")
    assert post.mails == []


def test_a_server_with_a_foreign_certificate_gets_neither_password_nor_mail(
    context: Flask, tmp_path: Path
) -> None:
    port = free_port()
    url = f"smtp://house:p%40ss%2Fword@127.0.0.1:{port}"
    with mail_server(make_certificate(tmp_path), port) as (post, _), smtp_at(context, url):
        mail_id = send()
        work.drain()
    assert row(mail_id).state == "waiting"
    assert "CERTIFICATE_VERIFY_FAILED" in (row(mail_id).last_error or "")
    assert (post.logins, post.mails) == ([], [])


def make_certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path
