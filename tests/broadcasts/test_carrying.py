"""What is told may carry files and a price: the same for all, opened by each for themselves."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.broadcasts import jobs
from app.chat.models import Message, Parcel, ParcelMedia
from app.extensions import db
from app.kit import clock
from app.kit.clock import FixedClock
from app.media.operations import holding
from app.platform.transaction import transaction
from tests.broadcasts.telling import (
    HOME,
    NEW,
    all_told,
    confirmed,
    counted,
    heard,
    sent,
    the_broadcast,
    written,
)
from tests.factories.creators import a_creator
from tests.factories.invoices import paid, refund
from tests.factories.media import a_picture
from tests.factories.people import Person, signed_in
from tests.factories.subscriptions import invoice_at
from tests.page_client import Page, PageClient


def in_talk(app: Flask, fan: Person) -> Page:
    return signed_in(app, fan).get("/messages/to/mara")


def opened_by(app: Flask, fan: Person) -> UUID:
    """Whoever pays for it: their invoice."""
    page = signed_in(app, fan)
    form = page.get("/messages/to/mara").form("/messages/.*/open")
    invoice_id = invoice_at(page.send(form, follow=False))
    paid(app, invoice_id)
    return invoice_id


def parcels(app: Flask) -> tuple[int, int]:
    """How many there are, and how many messages carry one."""
    with app.app_context():
        carried = select(func.count()).select_from(Message).where(Message.parcel_id.is_not(None))
        return db.session.scalar(select(func.count()).select_from(Parcel)) or 0, db.session.scalar(
            carried
        ) or 0


def test_each_pays_for_themselves_and_the_desk_says_what_came_in(
    app: Flask, mara: Person, host: PageClient, fans: list[Person]
) -> None:
    picture = a_picture(app, mara, purpose="message", attached=False)
    address = written(host, "Look", media=picture["id"], price="4.50", locked="Behind the door")
    shown = host.get(address)
    assert "Open for $4.50" in shown.text and "Behind the door" not in shown.text
    confirmed(host, address)
    all_told(app)
    assert parcels(app) == (1, 2)
    assert all("Behind the door" not in in_talk(app, fan).text for fan in fans)
    invoice_id = opened_by(app, fans[0])
    assert "Behind the door" in in_talk(app, fans[0]).text
    assert "Behind the door" not in in_talk(app, fans[1]).text
    counted(app)
    assert "Opened by 1 Paid for it $4.50" in host.get(address).text
    opened_by(app, fans[1])
    refund(app, invoice_id, 450)
    with app.app_context():
        one = the_broadcast(app, address)
    assert one.opened == 1
    assert "Behind the door" not in in_talk(app, fans[0]).text


def test_files_without_a_price_are_open_to_all(
    app: Flask, mara: Person, host: PageClient, fans: list[Person]
) -> None:
    picture = a_picture(app, mara, purpose="message", attached=False)
    sent(host, "", media=picture["id"])
    all_told(app)
    assert heard(app, fans[0]) == []
    assert in_talk(app, fans[0]).soup.select(".parcel-pictures img")


def test_a_draft_keeps_its_files_and_lets_go_of_what_is_taken_out(
    app: Flask, mara: Person, host: PageClient
) -> None:
    one, other = (a_picture(app, mara, purpose="message", attached=False)["id"] for _ in range(2))
    address = written(host, "Look", media=one)
    edit = host.get(f"{address}/edit").form(f"{address}/edit")
    assert edit.fields["media"] == one
    host.send(edit, media=other, price="2")
    fields = host.get(f"{address}/edit").form(f"{address}/edit").fields
    assert (fields["media"], fields["price"]) == (other, "2.00")
    with app.app_context():
        assert [str(kept) for kept in db.session.scalars(select(ParcelMedia.media_id))] == [other]
    # What was taken out can be sent with something else.
    written(host, "Another", media=one)
    host.send(host.get(address).form(f"{address}/delete"))
    assert parcels(app) == (1, 0)


def test_what_is_not_ready_does_not_go_out(
    app: Flask, mara: Person, host: PageClient, fans: list[Person]
) -> None:
    picture = a_picture(app, mara, purpose="message", ready=False, attached=False)
    refused = confirmed(host, written(host, "Look", media=picture["id"]))
    assert refused.status == 422
    assert "Draft" in host.get(HOME).text


def test_a_second_one_of_what_was_taken_down_does_not_go_out(
    app: Flask, mara: Person, host: PageClient, ben: Person, fixed_clock: FixedClock
) -> None:
    shown = a_picture(app, mara, digest=b"the same")
    one, other = (a_picture(app, mara, purpose="message", digest=b"the same")["id"] for _ in range(2))
    draft = written(host, "Look", media=one)
    later = clock.now() + timedelta(hours=2)
    scheduled = sent(host, "Look later", media=other, send_at=f"{later:%Y-%m-%dT%H:%M}", utc_offset="0")
    with app.app_context(), transaction():
        holding.take_down([UUID(shown["id"])])
    assert "could not be used" in confirmed(host, draft).text
    fixed_clock.move(timedelta(hours=2, minutes=2))
    with app.app_context():
        jobs.begin_due()
    all_told(app)
    assert (the_broadcast(app, draft).state, the_broadcast(app, scheduled).state) == ("draft", "scheduled")
    assert heard(app, ben) == []
    assert "does not go out until you take that out" in host.get(scheduled).text
    assert "Waits since" in host.get(scheduled).text
    listed = host.get(HOME).text
    assert "Waits since" in listed
    assert "One of its files cannot be used: take it out" in listed
    assert "your page to be open" not in listed + host.get(scheduled).text
    with app.app_context(), transaction():
        holding.put_back([UUID(shown["id"])], [])
    with app.app_context():
        jobs.begin_due()
    all_told(app)
    assert (the_broadcast(app, scheduled).state, heard(app, ben)) == ("done", ["Look later"])


WRONG = [
    ("price", {"price": "4"}),
    ("price", {"price": "much", "locked": "Words"}),
    ("locked", {"locked": "Words"}),
]


@pytest.mark.parametrize(("field", "fields"), WRONG)
def test_a_price_opens_something(host: PageClient, field: str, fields: dict[str, Any]) -> None:
    answer = host.send(host.get(NEW).form(NEW), body="Hello", **fields)
    assert (answer.status, list(answer.errors)) == (422, [field])


def test_files_of_others_cannot_be_told(app: Flask, host: PageClient) -> None:
    theirs = a_picture(app, a_creator(app, "rival"), purpose="message", attached=False)
    refused = host.send(host.get(NEW).form(NEW), body="Hello", media=theirs["id"])
    assert refused.status == 422 and refused.has_form(NEW)
    assert parcels(app) == (0, 0)
