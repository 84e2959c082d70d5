"""The processor's balance and our books: every movement is somewhere in both, or a case."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask

from app.extensions import db
from app.kit import clock
from app.kit.ids import new_id
from app.ledger import queries as ledger
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account, Entry, Leg, post
from app.payments import payouts
from app.payments.cards import jobs
from app.payments.cards.balancing import AT_PROCESSOR
from app.payments.gateways.stripe import balance, connect
from app.payments.models import Case, ProviderEntry
from app.payments.operations import cases, reconciling
from app.payments.operations.reconciling import Movement
from app.payments.payouts import Failed, Order, Sent, Unknown
from app.platform.transaction import transaction
from tests.factories.creators import a_creator
from tests.factories.invoices import an_invoice, refund
from tests.factories.people import Person, a_person, signed_in
from tests.payments.cards import Till, a_till, payments_of


@pytest.fixture
def processor(whole_app: Flask, tmp_path: Path) -> Iterator[Till]:
    """One for each test: whose balance begins with nothing."""
    with a_till(whole_app, tmp_path) as till:
        yield till


def bought(app: Flask, till: Till, fan: Person, total: int = 1_000) -> UUID:
    invoice_id = an_invoice(app, fan, a_creator(app), total=total)
    till.pay(signed_in(app, fan), invoice_id)
    till.settle()
    return invoice_id


def posted(app: Flask, kind: Kind) -> int:
    with app.app_context():
        return ledger.balance(Account(kind, "USD")).posted


def reconcile(app: Flask, hours: float = 0) -> list[str]:
    """The kinds of the open cases afterwards."""
    with app.app_context():
        with clock.using(clock.FixedClock(clock.now() + timedelta(hours=hours))):
            jobs.reconcile()
        return [one.kind for one in db.session.query(Case).filter_by(state="open").order_by(Case.id)]


def booked_wrong(app: Flask, amount: int, cause: str = "a mistake") -> None:
    with app.app_context(), transaction():
        legs = (
            Leg(Account(Kind.CARD_CLEARING, "USD"), amount),
            Leg(Account(Kind.ADJUSTMENT, "USD"), -amount),
        )
        post(Entry(cause, "adjustment", legs))


def moved(app: Flask, kind: str, amount: int, fee: int = 0, count: int = 1) -> None:
    """The processor says so."""
    at = clock.now() - timedelta(hours=2)
    with app.app_context(), transaction():
        for n in range(count):
            name = f"txn_{kind}_{n}"
            found = Movement(name, kind, amount, fee, "USD", f"ch_of_others_{n}", at)
            reconciling.note(AT_PROCESSOR, found)


def at_processor(app: Flask) -> int:
    with app.app_context():
        return balance.totals().get("USD", 0)


def ready_account(app: Flask, till: Till) -> str:
    with app.app_context():
        account = connect.make(new_id(), "creator@example.org", "US")
        url = connect.onboarding(account.id, back_to="http://localhost/", again_at="http://localhost/")
    till.double.onboard(url)
    return account.id


def test_fees_are_booked_and_both_sides_agree(app: Flask, till: Till, fan: Person) -> None:
    refund(app, bought(app, till, fan), 400)
    till.settle()
    assert reconcile(app) == []
    assert posted(app, Kind.PROVIDER_FEE) == 59
    assert posted(app, Kind.CARD_CLEARING) == 600 - 59 == at_processor(app)
    with app.app_context():
        found = db.session.query(ProviderEntry).filter(ProviderEntry.checked_at.is_not(None))
        assert sorted(one.kind for one in found) == ["charge", "refund"]


def test_before_the_first_card_is_charged_there_is_nothing_to_book(
    app: Flask, till: Till, fan: Person
) -> None:
    invoice_id = an_invoice(app, fan, total=1_000)
    address = till.open_page(signed_in(app, fan), invoice_id)
    assert reconcile(app) == []
    assert posted(app, Kind.PROVIDER_FEE) == 0
    till.double.pay(address)
    till.settle()
    assert reconcile(app) == []
    assert posted(app, Kind.PROVIDER_FEE) == 59


def test_reading_twice_books_once(app: Flask, till: Till, fan: Person) -> None:
    bought(app, till, fan)
    reconcile(app)
    reconcile(app)
    assert posted(app, Kind.PROVIDER_FEE) == 59


def test_a_refund_that_failed_and_a_dispute_with_its_fee_agree(app: Flask, till: Till, fan: Person) -> None:
    first, second = bought(app, till, fan), bought(app, till, fan)
    refund(app, first, 400)
    till.settle()
    sent = till.double.client().v1.refunds.list({"limit": 1}).data[0]
    till.double.control(f"refund/{sent.id}/fail")
    opened = till.double.control(f"dispute/{payments_of(app, second)[0].external_id}")
    till.double.control(f"dispute/{opened['id']}/close?won=yes")
    till.settle()
    assert reconcile(app, hours=2) == []
    assert posted(app, Kind.CARD_CLEARING) == 2_000 - 2 * 59 - 1_500 == at_processor(app)


def test_what_goes_to_the_house_s_bank_is_booked(app: Flask, till: Till, fan: Person) -> None:
    bought(app, till, fan)
    till.double.control("payout")
    assert reconcile(app, hours=2) == []
    assert (posted(app, Kind.BANK), posted(app, Kind.CARD_CLEARING)) == (941, 0)


def test_a_movement_that_we_know_nothing_of_is_a_case(app: Flask, till: Till, fan: Person) -> None:
    (payment,) = payments_of(app, bought(app, till, fan))
    till.double.client().v1.refunds.create({"charge": payment.external_id, "amount": 100})
    assert "no_entry" not in reconcile(app)
    assert "no_entry" in reconcile(app, hours=2)


def test_an_entry_that_the_processor_knows_nothing_of_is_a_case(app: Flask, till: Till, fan: Person) -> None:
    bought(app, till, fan)
    booked_wrong(app, 77)
    assert reconcile(app, hours=2) == ["no_movement"]
    assert reconcile(app, hours=3) == ["no_movement", "balance"]
    assert reconcile(app, hours=4) == ["no_movement", "balance"]


def test_a_difference_that_is_over_closes_its_case_and_opens_another_when_it_comes_again(
    app: Flask, till: Till, fan: Person
) -> None:
    bought(app, till, fan)
    booked_wrong(app, 500)
    for hours in (1, 2):
        found = reconcile(app, hours)
    assert "balance" in found
    booked_wrong(app, -500, "mended")
    for hours in (3, 4):
        found = reconcile(app, hours)
    assert "balance" not in found
    booked_wrong(app, 500, "the same again")
    for hours in (5, 6):
        found = reconcile(app, hours)
    assert "balance" in found


def test_a_difference_that_somebody_has_seen_is_not_shown_again(app: Flask, till: Till, fan: Person) -> None:
    bought(app, till, fan)
    booked_wrong(app, 500)
    for hours in (1, 2):
        reconcile(app, hours)
    admin = a_person(app, roles=("fan", "admin"))
    with app.app_context(), transaction():
        for case in db.session.query(Case).filter_by(kind="balance"):
            cases.close(case.id, admin.id, "It was there before the house began.")
    for hours in (3, 4):
        assert "balance" not in reconcile(app, hours)


def test_a_payment_between_the_list_and_the_balance_is_no_difference(
    app: Flask, till: Till, fan: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    bought(app, till, fan)
    page, real = signed_in(app, fan), balance.totals
    address = till.open_page(page, an_invoice(app, fan, total=700))

    def slow() -> dict[str, int]:
        till.double.pay(address)
        return real()

    monkeypatch.setattr(balance, "totals", slow)
    assert reconcile(app) == []
    monkeypatch.undo()
    till.settle()
    assert reconcile(app, hours=2) == [] and reconcile(app, hours=3) == []


def test_a_movement_that_is_told_of_late_closes_the_case_of_its_entry(
    app: Flask, till: Till, fan: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    bought(app, till, fan)
    monkeypatch.setattr(balance, "moved_since", lambda since: [])
    assert reconcile(app, hours=2) == ["no_movement"]
    monkeypatch.undo()
    assert reconcile(app, hours=3) == []


@pytest.mark.fault_long
def test_any_number_of_movements_of_others_leaves_ours_their_turn(
    app: Flask, till: Till, fan: Person
) -> None:
    """The house's account at the processor takes money for another shop of its owner too."""
    (payment,) = payments_of(app, bought(app, till, fan))
    moved(app, "charge", 100, count=reconciling.BATCH + 1)
    for _ in range(2):
        reconcile(app)
    with app.app_context():
        ours = db.session.query(ProviderEntry).filter_by(source_id=payment.external_id).one()
        assert ours.checked_at is not None


@pytest.mark.parametrize(
    ("kind", "amount", "fee"),
    [("stripe_fee", 0, 0), ("payout", 0, 0), ("stripe_fee", -100, 5), ("stripe_fx_fee", -3, 3)],
)
def test_a_movement_of_nothing_or_with_two_fees_is_booked(
    app: Flask, till: Till, fan: Person, kind: str, amount: int, fee: int
) -> None:
    bought(app, till, fan)
    moved(app, kind, amount, fee)
    assert "no_entry" not in reconcile(app)
    assert posted(app, Kind.PROVIDER_FEE) == 59 + fee - amount


def test_a_movement_that_cannot_be_booked_holds_up_no_other(app: Flask, till: Till, fan: Person) -> None:
    bought(app, till, fan)
    with app.app_context(), transaction():
        legs = (Leg(Account(Kind.BANK, "USD"), 1), Leg(Account(Kind.ADJUSTMENT, "USD"), -1))
        post(Entry("bank:card:txn_payout_0", "adjustment", legs))
    moved(app, "payout", -10)
    assert reconcile(app) == ["no_entry"]
    with app.app_context():
        left = db.session.query(ProviderEntry).filter(ProviderEntry.checked_at.is_(None)).all()
        assert [one.kind for one in left] == ["payout"]


def test_a_payout_goes_once_however_often_it_is_asked_for(app: Flask, till: Till, fan: Person) -> None:
    bought(app, till, fan, total=10_000)
    account = ready_account(app, till)
    order = Order(new_id(), account, 4_000, "USD")
    with app.app_context():
        assert isinstance(payouts.look("card", order), Unknown)
        till.double.fault("transfers.create", "timeout_after")
        assert isinstance(payouts.send("card", order), Unknown)
        sent = payouts.send("card", order)
        till.forget_keys()
        assert sent == payouts.send("card", order) == payouts.look("card", order)
        assert isinstance(sent, Sent)
        connect.take_back(order.reference_id, sent.provider_id)
        assert isinstance(payouts.look("card", order), Failed)
    assert len(till.double.client().v1.transfers.list({"destination": account}).data) == 1


def test_a_payout_that_is_taken_back_in_part_is_a_case_with_the_sum(
    app: Flask, till: Till, fan: Person
) -> None:
    bought(app, till, fan, total=10_000)
    order = Order(new_id(), ready_account(app, till), 4_000, "USD")
    with app.app_context():
        sent = payouts.send("card", order)
        assert isinstance(sent, Sent)
        with transaction():
            legs = (
                Leg(Account(Kind.PAYOUT_TRANSIT, "USD", fan.id), 4_000),
                Leg(Account(Kind.CARD_CLEARING, "USD"), -4_000),
            )
            post(Entry("payout-paid:1", "payout_paid", legs, refs={"event": sent.provider_id}))
        assert reconcile(app, hours=2) == []
        till.double.client().v1.transfers.reversals.create(sent.provider_id, {"amount": 1_000})
        assert payouts.look("card", order) == sent
    assert reconcile(app, hours=4) == ["no_entry"]
    with app.app_context():
        assert db.session.query(Case).one().detail["amount"] == 1_000


def test_a_payout_that_cannot_go_says_why(app: Flask, till: Till, fan: Person) -> None:
    with app.app_context():
        unready = connect.make(new_id(), "creator@example.org", "US")
        assert (unready.ready, bool(unready.wants)) == (False, True)
        no_account = payouts.send("card", Order(new_id(), unready.id, 500, "USD"))
        no_money = payouts.send("card", Order(new_id(), ready_account(app, till), 500, "USD"))
    assert isinstance(no_account, Failed) and "Finish what it asks" in no_account.words
    assert isinstance(no_money, Failed) and no_money.code == "balance_insufficient"
