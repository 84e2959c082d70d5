"""A post is bought: by whom, for how much, and for how long it stays theirs."""

from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import update

from app.accounts.ages import BIRTH_DATE
from app.accounts.models import User
from app.accounts.operations import roles
from app.creators.operations import following
from app.entitlements.operations import grants
from app.entitlements.rules import Closed, Kind
from app.extensions import db
from app.invoices.models import Invoice
from app.invoices.operations import disputing
from app.kit import clock
from app.ledger import verifying
from app.ledger.chart import Kind as AccountKind
from app.ledger.operations.posting import Account
from app.media import doors
from app.platform.settings import vault
from app.platform.transaction import transaction
from app.posts.models import Post
from tests.factories.creators import a_creator, a_tier
from tests.factories.invoices import dispute, give_credit, money_in, refund, shop
from tests.factories.media import a_picture
from tests.factories.people import Person, a_person, signed_in, suspends
from tests.factories.posts import a_post
from tests.page_client import Page, PageClient
from tests.posts.authors import an_author, stored

SECRET = "Only for those who may"


@pytest.fixture
def mara(app: Flask) -> Person:
    shop(app)
    return a_creator(app, "mara")


def for_sale(app: Flask, creator: Person, **values: object) -> UUID:
    given = {"title": "Night trains", "audience": "paid", "price": 499, "body_html": f"<p>{SECRET}</p>"}
    return a_post(app, creator.id, **{**given, **values})


def press_buy(reader: PageClient, post: UUID) -> Page:
    return reader.send(reader.get(f"/posts/{post}").form(f"/posts/{post}/buy"))


def change(app: Flask, post: UUID, **values: object) -> None:
    with app.app_context(), transaction():
        db.session.execute(update(Post).where(Post.id == post).values(**values))


def the_invoices(app: Flask) -> list[Invoice]:
    with app.app_context():
        return list(db.session.query(Invoice).order_by(Invoice.id))


def test_a_post_is_bought_with_what_one_has_and_is_open_at_once(app: Flask, mara: Person) -> None:
    ben = a_person(app, "ben")
    give_credit(app, ben, 1000)
    post, reader = for_sale(app, mara), signed_in(app, ben)
    invoice = press_buy(reader, post)
    assert "Night trains" in invoice.one("h1").get_text()
    paid = reader.send(invoice.form(".*/pay/credit"))
    assert "It is yours now" in paid.text
    assert paid.one("a.btn-primary")["href"] == f"/posts/{post}"
    shown = reader.get(f"/posts/{post}")
    assert SECRET in shown.text
    assert "You bought this" in shown.text
    with app.app_context():
        assert verifying.verify().good


def test_two_clicks_in_two_tabs_are_one_invoice(app: Flask, mara: Person) -> None:
    post, reader = for_sale(app, mara), signed_in(app)
    assert press_buy(reader, post).response.request.path == press_buy(reader, post).response.request.path
    assert len(the_invoices(app)) == 1


def test_a_new_price_is_a_new_invoice_and_money_for_the_old_one_is_the_payers(
    app: Flask, mara: Person
) -> None:
    ben = a_person(app, "ben")
    post, reader = for_sale(app, mara), signed_in(app, ben)
    press_buy(reader, post)
    change(app, post, price=700)
    assert "Pay $7.00" in press_buy(reader, post).text
    old, new = the_invoices(app)
    assert (old.state, old.total, new.state, new.total) == ("cancelled", 499, "open", 700)
    money_in(app, new.id, 700)
    money_in(app, old.id, 499)
    shown = reader.get(f"/invoices/{old.id}")
    assert "$4.99 is left over" in shown.text
    assert SECRET in reader.get(f"/posts/{post}").text


def test_nobody_pays_for_what_is_open_to_them(app: Flask, mara: Person) -> None:
    ben = a_person(app, "ben")
    post = for_sale(app, mara, audience="subscribers", rank=1)
    with app.app_context(), transaction():
        extent = grants.Extent(rank=1, label="Gold")
        grants.grant(ben.id, mara.id, Kind.SUBSCRIPTION, cause="subscription:1", extent=extent)
    for person in (ben, mara):
        reader = signed_in(app, person)
        form = reader.get("/settings/billing").form("/settings/billing")
        answer = reader.post(f"/posts/{post}/buy", form.fields, follow=False)
        assert (answer.status, answer.location) == (303, f"/posts/{post}")
    assert the_invoices(app) == []


def test_what_is_not_there_or_not_sold_is_not_sold(app: Flask, mara: Person) -> None:
    ben = a_person(app, "ben")
    reader = signed_in(app, ben)
    fields = reader.get("/settings/billing").form("/settings/billing").fields
    blocked, hidden = for_sale(app, mara), for_sale(app, mara, state="unpublished")
    only_subscribers = for_sale(app, mara, audience="subscribers", price=None)
    assert reader.post(f"/posts/{only_subscribers}/buy", fields).status == 409
    assert reader.post(f"/posts/{hidden}/buy", fields).status == 404
    with app.app_context(), transaction():
        following.block(mara.id, ben.id)
    assert reader.post(f"/posts/{blocked}/buy", fields).status == 404
    assert the_invoices(app) == []


def test_what_was_bought_stays_as_long_as_the_post_exists(app: Flask, mara: Person) -> None:
    ben = a_person(app, "ben")
    give_credit(app, ben, 499)
    post, reader = for_sale(app, mara), signed_in(app, ben)
    reader.send(press_buy(reader, post).form(".*/pay/credit"))
    change(app, post, state="unpublished")
    assert SECRET in reader.get(f"/posts/{post}").text
    assert signed_in(app).get(f"/posts/{post}").status == 404
    with app.app_context(), transaction():
        grants.deny(post, Closed.TAKEDOWN, cause="report")
    assert reader.get(f"/posts/{post}").status == 404, "what the house took down is gone for its buyers too"
    with app.app_context(), transaction():
        grants.lift(post, cause="report")
    change(app, post, state="removed")
    assert reader.get(f"/posts/{post}").status == 404


def test_buyers_do_not_read_what_is_scheduled_before_its_time(app: Flask) -> None:
    shop(app)
    author, ben = an_author(app), a_person(app, "ben")
    give_credit(app, ben, 499)
    post = author.write(title="Night trains", body=SECRET, visibility="paid", price="4.99")
    reader = signed_in(app, ben)
    reader.send(press_buy(reader, post).form(".*/pay/credit"))
    author.press(post, "unpublish")
    soon = f"{clock.now() + timedelta(days=1):%Y-%m-%dT%H:%M}"
    form = author.editor(post).fill(body="The ending", publish_at=soon)
    refused = author.page.send(form, intent="schedule")
    assert refused.status == 422
    assert "before its time" in refused.text
    assert "The ending" in refused.form(f"/posts/{post}/edit").fields["body"]
    assert SECRET in reader.get(f"/posts/{post}").text
    author.page.send(author.editor(post), intent="schedule", publish_at=soon, body=SECRET, price="9.99")
    assert stored(app, post).state == "scheduled", "its price is none of theirs"


def test_files_of_a_suspended_author_are_closed_to_buyers_as_the_post_is(app: Flask, mara: Person) -> None:
    ben = a_person(app, "ben")
    give_credit(app, ben, 499)
    post, reader = for_sale(app, mara, media=[a_picture(app, mara)]), signed_in(app, ben)
    reader.send(press_buy(reader, post).form(".*/pay/credit"))
    picture = str(reader.get(f"/posts/{post}").one(".media img")["src"])
    change(app, post, state="unpublished")

    def answers() -> list[int]:
        doors.clear()
        return [reader.get(f"/posts/{post}").status, reader.http.get(picture).status_code]

    assert answers() == [200, 200]
    suspends(app, mara)
    assert answers() == [404, 404]
    with app.app_context(), transaction():
        roles.restore(mara.id, actor=ben.id)
    assert answers() == [200, 200]


def test_money_that_comes_after_the_post_went_is_the_payers(app: Flask, mara: Person) -> None:
    ben = a_person(app, "ben")
    post, reader = for_sale(app, mara), signed_in(app, ben)
    press_buy(reader, post)
    change(app, post, state="unpublished")
    [invoice] = the_invoices(app)
    money_in(app, invoice.id, 499)
    assert "$4.99 is left over" in reader.get(f"/invoices/{invoice.id}").text
    assert reader.get(f"/posts/{post}").status == 404


def test_a_refund_of_all_closes_it_and_a_part_of_it_does_not(app: Flask, mara: Person) -> None:
    ben = a_person(app, "ben")
    give_credit(app, ben, 499)
    post, reader = for_sale(app, mara), signed_in(app, ben)
    reader.send(press_buy(reader, post).form(".*/pay/credit"))
    [invoice] = the_invoices(app)
    refund(app, invoice.id, 100)
    assert SECRET in reader.get(f"/posts/{post}").text
    refund(app, invoice.id, 399)
    shown = reader.get(f"/posts/{post}")
    assert SECRET not in shown.text
    assert shown.has_form(f"/posts/{post}/buy"), "it can be bought again"


def test_a_minor_cannot_buy_what_is_for_adults(app: Flask, mara: Person) -> None:
    ben = a_person(app, "ben")
    with app.app_context(), transaction():
        db.session.get_one(User, ben.id).sealed_birth_date = vault().seal("2015-01-01", BIRTH_DATE)
    post, reader = for_sale(app, mara, adult=True), signed_in(app, ben)
    assert press_buy(reader, post).status == 403
    assert the_invoices(app) == []


def test_a_locked_card_in_a_list_says_the_price(app: Flask, mara: Person) -> None:
    post = for_sale(app, mara)
    a_tier(app, mara)
    for_sale(app, mara, audience="subscribers", rank=1, price=300)
    reader = signed_in(app)
    listed = reader.get("/@mara")
    assert "Buy for $4.99" in listed.text
    assert "or $3.00 for just this one" in listed.text
    assert listed.one(f"#post-{post} .locked a.btn")["href"] == f"/posts/{post}#gate"


def test_bought_again_while_its_payment_was_disputed_it_is_paid_once(app: Flask, mara: Person) -> None:
    ben = a_person(app, "ben")
    post, reader = for_sale(app, mara), signed_in(app, ben)
    press_buy(reader, post)
    money_in(app, the_invoices(app)[0].id, 499)
    disputed = dispute(app, the_invoices(app)[0].id)
    assert SECRET not in reader.get(f"/posts/{post}").text
    press_buy(reader, post)
    money_in(app, the_invoices(app)[1].id, 499)
    with app.app_context(), transaction():
        disputing.won(disputed, Account(AccountKind.CARD_CLEARING, "USD"))
    assert [one.kept for one in the_invoices(app)] == [0, 499]
    assert "You have $4.99 as credit" in reader.get("/transactions").text
    assert SECRET in reader.get(f"/posts/{post}").text
    with app.app_context():
        assert verifying.verify().good
