"""Anything in any order, with transactions that break off: the books are what a simple model says."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
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
from app.ledger import queries
from app.ledger.chart import Kind
from app.ledger.entries import Account, Entry, Leg
from app.ledger.errors import CauseReused, HoldGone, NotCovered, OverReversed
from app.ledger.operations import holds, posting
from app.ledger.operations.posting import Part
from app.platform.transaction import transaction
from tests.ledger.books import credit, earned, somebody, whole

EXAMPLES = int(os.environ.get("LEDGER_EXAMPLES", "15"))
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
endings = st.sampled_from(["commits"] * 6 + ["breaks", "killed"])
causes = st.integers(1, 12)


class BrokenOff(Exception):
    pass


@dataclass
class Model:
    posted: Counter[Account] = field(default_factory=Counter)
    held: Counter[Account] = field(default_factory=Counter)
    # Of each cause its legs; of each entry what stands of it, and what it reverses.
    entries: dict[str, tuple[UUID, dict[Account, int]]] = field(default_factory=dict)
    standing: dict[UUID, dict[Account, int]] = field(default_factory=dict)
    parents: dict[UUID, UUID] = field(default_factory=dict)
    holds: dict[str, tuple[UUID, Account, int, str]] = field(default_factory=dict)

    def available(self, account: Account) -> int:
        return account.side * self.posted[account] - self.held[account]

    def post(
        self, cause: str, entry_id: UUID, legs: dict[Account, int], reverses: UUID | None = None
    ) -> None:
        self.posted.update(legs)
        self.entries[cause] = (entry_id, legs)
        self.standing[entry_id] = dict(legs)
        above = reverses
        if reverses:
            self.parents[entry_id] = reverses
        while above:
            for account, amount in legs.items():
                self.standing[above][account] += amount
            above = self.parents.get(above)


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
    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.prefix = somebody().hex
        # Its own people: what other runs left does not count.
        self.people = {person: somebody() for person in PEOPLE}
        self.before = {
            account: queries.balance(account).posted for account in ACCOUNTS if not account.owner_id
        }

    def real(self, account: Account) -> Account:
        owner = self.people[account.owner_id] if account.owner_id else None
        return Account(account.kind, account.currency, owner, account.shard)

    def attempt(self, how: str, work: Callable[[], Any], expected: type[Exception] | None) -> Any:
        """What it gave when it was to last; None when it was refused, as it had to be, or broken off."""
        given = None
        with ending(how):
            if expected is None:
                given = work()
            else:
                with pytest.raises(expected):
                    work()
        return given if how == "commits" else None

    @rule(cause=causes, giver=accounts, taker=accounts, amount=amounts, covered=st.booleans(), how=endings)
    def post(self, cause: int, giver: Account, taker: Account, amount: int, covered: bool, how: str) -> None:
        if giver == taker:
            return
        name, covered = f"{self.prefix}:{cause}", covered and not giver.split
        taken = int(giver.side) * -amount
        legs = {giver: taken, taker: -taken}
        real = (
            Leg(self.real(giver), taken, covered=covered),
            Leg(self.real(taker), -taken),
        )
        known = self.model.entries.get(name)
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
        known = self.model.entries.get(name)
        expected: type[Exception] | None = None
        if known:
            same = self.model.parents.get(known[0]) == original_id
            sums = {abs(amount) for amount in known[1].values()}
            expected = None if same and (part is None or sums == {taken}) else CauseReused
        elif taken == 0 or taken > abs(standing[account]):
            expected = OverReversed
        back = self.attempt(
            how,
            lambda: posting.reverse(original_id, cause=name, part=Part(1, part) if part else None),
            expected,
        )
        if back and not known:
            legs_back = {one: -taken if amount > 0 else taken for one, amount in legs.items()}
            self.model.post(name, back.id, legs_back, reverses=original_id)

    @rule(cause=causes, account=st.sampled_from(OWN), amount=amounts, how=endings)
    def hold(self, cause: int, account: Account, amount: int, how: str) -> None:
        name = f"{self.prefix}:hold:{cause}"
        known = self.model.holds.get(name)
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
        for account in ACCOUNTS:
            found = queries.balance(self.real(account))
            expected = int(account.side) * self.model.posted[account] + self.before.get(account, 0)
            assert (found.posted, found.held) == (expected, self.model.held[account])

    def teardown(self) -> None:
        assert whole()


@pytest.mark.timeout(600)
def test_whatever_happens_the_books_are_whole(context: Flask) -> None:
    quiet = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Books, settings=quiet)
