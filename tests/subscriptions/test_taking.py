"""What becomes of paid time when a part of its money goes back, and when a dispute about it is won."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.extensions import db
from app.invoices.operations import disputing
from app.kit.clock import FixedClock
from app.ledger import verifying
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account
from app.platform.transaction import transaction
from app.subscriptions.models import Subscription
from app.subscriptions.operations import ending, opening
from tests.factories.creators import a_tier
from tests.factories.invoices import dispute, paid, refund, the_invoice
from tests.factories.people import a_person, signed_in
from tests.factories.subscriptions import (
    asks_to_subscribe,
    bank_says,
    go_round,
    invoice_at,
    invoices_of,
    of_invoice,
    steps,
    subscribed,
    subscribed_by_card,
    the_subscription,
    waiting_charge,
)
from tests.subscriptions.conftest import BEGIN, House
from tests.subscriptions.test_changing import change, invoice_of
from tests.subscriptions.test_gifts import gives, opens
from tests.subscriptions.test_joining import can_read
from tests.subscriptions.test_renewing import press

HALF = timedelta(days=14)
FIRST_END = datetime(2027, 2, 28, 12, 30, tzinfo=UTC)
SECOND_END = datetime(2027, 3, 31, 12, 30, tzinfo=UTC)


def first_paid(house: House, tier: UUID) -> tuple[UUID, UUID]:
    """A subscription, and the invoice that began it."""
    invoice_id = invoice_at(asks_to_subscribe(house.app, house.fan, house.creator, tier))
    paid(house.app, invoice_id)
    return of_invoice(house.app, invoice_id), invoice_id


def gifted(house: House, tier: UUID, months: int = 1) -> UUID:
    """The invoice of a gift that the fan opened."""
    given = House(house.app, house.creator, house.fan, tier, tier)
    invoice_id, code = gives(given, a_person(house.app), months=str(months))
    paid(house.app, invoice_id)
    opens(house, house.fan, code)
    return invoice_id


def upgraded(house: House, sub: UUID, tier: UUID, months: int = 1) -> UUID:
    invoice_id = invoice_of(change(house, sub, tier, months))
    paid(house.app, invoice_id)
    return invoice_id


def wins(house: House, dispute_id: UUID) -> None:
    with house.app.app_context(), transaction():
        disputing.won(dispute_id, Account(Kind.CARD_CLEARING, "USD"))


def left(house: House, sub: UUID, at: datetime) -> int:
    with house.app.app_context():
        return sum(opening.left(db.session.get_one(Subscription, sub), at).values())


def test_an_upgrade_costs_the_difference_for_all_the_time_that_is_paid(
    house: House, time: FixedClock
) -> None:
    sub, _ = first_paid(house, house.silver)
    gifted(house, house.silver)
    invoice_id = invoice_of(change(house, sub, house.gold))
    assert the_invoice(house.app, invoice_id).total == 2 * 1200 - 2 * 500
    gifted(house, house.silver, months=3)
    assert the_invoice(house.app, invoice_of(change(house, sub, house.gold))).total == 5 * 1200 - 5 * 500


def test_a_prepaid_renewal_that_is_refunded_leaves_the_time_that_runs(house: House, time: FixedClock) -> None:
    sub, _ = first_paid(house, house.silver)
    time.move(timedelta(days=20))
    fan = signed_in(house.app, house.fan)
    renewal = invoice_at(
        fan.send(fan.get(f"/subscriptions/{sub}").form(f"/subscriptions/{sub}/renew"), follow=False)
    )
    paid(house.app, renewal)
    assert the_subscription(house.app, sub).period_end == SECOND_END
    refund(house.app, renewal, 500)
    found = the_subscription(house.app, sub)
    assert (found.state, found.period_start, found.period_end) == ("active", BEGIN, FIRST_END)
    assert can_read(house)
    disputed = dispute(house.app, invoices_of(house.app, sub)[0].id)
    assert the_subscription(house.app, sub).state == "ended", "nothing is left"
    wins(house, disputed)
    assert the_subscription(house.app, sub).period_end == FIRST_END


def test_the_time_of_a_gift_begins_when_what_was_before_it_goes_back(house: House, time: FixedClock) -> None:
    sub, first = first_paid(house, house.silver)
    gifted(house, house.silver)
    time.move(HALF)
    disputed = dispute(house.app, first)
    found = the_subscription(house.app, sub)
    assert (found.state, found.period_end) == ("active", SECOND_END - HALF)
    assert left(house, sub, time.at) == 500, "the gift alone, and all of it"
    wins(house, disputed)
    assert the_subscription(house.app, sub).period_end == SECOND_END
    assert steps(house.app, sub)[-2:] == ["paid_taken_back", "paid_given_again"]
    assert left(house, sub, time.at) == 750


def test_a_year_is_shorter_when_what_was_carried_into_it_goes_back(house: House, time: FixedClock) -> None:
    sub, first = first_paid(house, house.gold)
    year = upgraded(house, sub, house.gold, 12)
    whole = the_subscription(house.app, sub).period_end
    refund(house.app, first, 1200)
    shorter = whole - the_subscription(house.app, sub).period_end
    assert shorter == (whole - BEGIN) / 10, "a tenth of its price was carried"
    refund(house.app, year, the_invoice(house.app, year).total)
    assert the_subscription(house.app, sub).state == "ended"


def test_a_year_that_is_refunded_gives_back_the_month_that_it_took_the_place_of(
    house: House, time: FixedClock
) -> None:
    sub, _ = first_paid(house, house.gold)
    time.move(HALF)
    year = upgraded(house, sub, house.gold, 12)
    disputed = dispute(house.app, year)
    found = the_subscription(house.app, sub)
    assert (found.state, found.months, found.price, found.period_end) == ("active", 1, 1200, FIRST_END)
    wins(house, disputed)
    found = the_subscription(house.app, sub)
    assert (found.months, found.price, found.period_start) == (12, 12_000, BEGIN + HALF)
    assert steps(house.app, sub)[-2:] == ["upgrade_taken_back", "upgrade_given_again"]


def test_an_upgrade_whose_dispute_was_won_counts_once(house: House, time: FixedClock) -> None:
    sub, _ = first_paid(house, house.silver)
    invoice_id = upgraded(house, sub, house.gold)
    time.move(HALF)
    disputed = dispute(house.app, invoice_id)
    assert the_subscription(house.app, sub).tier_id == house.silver
    wins(house, disputed)
    assert (the_subscription(house.app, sub).tier_id, left(house, sub, time.at)) == (house.gold, 250 + 350)
    with house.app.app_context(), transaction():
        ending.end_and_give_back(sub, "closed")
    assert [one.returned for one in invoices_of(house.app, sub)] == [250, 350]


def test_an_upgrade_holds_only_on_the_one_that_it_was_built_on(house: House, time: FixedClock) -> None:
    top = a_tier(house.app, house.creator, "Top", price=3_000)
    sub, _ = first_paid(house, house.silver)
    first, second = upgraded(house, sub, house.gold), upgraded(house, sub, top)
    disputed = dispute(house.app, first)
    assert the_subscription(house.app, sub).tier_id == house.silver
    wins(house, disputed)
    assert (the_subscription(house.app, sub).tier_id, the_subscription(house.app, sub).price) == (top, 3_000)
    with house.app.app_context(), transaction():
        disputing.lost(dispute(house.app, first))
    refund(house.app, second, 1_800)
    assert (the_subscription(house.app, sub).tier_id, the_subscription(house.app, sub).price) == (
        house.silver,
        500,
    )


def test_what_cannot_be_given_again_after_a_dispute_is_credit(house: House, time: FixedClock) -> None:
    """Bought again meanwhile: nobody pays twice for one thing."""
    sub, _ = first_paid(house, house.silver)
    first = upgraded(house, sub, house.gold)
    disputed = dispute(house.app, first)
    upgraded(house, sub, house.gold)
    wins(house, disputed)
    assert the_subscription(house.app, sub).tier_id == house.gold
    invoice = the_invoice(house.app, first)
    assert (invoice.state, invoice.kept, invoice.returned) == ("refunded", 0, 700)
    with house.app.app_context():
        assert verifying.verify().found == []


def test_a_gift_that_goes_back_in_its_time_asks_for_the_next_period_from_then_on(
    house: House, time: FixedClock
) -> None:
    sub, _ = first_paid(house, house.silver)
    gift = gifted(house, house.silver)
    time.at = FIRST_END + timedelta(days=5)
    disputed = dispute(house.app, gift)
    go_round(house.app)
    found = the_subscription(house.app, sub)
    assert (found.state, found.grace_until) == ("past_due", time.at + timedelta(days=7))
    assert can_read(house)
    wins(house, disputed)
    found = the_subscription(house.app, sub)
    assert (found.state, found.grace_until, found.period_end) == ("active", None, SECOND_END)


def test_a_refund_of_the_period_before_leaves_the_charge_of_the_next_alone(
    house: House, time: FixedClock
) -> None:
    sub, first = first_paid(house, house.silver)
    time.at = FIRST_END + timedelta(minutes=1)
    go_round(house.app)
    refund(house.app, first, 500)
    assert the_subscription(house.app, sub).state == "past_due"


def test_a_pause_moves_along_with_what_makes_the_time_longer(house: House, time: FixedClock) -> None:
    sub = subscribed(house.app, house.fan, house.creator, house.silver)
    press(house, sub, "pause", months="1")
    gifted(house, house.silver, months=3)
    assert the_subscription(house.app, sub).paused_until == datetime(2027, 6, 30, 12, 30, tzinfo=UTC)
    upgraded(house, sub, house.gold)
    found = the_subscription(house.app, sub)
    assert (found.tier_id, found.paused_until) == (house.gold, datetime(2027, 6, 30, 12, 30, tzinfo=UTC))
    time.at = found.period_end + timedelta(minutes=1)
    go_round(house.app)
    assert the_subscription(house.app, sub).state == "paused"


def test_an_upgrade_is_not_paid_when_its_time_is_over(house: House, time: FixedClock) -> None:
    sub, _ = first_paid(house, house.silver)
    time.at = FIRST_END - timedelta(minutes=20)
    invoice_id = invoice_of(change(house, sub, house.gold, 12))
    time.at = FIRST_END + timedelta(seconds=1)
    paid(house.app, invoice_id)
    invoice = the_invoice(house.app, invoice_id)
    assert (invoice.state, invoice.leftover) == ("cancelled", invoice.total)


def test_an_upgrade_comes_back_although_what_it_went_back_to_has_ended(
    house: House, time: FixedClock
) -> None:
    """Disputes last longer than months do: the one that it took the place of is over when it is won."""
    sub, _ = first_paid(house, house.silver)
    time.move(HALF)
    year = upgraded(house, sub, house.gold, 12)
    disputed = dispute(house.app, year)
    press(house, sub, "cancel")
    time.move(timedelta(days=60))
    go_round(house.app)
    assert the_subscription(house.app, sub).state == "ended"
    wins(house, disputed)
    found = the_subscription(house.app, sub)
    assert (found.state, found.tier_id, found.months) == ("active", house.gold, 12)
    assert (found.renews, found.ended_at) == (False, None)
    assert found.period_end == datetime(2028, 2, 14, 12, 30, tzinfo=UTC)
    assert can_read(house, rank=2)
    with house.app.app_context():
        assert verifying.verify().found == []


def test_an_upgrade_whose_fan_came_back_otherwise_is_credit_when_its_dispute_is_won(
    house: House, time: FixedClock
) -> None:
    sub, _ = first_paid(house, house.silver)
    year = upgraded(house, sub, house.gold, 12)
    disputed = dispute(house.app, year)
    press(house, sub, "cancel")
    time.move(timedelta(days=60))
    go_round(house.app)
    again = subscribed(house.app, house.fan, house.creator, house.silver)
    wins(house, disputed)
    assert the_invoice(house.app, year).state == "refunded"
    assert the_subscription(house.app, sub).state == "ended"
    assert the_subscription(house.app, again).tier_id == house.silver


def test_an_upgrade_that_is_over_when_its_dispute_is_won_leaves_alone_what_goes_on(
    house: House, time: FixedClock
) -> None:
    sub, _ = first_paid(house, house.silver)
    time.move(HALF)
    disputed = dispute(house.app, upgraded(house, sub, house.gold, 12))
    gifted(house, house.silver, months=12)
    time.at = datetime(2028, 2, 20, tzinfo=UTC)
    wins(house, disputed)
    found = the_subscription(house.app, sub)
    assert (found.tier_id, found.months, found.price) == (house.silver, 1, 500)
    assert (found.period_end, found.state) == (datetime(2028, 2, 29, 12, 30, tzinfo=UTC), "active")


def test_an_upgrade_that_comes_back_pays_for_what_was_due_meanwhile(house: House, time: FixedClock) -> None:
    sub, _ = first_paid(house, house.silver)
    time.move(HALF)
    disputed = dispute(house.app, upgraded(house, sub, house.gold, 12))
    time.at = FIRST_END
    go_round(house.app)
    assert the_subscription(house.app, sub).state == "past_due"
    wins(house, disputed)
    go_round(house.app)
    found = the_subscription(house.app, sub)
    assert (found.state, found.tier_id) == ("active", house.gold)
    assert invoices_of(house.app, sub)[-1].state == "cancelled", "the month that was due is not wanted"
    time.at = found.period_end
    go_round(house.app)
    assert the_subscription(house.app, sub).state == "past_due", "the next year is asked for"


def test_a_year_that_an_upgrade_took_the_place_of_goes_on_out_of_a_pause(
    house: House, time: FixedClock
) -> None:
    dear = a_tier(house.app, house.creator, "Dear", price=20_000)
    sub, _ = first_paid(house, house.gold)
    upgraded(house, sub, house.gold, 12)
    month = upgraded(house, sub, dear)
    press(house, sub, "pause", months=1)
    time.at = the_subscription(house.app, sub).period_end
    go_round(house.app)
    assert the_subscription(house.app, sub).state == "paused"
    refund(house.app, month, the_invoice(house.app, month).total)
    found = the_subscription(house.app, sub)
    assert (found.state, found.tier_id, found.months) == ("active", house.gold, 12)
    assert can_read(house, rank=2)


def test_a_pause_moves_along_with_what_makes_the_time_shorter(house: House, time: FixedClock) -> None:
    sub, _ = first_paid(house, house.silver)
    gift = gifted(house, house.silver, months=12)
    press(house, sub, "pause", months="1")
    disputed, month = dispute(house.app, gift), timedelta(days=31)
    found = the_subscription(house.app, sub)
    assert (found.period_end, found.paused_until) == (FIRST_END, FIRST_END + month)
    wins(house, disputed)
    found = the_subscription(house.app, sub)
    assert found.paused_until == found.period_end + month


def test_a_pause_that_is_wanted_outlives_the_upgrade_that_is_refunded(house: House, time: FixedClock) -> None:
    """Nobody is charged who asked for a pause."""
    sub, _ = first_paid(house, house.silver)
    year = upgraded(house, sub, house.gold, 12)
    press(house, sub, "pause", months="1")
    refund(house.app, year, the_invoice(house.app, year).total)
    time.at = FIRST_END
    go_round(house.app)
    found = the_subscription(house.app, sub)
    assert (found.state, found.tier_id) == ("paused", house.silver)
    time.at = FIRST_END + timedelta(days=31)
    go_round(house.app)
    assert the_subscription(house.app, sub).grace_until is not None, "it is asked for when the pause is over"


def test_what_an_upgrade_carried_is_used_up_by_its_own_time_once_that_is_refunded(
    house: House, time: FixedClock
) -> None:
    sub, _ = first_paid(house, house.silver)
    time.move(HALF)
    year = upgraded(house, sub, house.gold, 12)
    refund(house.app, year, the_invoice(house.app, year).total)
    assert left(house, sub, time.at) == 250
    time.at = FIRST_END - timedelta(days=7)
    shown = signed_in(house.app, house.fan).get(f"/subscriptions/{sub}/change")
    assert "$1.75 now until 28 February 2027" in shown.text, "a quarter of the difference"
    with house.app.app_context(), transaction():
        ending.end_and_give_back(sub, "closed")
    assert invoices_of(house.app, sub)[0].returned == 125


def test_whoever_gets_back_the_upgrade_and_then_the_rest_has_nothing_more(
    house: House, time: FixedClock
) -> None:
    sub, first = first_paid(house, house.silver)
    time.move(HALF)
    year = upgraded(house, sub, house.gold, 12)
    refund(house.app, year, the_invoice(house.app, year).total)
    refund(house.app, first, 500)
    assert the_subscription(house.app, sub).state == "ended"
    assert not can_read(house)


def test_whoever_gets_back_each_of_two_upgrades_keeps_neither(house: House, time: FixedClock) -> None:
    dear = a_tier(house.app, house.creator, "Dear", price=20_000)
    sub, _ = first_paid(house, house.silver)
    for invoice_id in [upgraded(house, sub, house.gold, 12), upgraded(house, sub, dear)]:
        refund(house.app, invoice_id, the_invoice(house.app, invoice_id).total)
    assert not can_read(house, rank=2)


def test_a_gift_that_went_back_while_a_year_stood_in_its_place_does_not_come_back_with_it(
    house: House, time: FixedClock
) -> None:
    sub, _ = first_paid(house, house.silver)
    gift = gifted(house, house.silver, months=3)
    year = upgraded(house, sub, house.gold, 12)
    disputed = dispute(house.app, gift)
    refund(house.app, year, the_invoice(house.app, year).total)
    found = the_subscription(house.app, sub)
    assert (found.state, found.tier_id, found.period_end) == ("active", house.silver, FIRST_END)
    wins(house, disputed)
    assert the_subscription(house.app, sub).period_end == datetime(2027, 5, 31, 12, 30, tzinfo=UTC)


def test_what_was_declined_for_a_time_that_came_back_counts_no_more(
    house: House, cards: None, time: FixedClock
) -> None:
    sub = subscribed_by_card(house.app, house.fan, house.creator, house.silver)
    gift = gifted(house, house.silver)
    time.at = FIRST_END + timedelta(days=5)
    disputed = dispute(house.app, gift)
    go_round(house.app)
    bank_says(house.app, sub, "insufficient_funds")
    wins(house, disputed)
    go_round(house.app)
    for tries in (1, 2):
        time.at = max(SECOND_END, time.at + timedelta(days=1, minutes=1))
        go_round(house.app)
        assert waiting_charge(house.app, sub) is not None, "its card is asked each time"
        bank_says(house.app, sub, "insufficient_funds")
        assert the_subscription(house.app, sub).tries == tries


def test_what_went_back_meanwhile_is_not_taken_off_an_upgrade(house: House, time: FixedClock) -> None:
    sub, first = first_paid(house, house.silver)
    asked_for = invoice_of(change(house, sub, house.gold))
    assert the_invoice(house.app, asked_for).total == 700
    refund(house.app, first, 499)
    paid(house.app, asked_for)
    assert the_subscription(house.app, sub).tier_id == house.silver
    assert the_invoice(house.app, asked_for).leftover == 700
    assert the_invoice(house.app, invoice_of(change(house, sub, house.gold))).total == 1199


def test_an_upgrade_of_prepaid_time_keeps_its_worth_while_that_is_disputed(
    house: House, time: FixedClock
) -> None:
    sub, _ = first_paid(house, house.silver)
    time.at = FIRST_END - timedelta(days=10)
    renewal = UUID(press(house, sub, "renew").removeprefix("/invoices/"))
    paid(house.app, renewal)
    upgrade = upgraded(house, sub, house.gold)
    worth = the_invoice(house.app, upgrade).total
    disputed = dispute(house.app, renewal)
    wins(house, disputed)
    assert the_subscription(house.app, sub).period_end == SECOND_END
    with house.app.app_context(), transaction():
        ending.end_and_give_back(sub, "closed")
    assert the_invoice(house.app, upgrade).returned == worth


def test_an_upgrade_alone_opens_nothing_while_what_it_was_built_on_is_disputed(
    house: House, time: FixedClock
) -> None:
    sub, base = first_paid(house, house.silver)
    upgrade = upgraded(house, sub, house.gold)
    of_base, of_upgrade = dispute(house.app, base), dispute(house.app, upgrade)
    wins(house, of_upgrade)
    assert the_subscription(house.app, sub).state == "ended" and not can_read(house)
    assert the_invoice(house.app, upgrade).returned == 700
    wins(house, of_base)
    assert the_subscription(house.app, sub).tier_id == house.silver
    assert can_read(house) and not can_read(house, rank=2)


def test_an_upgrade_alone_opens_nothing_whichever_was_disputed_first(house: House, time: FixedClock) -> None:
    sub, base = first_paid(house, house.silver)
    upgrade = upgraded(house, sub, house.gold)
    of_upgrade = dispute(house.app, upgrade)
    dispute(house.app, base)
    wins(house, of_upgrade)
    assert the_subscription(house.app, sub).state == "ended" and not can_read(house)
    assert the_invoice(house.app, upgrade).returned == 700


def test_an_upgrade_comes_back_after_what_it_was_built_on(house: House, time: FixedClock) -> None:
    sub, base = first_paid(house, house.silver)
    upgrade = upgraded(house, sub, house.gold)
    of_base, of_upgrade = dispute(house.app, base), dispute(house.app, upgrade)
    wins(house, of_base)
    assert can_read(house) and not can_read(house, rank=2)
    wins(house, of_upgrade)
    assert the_subscription(house.app, sub).tier_id == house.gold and can_read(house, rank=2)


def test_an_upgrade_goes_back_in_a_pause_as_well(house: House, time: FixedClock) -> None:
    sub, _ = first_paid(house, house.silver)
    upgrade = upgraded(house, sub, house.gold)
    press(house, sub, "pause", months="1")
    time.at = FIRST_END
    go_round(house.app)
    assert the_subscription(house.app, sub).state == "paused"
    wins(house, dispute(house.app, upgrade))
    refund(house.app, upgrade, 700)
    found = the_subscription(house.app, sub)
    assert (found.state, found.tier_id) == ("paused", house.silver) and not can_read(house)
