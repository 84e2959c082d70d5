"""A subscription for somebody else."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.extensions import db
from app.invoices.operations import disputing
from app.kit.clock import FixedClock
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account
from app.platform.transaction import transaction
from app.subscriptions.models import Gift
from app.subscriptions.operations import gifts
from tests.factories.invoices import dispute, paid, refund
from tests.factories.people import Person, a_person, signed_in
from tests.factories.subscriptions import (
    go_round,
    invoice_at,
    mails_to,
    steps,
    subscribed,
    the_subscription,
)
from tests.page_client import Page
from tests.subscriptions.conftest import House
from tests.subscriptions.test_joining import can_read


def gives(house: House, buyer: Person, **fields: object) -> tuple[UUID, str]:
    """Its invoice, and its code."""
    page = signed_in(house.app, buyer)
    address = f"/@ada/gift/{house.gold}"
    invoice_id = invoice_at(page.send(page.get(address).form(address), follow=False, **fields))
    with house.app.app_context():
        gift = db.session.scalars(db.select(Gift).order_by(Gift.id.desc())).first()
        assert gift is not None
        return invoice_id, gifts.code_of(gift)


def opens(house: House, person: Person, code: str) -> Page:
    page = signed_in(house.app, person)
    shown = page.get(f"/gifts/{code}")
    return page.send(shown.form(f"/gifts/{code}"), follow=False)


def the_one(page: Page) -> UUID:
    assert page.location.startswith("/subscriptions/"), (page.status, page.text[:300])
    return UUID(page.location.rpartition("/")[2])


def test_a_gift_is_paid_shown_and_opened_by_who_has_the_code(house: House) -> None:
    buyer = a_person(house.app, "giver")
    invoice_id, code = gives(house, buyer, months="3", note="For your birthday")
    assert signed_in(house.app, house.fan).get(f"/gifts/{code}").status == 404, "nobody paid for it"
    paid(house.app, invoice_id)
    go_round(house.app)
    home = signed_in(house.app, buyer)
    card = home.get(str(home.get("/gifts").one('a[href^="/gifts/card/"]')["href"]))
    assert code in card.text and "For your birthday" in card.text
    fan = signed_in(house.app, house.fan)
    typed = fan.send(fan.get("/gifts").form("/gifts"), code=code.lower().replace("-", " "))
    assert "3 months of Gold" in typed.text and "from Giver" in typed.text
    found = the_subscription(house.app, the_one(opens(house, house.fan, code)))
    assert (found.state, found.renews) == ("active", False)
    assert found.period_end == datetime(2027, 4, 30, 12, 30, tzinfo=UTC)
    assert can_read(house, rank=2)
    go_round(house.app)
    assert "gift_bought" in mails_to(house.app, buyer) and "gift_redeemed" in mails_to(house.app, buyer)
    assert "It was opened on" in fan.get(f"/gifts/{code}").text


def test_a_gift_for_somebody_of_the_house_comes_by_mail(house: House) -> None:
    invoice_id, _ = gives(house, a_person(house.app), to="@mira")
    paid(house.app, invoice_id)
    go_round(house.app)
    assert mails_to(house.app, house.fan) == ["gift_received"]


def test_nobody_of_that_name_is_said_beside_the_field(house: House) -> None:
    page = signed_in(house.app, house.fan)
    address = f"/@ada/gift/{house.gold}"
    answer = page.send(page.get(address).form(address), to="nobody_at_all")
    assert list(answer.errors) == ["to"]


def test_a_gift_makes_what_there_is_longer(house: House, time: FixedClock) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.gold)
    invoice_id, code = gives(house, a_person(house.app))
    paid(house.app, invoice_id)
    assert the_one(opens(house, house.fan, code)) == sub
    found = the_subscription(house.app, sub)
    assert found.period_end == datetime(2027, 3, 31, 12, 30, tzinfo=UTC)
    assert found.renews


def test_a_gift_pays_for_what_was_not_paid(house: House, time: FixedClock) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.gold)
    time.at = the_subscription(house.app, sub).period_end + timedelta(days=1)
    go_round(house.app)
    invoice_id, code = gives(house, a_person(house.app))
    paid(house.app, invoice_id)
    opens(house, house.fan, code)
    go_round(house.app)
    found = the_subscription(house.app, sub)
    assert (found.state, found.grace_until) == ("active", None)


def test_a_gift_of_another_tier_waits(house: House) -> None:
    subscribed(house.app, house.fan, house.creator, house.silver)
    invoice_id, code = gives(house, a_person(house.app))
    paid(house.app, invoice_id)
    answer = opens(house, house.fan, code)
    assert answer.status == 422 and "You have another tier there" in answer.text


def test_a_gift_opens_once(house: House) -> None:
    invoice_id, code = gives(house, a_person(house.app))
    paid(house.app, invoice_id)
    stale = signed_in(house.app, a_person(house.app))
    form = stale.get(f"/gifts/{code}").form(f"/gifts/{code}")
    opens(house, house.fan, code)
    assert "opened already" in stale.send(form).text


def test_a_refund_takes_back_what_was_not_opened(house: House) -> None:
    invoice_id, code = gives(house, a_person(house.app))
    paid(house.app, invoice_id)
    refund(house.app, invoice_id, 1200)
    assert "It was refunded" in signed_in(house.app, house.fan).get(f"/gifts/{code}").text


def test_a_refund_takes_back_what_was_opened_too(house: House) -> None:
    first, code = gives(house, a_person(house.app))
    paid(house.app, first)
    sub = the_one(opens(house, house.fan, code))
    second, more = gives(house, a_person(house.app))
    paid(house.app, second)
    opens(house, house.fan, more)
    assert the_subscription(house.app, sub).period_end == datetime(2027, 3, 31, 12, 30, tzinfo=UTC)
    refund(house.app, second, 1200)
    assert the_subscription(house.app, sub).period_end == datetime(2027, 2, 28, 12, 30, tzinfo=UTC)


def test_a_dispute_about_what_was_opened_that_is_won_gives_it_again(house: House) -> None:
    first, code = gives(house, a_person(house.app))
    paid(house.app, first)
    sub = the_one(opens(house, house.fan, code))
    lost_and_won(house, first)
    assert the_subscription(house.app, sub).state == "active"
    second, more = gives(house, a_person(house.app))
    paid(house.app, second)
    opens(house, house.fan, more)
    before = the_subscription(house.app, sub).period_end
    lost_and_won(house, second)
    assert the_subscription(house.app, sub).period_end == before
    assert steps(house.app, sub)[-2:] == ["gift_taken_back", "gift_given_again"]


def lost_and_won(house: House, invoice_id: UUID) -> None:
    disputed = dispute(house.app, invoice_id)
    with house.app.app_context(), transaction():
        disputing.won(disputed, Account(Kind.CARD_CLEARING, "USD"))


def test_a_creator_opens_no_gift_for_their_own_page(house: House) -> None:
    invoice_id, code = gives(house, house.fan)
    paid(house.app, invoice_id)
    assert "your own page" in opens(house, house.creator, code).text
