"""A creator does not go on with somebody, or with all: what is not used goes back."""

from datetime import timedelta

from app.accounts.operations import deletion
from app.invoices.operations import disputing
from app.kit.clock import FixedClock
from app.kit.ids import new_id
from app.ledger import queries as ledger
from app.ledger import verifying
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account
from app.platform import personal_data
from app.platform.transaction import transaction
from tests.factories.creators import blocks
from tests.factories.invoices import dispute, paid, the_invoice
from tests.factories.people import a_person, signed_in
from tests.factories.subscriptions import (
    go_round,
    invoices_of,
    mails_to,
    subscribed,
    the_subscription,
)
from tests.subscriptions.conftest import House
from tests.subscriptions.test_changing import change, invoice_of
from tests.subscriptions.test_gifts import gives, opens


def test_a_block_ends_it_at_once_and_gives_back_what_is_left(house: House, time: FixedClock) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.silver)
    time.move(timedelta(days=7))
    blocks(house.app, house.creator, house.fan)
    go_round(house.app)
    assert the_subscription(house.app, sub).state == "ended"
    invoice = invoices_of(house.app, sub)[0]
    assert (invoice.kept, invoice.returned) == (125, 375)
    assert "subscription_ended" in mails_to(house.app, house.fan)


def test_what_was_paid_for_an_upgrade_goes_back_too(house: House, time: FixedClock) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.silver)
    time.move(timedelta(days=14))
    upgrade = invoice_of(change(house, sub, house.gold))
    paid(house.app, upgrade)
    time.move(timedelta(days=7))
    blocks(house.app, house.creator, house.fan)
    go_round(house.app)
    assert [one.returned for one in invoices_of(house.app, sub)][:2] == [125, 175]


def test_closing_the_page_ends_all_and_gives_back(house: House, time: FixedClock) -> None:
    other = a_person(house.app)
    subs = [subscribed(house.app, fan, house.creator, house.gold) for fan in (house.fan, other)]
    ada = signed_in(house.app, house.creator)
    ada.send(ada.get("/dashboard/page").form("/dashboard/page/close"))
    go_round(house.app)
    assert [the_subscription(house.app, sub).state for sub in subs] == ["ended", "ended"]
    assert [invoices_of(house.app, sub)[0].state for sub in subs] == ["refunded", "refunded"]
    with house.app.app_context():
        owed = ledger.balance(Account(Kind.CREATOR_PENDING, "USD", house.creator.id))
        assert owed.posted == 0


def test_a_fan_who_leaves_is_charged_no_more(house: House, time: FixedClock) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.gold)
    with house.app.app_context(), transaction():
        deletion.ask(house.fan.id, typed_handle="mira", session_id=new_id())
    time.move(timedelta(days=15))
    with house.app.app_context(), transaction():
        assert deletion.erase(house.fan.id)
    go_round(house.app)
    found = the_subscription(house.app, sub)
    assert (found.state, found.renews) == ("ended", False)
    assert the_invoice(house.app, invoices_of(house.app, sub)[0].id).kept == 1200


def test_the_fans_of_a_creator_who_leaves_get_back_what_is_left(house: House, time: FixedClock) -> None:
    """Whoever has money in the house waits until it is paid out; so this one has none any more."""
    sub = subscribed(house.app, house.fan, house.creator, house.gold)
    time.move(timedelta(days=7))
    with house.app.app_context(), transaction():
        personal_data.erase(house.creator.id)
    go_round(house.app)
    assert the_subscription(house.app, sub).state == "ended"
    assert invoices_of(house.app, sub)[0].returned == 900


def test_gifts_that_nobody_opened_are_credit_when_a_page_closes(house: House) -> None:
    giver, other = a_person(house.app, "giver"), a_person(house.app)
    unopened, code = gives(house, giver, months="3")
    paid(house.app, unopened)
    opened, taken = gives(house, other)
    paid(house.app, opened)
    opens(house, house.fan, taken)
    go_round(house.app)
    ada = signed_in(house.app, house.creator)
    ada.send(ada.get("/dashboard/page").form("/dashboard/page/close"))
    go_round(house.app)
    with house.app.app_context():
        assert ledger.balance(Account(Kind.FAN_CREDIT, "USD", giver.id)).posted == 3600
        assert verifying.verify().good
    assert the_invoice(house.app, unopened).state == "refunded"
    assert "It was refunded" in signed_in(house.app, house.fan).get(f"/gifts/{code}").text
    assert "invoice_refunded" in mails_to(house.app, giver)


def test_a_gift_that_was_disputed_while_the_page_closed_goes_back_when_that_is_won(house: House) -> None:
    giver = a_person(house.app, "giver")
    unopened, _ = gives(house, giver)
    paid(house.app, unopened)
    disputed = dispute(house.app, unopened)
    ada = signed_in(house.app, house.creator)
    ada.send(ada.get("/dashboard/page").form("/dashboard/page/close"))
    go_round(house.app)
    assert the_invoice(house.app, unopened).state == "disputed"
    with house.app.app_context(), transaction():
        disputing.won(disputed, Account(Kind.CARD_CLEARING, "USD"))
    go_round(house.app)
    with house.app.app_context():
        assert ledger.balance(Account(Kind.FAN_CREDIT, "USD", giver.id)).posted == 1200
        assert verifying.verify().good
    assert the_invoice(house.app, unopened).state == "refunded"


def test_what_somebody_gave_who_left_goes_back_the_way_it_came(house: House) -> None:
    giver = a_person(house.app)
    unopened, _ = gives(house, giver)
    paid(house.app, unopened)
    with house.app.app_context(), transaction():
        personal_data.erase(giver.id)
    with house.app.app_context(), transaction():
        personal_data.erase(house.creator.id)
    go_round(house.app)
    with house.app.app_context():
        assert ledger.balance(Account(Kind.FAN_CREDIT, "USD", giver.id)).posted == 0
        assert verifying.verify().good
    found = the_invoice(house.app, unopened)
    assert (found.kept, found.returned) == (0, 1200)
