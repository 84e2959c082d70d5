"""Whatever happens to invoices in whatever order: the books agree with a plain model of them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from math import floor
from uuid import UUID

from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from app.extensions import db
from app.invoices.jobs import expire, release
from app.invoices.models import Invoice, Payment
from app.invoices.operations import crediting, disputing, refunding
from app.kit import clock
from app.kit.clock import FixedClock, SystemClock
from app.kit.ids import new_id
from app.ledger import queries as ledger
from app.ledger import verifying
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account
from app.platform import work
from app.platform.errors import Refused
from app.platform.transaction import transaction
from tests.factories.creators import a_creator
from tests.factories.invoices import LOST, an_invoice, dispute, money_in, refund, shop, the_invoice
from tests.factories.people import a_person
from tests.invoices.conftest import lives_in
from tests.schema import empty_tables

CLEARING = Account(Kind.CARD_CLEARING, "USD")
PENDING = timedelta(days=7)
LIFE = timedelta(hours=24)
AMOUNTS = st.integers(1, 700)


@dataclass
class Paid:
    """Money that came in."""

    rail: str
    amount: int
    # In the order of all that came in and all that was disputed.
    n: int
    returned: int = 0
    # What its payer had of it as credit, and no bank took back.
    as_credit: int = 0


@dataclass
class Complaint:
    payment: str
    amount: int
    from_kept: int
    from_leftover: int
    from_credit: int
    held: int
    n: int
    about: Paid

    @property
    def gone(self) -> int:
        return self.amount - self.from_kept - self.from_leftover - self.from_credit


@dataclass
class Bill:
    """An invoice as one would reckon it on paper."""

    total: int
    tax: int
    fee: int
    subject: UUID
    expires_at: datetime
    payments: dict[str, Paid] = field(default_factory=dict)
    disputes: dict[UUID, Complaint] = field(default_factory=dict)
    kept: int = 0
    settled: bool = False
    by_card: bool = False
    free_at: datetime | None = None
    released: bool = False
    ended: str = ""

    @property
    def received(self) -> int:
        return sum(one.amount for one in self.payments.values())

    @property
    def returned(self) -> int:
        return sum(one.returned for one in self.payments.values())

    @property
    def leftover(self) -> int:
        return self.received - self.kept - self.returned

    @property
    def closed(self) -> bool:
        return any(one.from_kept for one in self.disputes.values())

    @property
    def sellers(self) -> int:
        return self.share(self.kept)

    def share(self, kept: int) -> int:
        """To the seller: all but what is rounded down for the state, and then for the house."""
        if not self.total:
            return 0
        net = kept - floor(Fraction(self.tax * kept, self.total))
        whole = self.total - self.tax
        return net - (floor(Fraction(self.fee * net, whole)) if whole else 0)

    @property
    def state(self) -> str:
        if not self.settled:
            return self.ended or ("underpaid" if self.leftover else "open")
        if self.closed:
            return "disputed"
        if self.kept < self.total:
            return "part_refunded" if self.kept else "refunded"
        return "overpaid" if self.leftover else "paid"

    def take(self, amount: int) -> list[tuple[Paid, int]]:
        """From what came in, the last first."""
        parts = []
        for one in reversed(self.payments.values()):
            part = min(one.amount - one.returned, amount)
            one.returned += part
            amount -= part
            if part:
                parts.append((one, part))
        assert not amount
        return parts


class Money(RuleBasedStateMachine):
    app: Flask

    @initialize()
    def open_house(self) -> None:
        self.clock = FixedClock(SystemClock().now())
        clock.use(self.clock)
        with self.app.app_context():
            empty_tables()
        self.shop = shop(self.app)
        self.fan, self.creator = a_person(self.app), a_creator(self.app)
        lives_in(self.app, self.fan, "FI")
        self.bills: dict[UUID, Bill] = {}
        # Those that were not won.
        self.complaints: list[Complaint] = []
        self.credit = 0
        self.clearing = 0
        self.names = 0

    def teardown(self) -> None:
        clock.use(SystemClock())

    # ---- what happens

    @rule(total=st.integers(0, 500))
    def make(self, total: int) -> None:
        subject = new_id()
        invoice_id = an_invoice(self.app, self.fan, self.creator, total, subject_id=subject)
        made = the_invoice(self.app, invoice_id)
        bill = Bill(total, made.tax, made.fee, subject, self.clock.now() + LIFE)
        self.bills[invoice_id] = bill
        if not total:
            bill.settled, bill.free_at = True, self.clock.now()

    @precondition(lambda self: self.bills)
    @rule(data=st.data(), amount=AMOUNTS, all_of_it=st.booleans())
    def receive(self, data: st.DataObject, amount: int, all_of_it: bool) -> None:
        invoice_id, bill = self._one(data)
        amount = max(bill.total - bill.leftover, 1) if all_of_it else amount
        self.names += 1
        name = f"money-{self.names}"
        for _ in range(2):  # the provider says everything twice
            money_in(self.app, invoice_id, amount, external_id=name)
        self.clearing += amount
        self._come(bill, name, Paid("test", amount, self.names))

    @precondition(lambda self: self.bills)
    @rule(data=st.data())
    def pay_by_credit(self, data: st.DataObject) -> None:
        invoice_id, bill = self._one(data)
        try:
            with self.app.app_context(), transaction():
                crediting.pay(invoice_id, self.fan.id)
        except Refused:
            late = bill.expires_at <= self.clock.now() and bill.state == "open"
            gone = bill.subject in self.shop.gone
            assert bill.state not in {"open", "underpaid"} or late or gone or not self.credit
            return
        amount = min(self.credit, bill.total - bill.leftover)
        self.credit -= amount
        self.names += 1
        self._come(bill, f"credit-{self.names}", Paid("credit", amount, self.names))

    @precondition(lambda self: self.bills)
    @rule(data=st.data(), amount=AMOUNTS, how=st.sampled_from(["back", "credit", LOST]))
    def give_back(self, data: st.DataObject, amount: int, how: str) -> None:
        invoice_id, bill = self._one(data)
        try:
            refund(self.app, invoice_id, amount, as_credit=how == "credit", note=how)
        except Refused:
            assert bill.state not in {"paid", "overpaid", "part_refunded"} or amount > bill.kept
            return
        bill.kept -= amount
        self._go(bill, amount, how)

    @precondition(lambda self: self.bills)
    @rule(data=st.data(), as_credit=st.booleans())
    def clear_leftover(self, data: st.DataObject, as_credit: bool) -> None:
        invoice_id, bill = self._one(data)
        claim = refunding.keep_leftover_as_credit if as_credit else refunding.give_back_leftover
        try:
            with self.app.app_context():
                with transaction():
                    claim(invoice_id, self.fan.id)
                work.drain()
        except Refused:
            assert not bill.leftover or bill.state == "disputed"
            return
        was = bill.state
        self._go(bill, bill.leftover, "credit" if as_credit else "back")
        if was == "underpaid":
            bill.ended = "cancelled"

    @precondition(lambda self: any("test" in self._rails(bill) for bill in self.bills.values()))
    @rule(data=st.data(), amount=AMOUNTS, all_of_it=st.booleans())
    def dispute(self, data: st.DataObject, amount: int, all_of_it: bool) -> None:
        by_card = [key for key, bill in self.bills.items() if "test" in self._rails(bill)]
        invoice_id = data.draw(st.sampled_from(by_card))
        bill = self.bills[invoice_id]
        name = data.draw(st.sampled_from([n for n, one in bill.payments.items() if one.rail == "test"]))
        payment = bill.payments[name]
        amount = payment.amount if all_of_it else min(amount, payment.amount)
        opened = dispute(self.app, invoice_id, amount, of=name)
        self.clearing -= amount
        here = min(amount, payment.amount - payment.returned)
        from_leftover = min(here, bill.leftover)
        from_kept = here - from_leftover
        held = bill.share(bill.kept) - bill.share(bill.kept - from_kept)
        from_credit = min(amount - here, payment.as_credit, self.credit)
        self.names += 1
        bill.disputes[opened] = Complaint(
            name, amount, from_kept, from_leftover, from_credit, held, self.names, payment
        )
        self.complaints.append(bill.disputes[opened])
        self.credit -= from_credit
        payment.as_credit -= from_credit
        payment.returned += here
        bill.kept -= from_kept

    @precondition(lambda self: any(bill.disputes for bill in self.bills.values()))
    @rule(data=st.data(), won=st.booleans())
    def decide(self, data: st.DataObject, won: bool) -> None:
        open_ = [(bill, key) for bill in self.bills.values() for key in bill.disputes]
        bill, key = data.draw(st.sampled_from(open_))
        with self.app.app_context():
            for _ in range(2):
                with transaction():
                    disputing.won(key, CLEARING) if won else disputing.lost(key)
        complaint = bill.disputes.pop(key)
        if won:
            self.complaints.remove(complaint)
            self.clearing += complaint.amount
            bill.payments[complaint.payment].returned -= complaint.from_kept + complaint.from_leftover
            bill.kept += complaint.from_kept
            self.credit += complaint.from_credit
            bill.payments[complaint.payment].as_credit += complaint.from_credit
        opens_again = complaint.from_kept and not bill.closed
        if opens_again and bill.kept and bill.subject in self.shop.gone:
            left, bill.kept = bill.kept, 0
            self._go(bill, left, "credit")
        self._reckon(bill)

    @rule(hours=st.integers(1, 100))
    def time_passes(self, hours: int) -> None:
        self.clock.move(timedelta(hours=hours))
        with self.app.app_context():
            expire()
            release()
        for bill in self.bills.values():
            if bill.state in {"open", "underpaid"} and bill.expires_at <= self.clock.now():
                bill.ended = "expired"
            if bill.settled and not bill.closed and bill.free_at and bill.free_at <= self.clock.now():
                bill.released = True

    @precondition(lambda self: self.bills)
    @rule(data=st.data())
    def sell_out(self, data: st.DataObject) -> None:
        self.shop.gone.add(self._one(data)[1].subject)

    # ---- what holds

    @invariant()
    def books_are_whole(self) -> None:
        if not hasattr(self, "bills"):
            return
        with self.app.app_context():
            assert verifying.verify().found == []
            assert sum(total.posted for total in ledger.trial_balance()) == 0
            assert self._balance(Kind.UNALLOCATED, self.fan.id) == sum(
                b.leftover for b in self.bills.values()
            )
            assert self._balance(Kind.FAN_CREDIT, self.fan.id) == self.credit
            assert self._balance(Kind.PAYOUT_TRANSIT, self.fan.id) == 0
            assert self._balance(Kind.CARD_CLEARING) == self.clearing
            assert self._balance(Kind.CREATOR_PENDING, self.creator.id) == self._sellers(released=False)
            assert self._balance(Kind.CREATOR_AVAILABLE, self.creator.id) == self._sellers(released=True)
            held = sum(one.held for bill in self.bills.values() for one in bill.disputes.values())
            assert self._balance(Kind.CREATOR_HELD, self.creator.id) == held

    @invariant()
    def rows_agree(self) -> None:
        if not hasattr(self, "bills"):
            return
        with self.app.app_context():
            for key, bill in self.bills.items():
                row = db.session.get_one(Invoice, key, populate_existing=True)
                assert (row.state, row.kept) == (bill.state, bill.kept)
                assert (row.received, row.returned) == (bill.received, bill.returned)
                of = db.session.query(Payment).filter_by(invoice_id=key).populate_existing().all()
                assert (sum(p.amount for p in of), sum(p.returned for p in of)) == (
                    row.received,
                    row.returned,
                )
                assert row.available_at == bill.free_at
                assert (row.released_at is not None) == bill.released

    # ---- how the model goes on

    def _one(self, data: st.DataObject) -> tuple[UUID, Bill]:
        key = data.draw(st.sampled_from(list(self.bills)))
        return key, self.bills[key]

    def _rails(self, bill: Bill) -> set[str]:
        return {one.rail for one in bill.payments.values()}

    def _come(self, bill: Bill, name: str, money: Paid) -> None:
        bill.payments[name] = money
        self._reckon(bill)

    def _reckon(self, bill: Bill) -> None:
        # What its payer has cancelled is not taken up again by money that comes later: that is theirs.
        if bill.settled or bill.ended == "cancelled" or bill.leftover < bill.total:
            return
        if bill.subject in self.shop.gone:
            bill.ended = bill.ended or "cancelled"
            return
        bill.settled, bill.kept = True, bill.total
        bill.free_at = self.clock.now() + (PENDING if "test" in self._rails(bill) else timedelta(0))

    def _go(self, bill: Bill, amount: int, how: str) -> None:
        parts = bill.take(amount)
        # What is credit at once comes before what its rail could not bring back.
        for payment, part in sorted(parts, key=lambda one: one[0].rail == "test"):
            if how == "back" and payment.rail == "test":
                self.clearing -= part
                continue
            self.credit += part
            payment.as_credit += part
            if how == LOST or payment.rail == "credit":
                self._reclaim(payment, part)

    def _reclaim(self, payment: Paid, part: int) -> None:
        """What a bank gave its payer already."""
        for one in self.complaints:
            if one.n > payment.n if payment.rail == "credit" else one.about is payment:
                taken = min(one.gone, one.about.as_credit, part)
                one.from_credit += taken
                one.about.as_credit -= taken
                self.credit -= taken
                part -= taken

    def _sellers(self, *, released: bool) -> int:
        return sum(bill.sellers for bill in self.bills.values() if bill.released == released)

    def _balance(self, kind: Kind, owner: UUID | None = None) -> int:
        return ledger.balance(Account(kind, "USD", owner)).posted


def test_the_books_agree_with_a_plain_model(taxed: Flask) -> None:
    Money.app = taxed
    run_machine(
        Money,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
