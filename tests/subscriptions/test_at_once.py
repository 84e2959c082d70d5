"""Two things at the same moment: one of them comes first, and what follows is as if they had not met."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, event, text, update

from app.creators.models import Creator
from app.creators.operations import following, pages
from app.extensions import db
from app.invoices.operations import crediting
from app.kit.clock import FixedClock
from app.platform.errors import Refused
from app.platform.transaction import transaction
from app.subscriptions import jobs
from app.subscriptions.models import PromoCode, Subscription
from app.subscriptions.operations import beginning, gifts, promos, renewing, standing
from app.subscriptions.operations.beginning import Wish
from app.subscriptions.operations.promos import PromoWish
from tests.factories.creators import a_tier, follows
from tests.factories.invoices import give_credit, paid, the_invoice
from tests.factories.people import a_person
from tests.factories.subscriptions import (
    asks_to_subscribe,
    go_round,
    invoice_at,
    invoices_of,
    of_invoice,
    play_bank,
    steps,
    subscribed,
    subscribed_by_card,
    the_subscription,
    waiting_charge,
)
from tests.subscriptions.conftest import House
from tests.subscriptions.test_changing import change, invoice_of
from tests.subscriptions.test_gifts import gives
from tests.support import eventually

Act = Callable[[], object]


def at_once(app: Flask, *acts: Act) -> list[object]:
    """Each in a transaction of its own; what it gave, or the refusal."""
    gate = threading.Barrier(len(acts))
    said: list[object] = [None] * len(acts)

    def run(place: int, act: Act) -> None:
        with app.app_context():
            gate.wait()
            try:
                with transaction():
                    found = act()
                    said[place] = getattr(found, "id", found)
            except Refused as refused:
                said[place] = refused

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said


def living(house: House, **by: object) -> list[Subscription]:
    with house.app.app_context():
        found = db.select(Subscription).filter_by(**by).where(Subscription.state.not_in(("ended", "pending")))
        return list(db.session.scalars(found))


def test_two_tabs_that_subscribe_get_one_invoice(house: House) -> None:
    def subscribe() -> object:
        return beginning.subscribe(house.fan.id, house.creator.id, Wish(house.silver))

    said = at_once(house.app, *[subscribe] * 6)
    assert len(set(said)) == 1 and isinstance(said[0], UUID)


def test_two_people_and_one_seat(house: House) -> None:
    tier = a_tier(house.app, house.creator, "Table", price=900, seats=1)
    people = [a_person(house.app) for _ in range(5)]

    def of(person: UUID) -> Act:
        return lambda: beginning.subscribe(person, house.creator.id, Wish(tier))

    said = at_once(house.app, *(of(one.id) for one in people))
    assert sum(isinstance(one, UUID) for one in said) == 1


def test_a_code_for_two_is_used_by_two(house: House) -> None:
    with house.app.app_context(), transaction():
        promo_id = promos.add(house.creator.id, PromoWish("SPRING", 20, at_most=2))
    people = [a_person(house.app) for _ in range(6)]

    def of(person: UUID) -> Act:
        return lambda: beginning.subscribe(person, house.creator.id, Wish(house.silver, code="SPRING"))

    said = at_once(house.app, *(of(one.id) for one in people))
    assert sum(isinstance(one, UUID) for one in said) == 2
    with house.app.app_context():
        assert db.session.get_one(PromoCode, promo_id).used == 2


def test_a_gift_is_opened_by_one_of_two(house: House) -> None:
    invoice_id, code = gives(house, a_person(house.app))
    paid(house.app, invoice_id)
    people = [a_person(house.app) for _ in range(4)]

    def of(person: UUID) -> Act:
        return lambda: gifts.redeem(person, code)

    said = at_once(house.app, *(of(one.id) for one in people))
    assert sum(isinstance(one, UUID) for one in said) == 1
    assert len(living(house, creator_id=house.creator.id)) == 1


def test_paying_and_opening_a_gift_make_one_subscription(house: House) -> None:
    for _ in range(3):
        fan = a_person(house.app)
        gift, code = gives(house, a_person(house.app))
        paid(house.app, gift)
        give_credit(house.app, fan, 1_200)
        invoice_id = invoice_at(asks_to_subscribe(house.app, fan, house.creator, house.gold))

        def pay(invoice_id: UUID = invoice_id, person: UUID = fan.id) -> object:
            return crediting.pay(invoice_id, person)

        def redeem(person: UUID = fan.id, code: str = code) -> object:
            return gifts.redeem(person, code)

        said = at_once(house.app, pay, redeem)
        assert isinstance(said[1], UUID), said
        assert len(living(house, user_id=fan.id)) == 1
        invoice = the_invoice(house.app, invoice_id)
        began = the_subscription(house.app, of_invoice(house.app, invoice_id)).period
        assert (invoice.state == "paid") == bool(began)


def test_cancelling_while_it_renews_leaves_no_charge_for_the_next_time(
    house: House, cards: None, time: FixedClock
) -> None:
    for _ in range(3):
        fan = a_person(house.app)
        sub = subscribed_by_card(house.app, fan, house.creator, house.silver)
        time.at = the_subscription(house.app, sub).period_end

        def cancel(sub: UUID = sub, person: UUID = fan.id) -> object:
            return standing.cancel(sub, person)

        def turn(sub: UUID = sub) -> None:
            renewing.turn(sub)

        at_once(house.app, cancel, turn)
        charge = waiting_charge(house.app, sub)
        if charge is not None:
            play_bank(house.app, charge)
        go_round(house.app)
        assert the_subscription(house.app, sub).state == "ended"
        assert [one.kept for one in invoices_of(house.app, sub)[1:]] in ([], [0])


def test_two_schedulers_ask_for_one_charge(house: House, cards: None, time: FixedClock) -> None:
    sub = subscribed_by_card(house.app, house.fan, house.creator, house.silver)
    time.at = the_subscription(house.app, sub).period_end
    at_once(house.app, *[lambda: renewing.turn(sub)] * 4)
    assert waiting_charge(house.app, sub) is not None
    assert len(invoices_of(house.app, sub)) == 2


def test_a_month_that_costs_nothing_is_given_once(house: House, time: FixedClock) -> None:
    """Two tabs, and the clock."""
    with house.app.app_context(), transaction():
        promos.add(house.creator.id, PromoWish("FREE", 100, for_months=3))
    asks_to_subscribe(house.app, house.fan, house.creator, house.silver, code="FREE")
    sub = living(house, user_id=house.fan.id)[0].id
    time.at = the_subscription(house.app, sub).period_end

    def by_hand() -> object:
        return renewing.renew_by_hand(sub, house.fan.id)

    at_once(house.app, *[by_hand, lambda: renewing.turn(sub)] * 3)
    found = the_subscription(house.app, sub)
    assert (found.period, found.promo_months_left) == (2, 1)
    assert found.period_end == datetime(2027, 3, 31, 12, 30, tzinfo=UTC)


def test_money_and_the_end_of_the_grace_meet(house: House, time: FixedClock) -> None:
    """Either it is renewed, or it ended and the money is its payer's; never both, never neither."""
    for _ in range(3):
        fan = a_person(house.app)
        sub = subscribed(house.app, fan, house.creator, house.silver)
        time.at = the_subscription(house.app, sub).period_end
        with house.app.app_context():
            jobs.renew()
        invoice_id = invoices_of(house.app, sub)[-1].id
        give_credit(house.app, fan, 500)
        time.move(timedelta(days=7))

        def pay(invoice_id: UUID = invoice_id, person: UUID = fan.id) -> object:
            return crediting.pay(invoice_id, person)

        def end(sub: UUID = sub) -> None:
            renewing.turn(sub)

        at_once(house.app, pay, end)
        found, invoice = the_subscription(house.app, sub), the_invoice(house.app, invoice_id)
        assert (found.state, invoice.state == "paid") in {("active", True), ("ended", False)}


def test_an_upgrade_that_is_paid_is_noted_although_the_page_closes_at_that_moment(house: House) -> None:
    """After it was asked whether it can be had, and before it is handed over."""
    sub = subscribed(house.app, house.fan, house.creator, house.silver)
    invoice_id = invoice_of(change(house, sub, house.gold))
    with house.app.app_context():
        engine = db.engine
    asked = 0

    def close(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        nonlocal asked
        asked += "FROM subscriptions" in statement and statement.endswith("FOR UPDATE")
        if asked == 2:
            asked += 1
            with engine.begin() as other:
                other.execute(update(Creator).values(state="closed"))

    event.listen(engine, "before_cursor_execute", close)
    try:
        paid(house.app, invoice_id)
    finally:
        event.remove(engine, "before_cursor_execute", close)
    assert asked > 2
    assert the_subscription(house.app, sub).tier_id == house.gold
    assert steps(house.app, sub).count("paid") == 2


@pytest.mark.parametrize("ends", [pages.close, None], ids=["closes", "blocks"])
def test_a_page_that_turns_away_whoever_is_paying_gives_their_money_back(
    house: House, ends: Callable[[UUID], object] | None
) -> None:
    follows(house.app, house.fan, house.creator)
    give_credit(house.app, house.fan, 500)
    invoice_id = invoice_at(asks_to_subscribe(house.app, house.fan, house.creator, house.silver))

    def turn_away() -> None:
        with house.app.app_context(), transaction():
            if ends is None:
                following.block(house.creator.id, house.fan.id)
            else:
                ends(house.creator.id)

    other = threading.Thread(target=turn_away)
    with house.app.app_context(), transaction():
        crediting.pay(invoice_id, house.fan.id)
        other.start()
        eventually(lambda: not other.is_alive() or waits(db.engine))
    other.join()
    go_round(house.app)
    assert the_subscription(house.app, of_invoice(house.app, invoice_id)).state == "ended"
    assert the_invoice(house.app, invoice_id).state == "refunded"


def waits(engine: Engine) -> bool:
    """Somebody for somebody else's row."""
    with engine.connect() as connection:
        return bool(connection.scalar(text("select count(*) from pg_locks where not granted")))
