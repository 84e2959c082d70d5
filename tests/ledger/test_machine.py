"""Anything in any order, with transactions that break off: the books are what a simple model says.

Many more of them than in the suite:
    LEDGER_EXAMPLES=500 LEDGER_STEPS=250 python -m pytest tests/ledger/test_machine.py --log-cli-level=INFO
"""

import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.extensions import db
from app.ledger.chart import Kind
from app.ledger.entries import Account, Entry, Leg
from app.ledger.errors import CauseReused, HoldGone, NotCovered, OverReversed
from app.ledger.operations import holds, posting
from app.ledger.operations.posting import Part
from app.ledger.queries import Balance
from app.platform.transaction import transaction
from tests.ledger.books import CARD, FEE, balances, credit, earned, somebody, whole
from tests.schema import empty_tables

log = logging.getLogger(__name__)

EXAMPLES = int(os.environ.get("LEDGER_EXAMPLES", "8"))
STEPS = int(os.environ.get("LEDGER_STEPS", "40"))

PEOPLE = [somebody() for _ in range(3)]
ACCOUNTS = [
    *(account(person) for person in PEOPLE for account in (credit, earned)),
    *(Account(kind, "USD") for kind in (Kind.CARD_CLEARING, Kind.PLATFORM_FEE, Kind.BANK)),
]
OWN = [account for account in ACCOUNTS if account.owner_id]

accounts = st.sampled_from(ACCOUNTS)
amounts = st.integers(1, 500)
# How the transaction ends: as it should, by an error after the work, or because its connection is killed.
endings = st.sampled_from(["commits"] * 10 + ["breaks", "killed"])
# Some are used again, and in long runs there are always new ones.
causes = st.integers(1, max(12, STEPS // 2))


def sign(amount: int) -> int:
    return 1 if amount > 0 else -1


NOTHING = Balance(0, 0)


class BrokenOff(Exception):
    pass


@dataclass
class Model:
    posted: Counter[Account] = field(default_factory=Counter)
    held: Counter[Account] = field(default_factory=Counter)
    # Of each cause its legs; of each entry what it was, what stands of it, and what it reverses.
    entries: dict[str, tuple[UUID, dict[Account, int]]] = field(default_factory=dict)
    standing: dict[UUID, dict[Account, int]] = field(default_factory=dict)
    whole: dict[UUID, dict[Account, int]] = field(default_factory=dict)
    parents: dict[UUID, UUID] = field(default_factory=dict)
    holds: dict[str, tuple[UUID, Account, int, str]] = field(default_factory=dict)

    def available(self, account: Account) -> int:
        return account.side * self.posted[account] - self.held[account]

    def post(
        self, cause: str, entry_id: UUID, legs: dict[Account, int], reverses: UUID | None = None
    ) -> None:
        self.posted.update(legs)
        self.entries[cause] = (entry_id, legs)
        self.standing[entry_id], self.whole[entry_id] = dict(legs), legs
        if reverses:
            self.parents[entry_id] = reverses
            for above in self.and_above(reverses):
                for account, amount in legs.items():
                    self.standing[above][account] += amount

    def and_above(self, entry_id: UUID | None) -> Iterator[UUID]:
        """It, what it reverses, what that reverses, and so on."""
        while entry_id:
            yield entry_id
            entry_id = self.parents.get(entry_id)

    def may_go_back(self, original_id: UUID, legs: dict[Account, int]) -> bool:
        """All of what it belongs to stays between nothing and what it was."""
        return all(
            0 <= (self.standing[one][account] + amount) * sign(whole) <= abs(whole)
            for one in self.and_above(original_id)
            for account, amount in legs.items()
            for whole in [self.whole[one][account]]
        )


@contextmanager
def ending(how: str) -> Iterator[None]:
    """A transaction of the house, ended so."""
    try:
        with transaction():
            yield
            if how == "killed":
                pid = db.session.scalar(text("select pg_backend_pid()"))
                with db.engine.connect() as other:
                    other.execute(text("select pg_terminate_backend(:pid, 5000)"), {"pid": pid})
            if how == "breaks":
                raise BrokenOff
    except BrokenOff:
        pass
    except OperationalError:
        assert how == "killed"
    finally:
        db.session.remove()


class Books(RuleBasedStateMachine):
    # How many operations were tried, and how their transactions ended.
    tried: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.prefix = somebody().hex
        self.gifts = 0
        self.people = {person: somebody() for person in PEOPLE}
        # What other runs left would make the same steps end otherwise.
        empty_tables()

    def real(self, account: Account) -> Account:
        owner = self.people[account.owner_id] if account.owner_id else None
        return Account(account.kind, account.currency, owner, account.shard)

    def attempt(self, how: str, work: Callable[[], Any], expected: type[Exception] | None) -> Any:
        """What it gave when it was to last; None when it was refused, as it had to be, or broken off."""
        given = None
        self.tried[how if expected is None else expected.__name__] += 1
        with ending(how):
            if expected is None:
                given = work()
            else:
                with pytest.raises(expected):
                    work()
        return given if how == "commits" else None

    def wanted(self, account: Account, amount: int) -> int:
        """Mostly what is there, if only since now; else one more than there is."""
        there = self.model.available(account)
        if amount % 4 == 0:
            return max(there, 0) + 1
        if there < amount:
            self.gifts -= 1
            giver = CARD if account.side == CARD.side else FEE
            self.post(self.gifts, giver, account, amount - there, covered=False, how="commits")
        return amount

    @rule(cause=causes, giver=accounts, taker=accounts, amount=amounts, covered=st.booleans(), how=endings)
    def post(self, cause: int, giver: Account, taker: Account, amount: int, covered: bool, how: str) -> None:
        if giver == taker:
            return
        name, covered = f"{self.prefix}:{cause}", covered and not giver.split
        known = self.model.entries.get(name)
        if covered and not known:
            amount = self.wanted(giver, amount)
        taken = int(giver.side) * -amount
        legs = {giver: taken, taker: -taken}
        real = (
            Leg(self.real(giver), taken, covered=covered),
            Leg(self.real(taker), -taken),
        )
        expected: type[Exception] | None = None
        if known:
            expected = None if list(known[1].items()) == list(legs.items()) else CauseReused
        elif covered and self.model.available(giver) < amount:
            expected = NotCovered
        posted = self.attempt(how, lambda: posting.post(Entry(name, "moved", real)), expected)
        if posted and known:
            assert (posted.id, posted.fresh) == (known[0], False)
        elif posted:
            self.model.post(name, posted.id, legs)

    @precondition(lambda self: self.model.entries)
    @rule(data=st.data(), cause=causes, part=st.none() | st.integers(1, 4), how=endings)
    def reverse(self, data: st.DataObject, cause: int, part: int | None, how: str) -> None:
        original_id, legs = data.draw(st.sampled_from(list(self.model.entries.values())))
        name = f"{self.prefix}:back:{cause}"
        standing = self.model.standing[original_id]
        account = next(iter(legs))
        taken = abs(legs[account]) // part if part else abs(standing[account])
        back = {one: -taken if amount > 0 else taken for one, amount in legs.items()}
        known = self.model.entries.get(name)
        expected: type[Exception] | None = None
        if known:
            same = self.model.parents.get(known[0]) == original_id
            sums = {abs(amount) for amount in known[1].values()}
            expected = None if same and (part is None or sums == {taken}) else CauseReused
        elif taken == 0 or not self.model.may_go_back(original_id, back):
            expected = OverReversed
        posted = self.attempt(
            how,
            lambda: posting.reverse(original_id, cause=name, part=Part(1, part) if part else None),
            expected,
        )
        if posted and not known:
            self.model.post(name, posted.id, back, reverses=original_id)

    @rule(cause=causes, account=st.sampled_from(OWN), amount=amounts, how=endings)
    def hold(self, cause: int, account: Account, amount: int, how: str) -> None:
        name = f"{self.prefix}:hold:{cause}"
        known = self.model.holds.get(name)
        if not known:
            amount = self.wanted(account, amount)
        expected: type[Exception] | None = None
        if known:
            expected = None if known[1:3] == (account, amount) else CauseReused
        elif self.model.available(account) < amount:
            expected = NotCovered
        held = self.attempt(how, lambda: holds.hold(self.real(account), amount, cause=name), expected)
        if held and not known:
            self.model.holds[name] = (held.id, account, amount, "pending")
            self.model.held[account] += amount

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data(), how=endings)
    def void(self, data: st.DataObject, how: str) -> None:
        name = data.draw(st.sampled_from(list(self.model.holds)))
        hold_id, *_, state = self.model.holds[name]
        done = self.attempt(how, lambda: (holds.void(hold_id),), None)
        if done:
            assert done[0] == (state == "pending")
            self._settle(name, "voided")

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data(), taken=amounts, how=endings)
    def capture(self, data: st.DataObject, taken: int, how: str) -> None:
        name = data.draw(st.sampled_from(list(self.model.holds)))
        hold_id, account, amount, state = self.model.holds[name]
        bank = Account(Kind.BANK, "USD")
        legs = {account: taken, bank: -taken}
        cause = f"{name}:{taken}"
        entry = Entry(cause, "payout", tuple(Leg(self.real(one), amount) for one, amount in legs.items()))
        known = self.model.entries.get(cause)
        expected = None if known or (state == "pending" and taken <= amount) else HoldGone
        posted = self.attempt(how, lambda: holds.capture(hold_id, entry), expected)
        if posted and not known:
            self.model.post(cause, posted.id, legs)
            self._settle(name, "posted")

    def _settle(self, name: str, state: str) -> None:
        hold_id, account, amount, before = self.model.holds[name]
        if before == "pending":
            self.model.holds[name] = (hold_id, account, amount, state)
            self.model.held[account] -= amount

    @invariant()
    def balances_are_what_the_model_says(self) -> None:
        there = balances(self.people.values())
        for account in ACCOUNTS:
            found = there.get((self.real(account).owner_id, account.kind), NOTHING)
            expected = int(account.side) * self.model.posted[account]
            assert (found.posted, found.held) == (expected, self.model.held[account])

    def teardown(self) -> None:
        assert whole()
        log.info("%d operations until now: %s", self.tried.total(), dict(self.tried))


@pytest.mark.timeout(600 + EXAMPLES * STEPS)
def test_whatever_happens_the_books_are_whole(context: Flask) -> None:
    quiet = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    Books.tried.clear()
    run_state_machine_as_test(Books, settings=quiet)
