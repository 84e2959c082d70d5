"""Demo mode's mailbox: a newcomer finds the link at once."""

from uuid import UUID

import pytest
from flask import Flask

from app.config import Mode
from app.extensions import db
from app.kit.ids import new_id
from app.platform import mail, work
from app.platform.models import Mail
from app.platform.transaction import transaction
from tests.page_client import PageClient
from tests.platform.test_mail import LINK, smtp_at

pytestmark = pytest.mark.usefixtures("context")


def send(to: str, name: str = "Ann") -> UUID:
    with transaction():
        return mail.send("verify_email", to, name=name, link=LINK)


def test_without_a_mail_server_the_mailbox_keeps_what_was_sent(page: PageClient) -> None:
    mail_id = send("ann@example.org")
    work.drain()
    kept = db.session.get_one(Mail, mail_id)
    assert (kept.state, kept.sealed_context is not None) == ("sent", True)
    shown = page.get("/mailbox")
    assert "Confirm your address" in shown.text
    assert shown.one(f'a[href="{LINK}"]').get_text(strip=True) == "Confirm my address"


def test_a_mail_is_there_before_the_worker_comes(page: PageClient) -> None:
    send("ann@example.org")
    assert "on its way" in page.get("/mailbox").text


def test_the_newest_fifty_are_listed_newest_first(page: PageClient) -> None:
    for number in range(52):
        send(f"fan{number:02}@example.org")
    text = page.get("/mailbox").text
    assert "fan51@" in text
    assert "fan02@" in text
    assert "fan01@" not in text
    assert text.index("fan51@") < text.index("fan50@")


def test_mail_to_one_address_is_found(page: PageClient) -> None:
    send("ann@example.org")
    send("bob@example.org")
    shown = page.get("/mailbox?to=ANN@example.org").text
    assert "ann@example.org" in shown
    assert "bob@example.org" not in shown


@pytest.mark.parametrize("to", ["nobody@example.org", "%27%3B--", "x" * 3_000, "%ff"])
def test_looking_for_a_strange_address_finds_nothing_and_breaks_nothing(page: PageClient, to: str) -> None:
    send("ann@example.org")
    shown = page.get(f"/mailbox?to={to}")
    assert shown.status == 200


def test_looking_for_nothing_printable_is_refused(page: PageClient) -> None:
    assert page.get("/mailbox?to=%00").status == 400


def test_an_empty_mailbox_says_what_comes(page: PageClient) -> None:
    assert "No mail yet" in page.get("/mailbox").text


def test_one_mail_shows_text_and_html_apart_from_our_page(page: PageClient) -> None:
    mail_id = send("ann@example.org", name="<script>alert(1)</script>")
    shown = page.get(f"/mailbox/{mail_id}")
    assert LINK in shown.text
    frame = shown.one("iframe")
    assert "allow-scripts" not in str(frame["sandbox"])
    assert "allow-same-origin" not in str(frame["sandbox"])
    assert "frame-src 'self'" in shown.response.headers["Content-Security-Policy"]
    inside = page.http.get(str(frame["src"]))
    policy = inside.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "script-src" not in policy
    assert inside.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "<script" not in inside.text
    assert "&lt;script&gt;" in inside.text


@pytest.mark.parametrize("path", ["", "/html"])
def test_a_mail_that_is_not_there_is_not_found(page: PageClient, path: str) -> None:
    assert page.get(f"/mailbox/{new_id()}{path}").status == 404


def test_live_mode_has_no_mailbox(context: Flask, page: PageClient) -> None:
    mail_id = send("ann@example.org")
    with smtp_at(context, "smtp://localhost", mode=Mode.LIVE):
        for path in ("/mailbox", f"/mailbox/{mail_id}", f"/mailbox/{mail_id}/html"):
            assert page.get(path).status == 404
