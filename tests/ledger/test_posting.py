"""Entries: posted once, balanced, covered where they must be, and refused without a trace."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from flask import Flask

from app.extensions import WriteOutsideTransaction
from app.ledger import queries
from app.ledger.chart import CHART, SHARDS, Kind, shard_of
from app.ledger.entries import Account, Entry, Leg
from app.ledger.errors import CauseReused, NotCovered
from app.ledger.operations import posting
from app.platform.errors import NotFound
from app.platform.transaction import transaction
from tests.ledger.books import BANK, CARD, FEE, balance, credit, earned, payout, post, sale, somebody, whole
from tests.queries import counting

pytestmark = pytest.mark.usefixtures("context")


def test_a_sale_is_one_entry_on_three_accounts() -> None:
    mara = somebody()
    when = datetime(2026, 2, 28, 23, 59, tzinfo=UTC)
    legs = (Leg(CARD, 1000), Leg(earned(mara), -900), Leg(FEE, -100))
    entry = Entry("s1", "sale", legs, actor_id=mara, refs={"invoice": "7"}, note="Gold", occurred_at=when)
    [posted] = post(entry)
    booked = queries.entry(posted.id)
    assert [(leg.account.kind, leg.amount) for leg in booked.legs] == [
        (Kind.CARD_CLEARING, 1000),
        (Kind.CREATOR_AVAILABLE, -900),
        (Kind.PLATFORM_FEE, -100),
    ]
    assert (booked.cause, booked.actor_id, booked.note, booked.occurred_at) == ("s1", mara, "Gold", when)
    assert booked.refs == {"invoice": "7"}
    assert balance(earned(mara)).available == 900
    assert balance(CARD).posted == 1000
    assert balance(FEE).posted == 100
    assert whole()


def test_posting_is_one_round_trip(app: Flask) -> None:
    mara = somebody()
    post(sale("first", mara))
    with counting(app) as sent, transaction():
        posting.post_all([sale(f"s{number}", mara) for number in range(5)])
    assert len(sent) == 1


def test_the_same_cause_again_is_the_same_entry() -> None:
    mara = somebody()
    [first] = post(sale("s1", mara))
    again, other = post(sale("s1", mara), sale("s2", mara))
    assert (again.id, again.fresh, other.fresh) == (first.id, False, True)
    assert balance(earned(mara)).posted == 1800
    assert whole()


@pytest.mark.parametrize("changed", ["amount", "kind", "account"])
def test_the_same_cause_with_something_else_is_refused(changed: str) -> None:
    mara = somebody()
    post(sale("s1", mara))
    legs = (Leg(CARD, 1000), Leg(earned(mara), -900), Leg(FEE, -100))
    other = {
        "amount": sale("s1", mara, 1001),
        "kind": Entry("s1", "tip", legs),
        "account": sale("s1", somebody()),
    }[changed]
    with pytest.raises(CauseReused) as refused:
        post(sale("s2", mara), other)
    assert refused.value.cause == "s1"
    assert queries.entry_of("s2") is None
    assert whole()


def test_what_is_not_covered_leaves_the_transaction_usable() -> None:
    mara = somebody()
    with transaction():
        posting.post(sale("s1", mara))
        with pytest.raises(NotCovered):
            posting.post_all([sale("s2", mara, 200), payout("p1", mara, 5000)])
        posting.post(payout("p2", mara, 900))
    assert balance(earned(mara)).posted == 0
    assert queries.entry_of("s2") is None
    assert whole()


def test_covered_is_about_what_leaves() -> None:
    mara = somebody()
    post(Entry("loss", "dispute", (Leg(earned(mara), 700), Leg(CARD, -700))))
    assert balance(earned(mara)).posted == -700
    post(Entry("in", "sale", (Leg(CARD, 100), Leg(earned(mara), -100, covered=True))))
    with pytest.raises(NotCovered):
        post(payout("p", mara, 1))
    assert balance(earned(mara)).posted == -600


def test_an_asset_is_covered_in_its_own_sign() -> None:
    mara = somebody()
    post(Entry("in", "deposit", (Leg(BANK, 500), Leg(credit(mara), -500))))
    with pytest.raises(NotCovered):
        post(Entry("out", "withdrawal", (Leg(credit(mara), 501), Leg(BANK, -501, covered=True))))
    post(Entry("out", "withdrawal", (Leg(credit(mara), 500), Leg(BANK, -500, covered=True))))
    assert balance(BANK).posted == 0


def test_within_a_batch_the_end_counts() -> None:
    mara = somebody()
    post(payout("p1", mara, 900), sale("s1", mara))
    assert balance(earned(mara)).posted == 0
    assert whole()


def test_legs_on_the_same_account_become_one() -> None:
    mara = somebody()
    legs = (Leg(CARD, 300), Leg(earned(mara), -100), Leg(FEE, 50), Leg(earned(mara), -200), Leg(FEE, -50))
    [posted] = post(Entry("s1", "sale", legs))
    assert [leg.amount for leg in queries.entry(posted.id).legs] == [300, -300]


def test_currencies_are_balanced_each_for_itself() -> None:
    mara = somebody()
    exchanged = (
        Leg(Account(Kind.CHAIN_HOT, "SOL"), 10**9),
        Leg(Account(Kind.EXCHANGE, "SOL"), -(10**9)),
        Leg(Account(Kind.EXCHANGE, "USD"), 15_000),
        Leg(earned(mara), -15_000),
    )
    post(Entry("s1", "sale", exchanged))
    assert balance(Account(Kind.EXCHANGE, "SOL")).posted == -(10**9)
    with pytest.raises(ValueError, match="does not balance"):
        Entry("s2", "sale", (Leg(Account(Kind.BANK, "USD"), 5), Leg(Account(Kind.BANK, "EUR"), -5)))
    assert whole()


def test_what_makes_no_sense_is_no_entry() -> None:
    mara = somebody()
    for amount in (0, 1.5, True):
        with pytest.raises(ValueError, match="whole number"):
            Leg(BANK, amount)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="is split"):
        Leg(FEE, 5, covered=True)
    with pytest.raises(ValueError, match="needs owner"):
        Account(Kind.FAN_CREDIT, "USD")
    with pytest.raises(ValueError, match="has no owner"):
        Account(Kind.BANK, "USD", mara)
    with pytest.raises(ValueError, match="does not balance"):
        Entry("e", "nothing", (Leg(BANK, 5), Leg(BANK, -5)))
    with pytest.raises(ValueError, match="twice"):
        post(sale("s1", mara), sale("s1", mara))


def test_nothing_is_posted_outside_a_transaction() -> None:
    with pytest.raises(WriteOutsideTransaction):
        posting.post(sale("s1", somebody()))
    assert post() == []


def test_an_entry_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound):
        queries.entry(somebody())
    with pytest.raises(NotFound):
        queries.find_account(1)


def test_a_split_account_is_many_rows_and_one_balance() -> None:
    mara = somebody()
    post(*[sale(f"s{number}", mara) for number in range(50)])
    parts = [line for line in queries.balances(None) if line.account.kind == Kind.PLATFORM_FEE]
    assert len(parts) == SHARDS
    assert sum(line.balance.posted for line in parts) == balance(FEE).posted == 5000
    part = next(line for line in parts if line.account.shard == shard_of(Kind.PLATFORM_FEE, "s7"))
    lines, _ = queries.statement(part.account)
    assert "s7" in {line.cause for line in lines}
    assert whole()


def test_a_statement_goes_on_by_keyset_and_runs() -> None:
    mara = somebody()
    post(*[sale(f"s{number:03}", mara) for number in range(queries.PAGE_SIZE + 10)])
    lines, older = queries.statement(earned(mara))
    rest, end = queries.statement(earned(mara), before=older)
    assert [len(lines), len(rest), end] == [queries.PAGE_SIZE, 10, None]
    running = [line.balance for line in reversed(lines + rest)]
    assert running == [900 * number for number in range(1, queries.PAGE_SIZE + 11)]


def test_what_a_thing_moved_is_found_by_its_reference() -> None:
    mara = somebody()
    post(sale("s1", mara), sale("s2", mara))
    assert [booked.cause for booked in queries.entries_about("invoice", "s2")] == ["s2"]


def test_all_accounts_together_are_nothing() -> None:
    mara = somebody()
    post(sale("s1", mara), sale("s2", mara))
    totals = queries.trial_balance()
    assert sum(total.posted for total in totals) == 0
    assert {total.kind: total.natural for total in totals}[Kind.PLATFORM_FEE] == 200


def test_every_kind_is_on_the_chart() -> None:
    assert set(CHART) == set(Kind)


def test_points_are_a_currency_like_any_other() -> None:
    fan: UUID = somebody()
    issued, held = Account(Kind.POINTS_ISSUED, "PTS"), Account(Kind.POINTS_HELD, "PTS", fan)
    post(Entry("r1", "reward", (Leg(issued, 50), Leg(held, -50))))
    with pytest.raises(NotCovered):
        post(Entry("u1", "spent", (Leg(held, 51, covered=True), Leg(issued, -51))))
    assert balance(held).available == 50
