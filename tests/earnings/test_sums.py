"""Whatever happens to a creator's money, every figure that they see adds up to what the books say."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.earnings import overview, periods, queries, queries_books, reports, statements
from app.earnings.operations import destinations, paying_out
from app.earnings.operations.paying_out import Wish
from app.invoices.jobs import release
from app.invoices.operations import disputing
from app.kit import clock
from app.ledger import verifying
from app.ledger.chart import Kind
from app.ledger.operations.posting import Account
from app.payments.payouts import Failed, Sent
from app.platform.errors import Refused
from app.platform.transaction import transaction
from tests.earnings.conftest import WALLET, Rails, earned
from tests.earnings.test_earned import in_the_books
from tests.factories.creators import a_creator
from tests.factories.invoices import bought, dispute, refund, the_invoice
from tests.factories.people import Person, a_person

CARD = Account(Kind.CARD_CLEARING, "USD")
DEEDS = ("sell", "sell", "sell_old", "refund", "dispute", "win", "lose", "pay", "fail")
DEED = st.tuples(st.sampled_from(DEEDS), st.integers(1, 3_000), st.integers(0, 5))


@dataclass
class Shop:
    app: Flask
    creator: Person
    fan: Person
    sold: list[UUID] = field(default_factory=list)
    disputes: list[UUID] = field(default_factory=list)

    def act(self, deed: str, amount: int, which: int) -> None:
        """What cannot be done now is not done."""
        with suppress(Refused, IndexError):
            getattr(self, deed)(amount, which)

    def sell(self, amount: int, which: int) -> None:
        self.sold.append(bought(self.app, self.fan, self.creator, amount, kind=f"kind{which % 3}"))

    def sell_old(self, amount: int, _: int) -> None:
        earned(self.app, self.creator, amount)

    def refund(self, amount: int, which: int) -> None:
        invoice_id = self.sold[which]
        refund(self.app, invoice_id, min(amount, the_invoice(self.app, invoice_id).kept))

    def dispute(self, amount: int, which: int) -> None:
        invoice_id = self.sold.pop(which)
        most = the_invoice(self.app, invoice_id).total
        self.disputes.append(dispute(self.app, invoice_id, min(amount, most)))

    def win(self, _: int, __: int) -> None:
        with self.app.app_context(), transaction():
            disputing.won(self.disputes.pop(), CARD)

    def lose(self, _: int, __: int) -> None:
        with self.app.app_context(), transaction():
            disputing.lost(self.disputes.pop())

    def pay(self, amount: int, _: int) -> None:
        self._pay_out(amount, Sent(f"tx-{amount}-{clock.now().timestamp()}"))

    def fail(self, amount: int, _: int) -> None:
        self._pay_out(amount, Failed("closed", "Closed."))

    def _pay_out(self, amount: int, answer: Sent | Failed) -> None:
        with self.app.app_context():
            with transaction():
                destinations.set_wallet(self.creator.id, WALLET)
            with transaction():
                payout = paying_out.ask(self.creator.id, Wish("solana", amount, "USD"), asked_by=None)
                payout_id = payout.id
            with transaction():
                paying_out.set_out(payout_id)
                paying_out.record(payout_id, answer)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(DEED, min_size=3, max_size=14))
def test_every_figure_adds_up(app: Flask, rails: Rails, deeds: Sequence[tuple[str, int, int]]) -> None:
    shop = Shop(app, a_creator(app), a_person(app))
    for deed, amount, which in deeds:
        shop.act(deed, amount, which)
    books = {kind: in_the_books(app, shop.creator, f"('{kind}')") for kind in queries_books.THEIRS}
    whole, owner = sum(books.values()), shop.creator.id
    with app.app_context():
        release()
        moved = queries_books.moved(owner, periods.period("all"))
        assert sum(one.change for one in moved) == whole
        mine = overview.earned(moved, "USD")
        assert sum(one.yours for _, one in overview.by_kind(mine)) == overview.together(mine).yours
        steps = overview.by_step(mine, periods.period("all"))
        assert sum(amount for _, amount in steps) == overview.together(mine).yours
        months = statements.all_months(owner)
        assert (months[0].closing if months else 0) == whole
        for month in {one.month for one in months}:
            for paper in statements.of_month(owner, month):
                assert paper.closing == queries_books.balances_before(owner, month.until)[paper.currency]
        quarters = [quarter for year in reports.years(owner) for quarter in reports.quarters(owner, year)]
        assert sum(quarter.earned.yours - quarter.paid_out for quarter in quarters) == whole
        assert sum(one.change for one in queries_books.entries(owner, periods.period("all"))) == whole
        for has in queries.standings(owner):
            assert {
                Kind.CREATOR_AVAILABLE: has.available,
                Kind.CREATOR_PENDING: has.pending,
                Kind.CREATOR_HELD: has.held,
            } == books
        assert sum(one.amount for one in queries_books.coming(owner)) == books[Kind.CREATOR_PENDING]
        assert sum(one.Dispute.held for one in queries_books.held(owner)) == books[Kind.CREATOR_HELD]
        assert verifying.verify().found == []
