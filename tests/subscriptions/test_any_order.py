"""Whatever was paid, given, changed and taken back before: disputes that banks decide for the creator change
nothing, and what is paid lies end to end.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from app.entitlements.models import Grant
from app.extensions import db
from app.invoices.operations import disputing
from app.kit import clock
from app.kit.clock import FixedClock, SystemClock
from app.platform.transaction import transaction
from app.subscriptions import queries
from app.subscriptions.models import Subscription
from app.subscriptions.operations import opening, taking
from tests.factories.creators import a_creator, a_tier
from tests.factories.invoices import dispute, paid, refund, shop, the_invoice
from tests.factories.people import a_person, signed_in
from tests.factories.subscriptions import go_round, the_subscription
from tests.schema import empty_tables
from tests.subscriptions.conftest import BEGIN, House
from tests.subscriptions.test_taking import first_paid, gifted, wins

# Shares of time are reckoned by the microsecond.
NEARLY = timedelta(seconds=1)
CENTS = 2


@dataclass(frozen=True)
class Standing:
    """What a fan has of it."""

    state: str
    tier: UUID | None
    until: datetime
    paused: datetime | None
    left: int
    ranks: Collection[int]


class Paying(RuleBasedStateMachine):
    """Each button as far as its page has it."""

    app: Flask

    def __init__(self) -> None:
        super().__init__()
        self.clock = FixedClock(BEGIN)
        clock.use(self.clock)
        with self.app.app_context():
            empty_tables()
        shop(self.app)
        creator = a_creator(self.app, "ada")
        bronze = a_tier(self.app, creator, "Bronze", price=500, price_year=5_000)
        silver = a_tier(self.app, creator, "Silver", price=700)
        gold = a_tier(self.app, creator, "Gold", price=1200, price_year=12_000)
        self.tiers = [bronze, silver, gold]
        self.house = House(self.app, creator, a_person(self.app, "mira"), silver, gold)
        self.sub, first = first_paid(self.house, silver)
        self.invoices = [first]
        self.disputed: dict[UUID, UUID] = {}

    def teardown(self) -> None:
        clock.use(SystemClock())

    # ---- what people, their banks and time do

    @rule()
    def renews(self) -> None:
        self._press("renew")

    @rule(tier=st.sampled_from([2, 2, 1, 0]), months=st.sampled_from([1, 12]))
    def changes(self, tier: int, months: int) -> None:
        self._press("change", plan=f"{self.tiers[tier]}:{months}")

    @rule(what=st.sampled_from(["cancel", "resume", "stay", "pause"]))
    def says(self, what: str) -> None:
        self._press(what, **({"months": "2"} if what == "pause" else {}))

    @precondition(lambda self: self.lives)
    @rule(months=st.sampled_from([1, 3]), tier=st.integers(0, 2))
    def is_given(self, months: int, tier: int) -> None:
        self.invoices.append(gifted(self.house, self.tiers[tier], months))

    @rule(days=st.sampled_from([1, 10, 20, 31]))
    def waits(self, days: int) -> None:
        self.clock.move(timedelta(days=days))
        go_round(self.app)

    @precondition(lambda self: self.kept)
    @rule(data=st.data())
    def is_disputed(self, data: st.DataObject) -> None:
        self._dispute(data.draw(st.sampled_from(self.kept)))

    @precondition(lambda self: self.disputed)
    @rule(data=st.data(), won=st.booleans())
    def bank_decides(self, data: st.DataObject, won: bool) -> None:
        self._decide(data.draw(st.sampled_from(list(self.disputed))), won=won)

    @precondition(lambda self: self.kept)
    @rule(data=st.data())
    def is_refunded(self, data: st.DataObject) -> None:
        invoice_id = data.draw(st.sampled_from(self.kept))
        refund(self.app, invoice_id, the_invoice(self.app, invoice_id).kept)

    # ---- what holds

    @precondition(lambda self: self.lives and not self.disputed)
    @rule(data=st.data())
    def won_disputes_change_nothing(self, data: st.DataObject) -> None:
        some, ended = data.draw(st.permutations(self.kept))[:3], False
        before = self._standing()
        for one in some:
            self._dispute(one)
            ended |= not self.lives
        for one in data.draw(st.permutations(some)):
            self._decide(one, won=True)
        after = self._standing()
        assert (after.state, after.tier, after.ranks) == (before.state, before.tier, before.ranks)
        assert abs(after.until - before.until) < NEARLY
        assert abs(after.left - before.left) <= CENTS
        assert ended or after.paused == before.paused

    @invariant()
    def what_is_paid_lies_end_to_end(self) -> None:
        with self.app.app_context():
            found, now = db.session.get_one(Subscription, self.sub), self.clock.now()
            counting = opening.counting(queries.what_was_paid(found.id))
            spans = sorted(taking.span(one) for one in counting if "upgrade" not in one.detail)
        ahead = [(max(begin, now), end) for begin, end in spans if end > now]
        for (_, end), (begin, _) in pairwise(ahead):
            assert abs(begin - end) < NEARLY, spans
        if found.state == "active" and ahead:
            assert abs(ahead[-1][1] - found.period_end) < NEARLY, (spans, found.period_end)

    # ---- small things

    @property
    def lives(self) -> bool:
        return the_subscription(self.app, self.sub).state in {"active", "paused"}

    @property
    def kept(self) -> list[UUID]:
        """Paid, and with nobody's bank."""
        free = (one for one in self.invoices if one not in self.disputed)
        return [one for one in free if the_invoice(self.app, one).kept]

    def _press(self, what: str, **fields: Any) -> None:
        """And what it costs is paid."""
        fan, address = signed_in(self.app, self.house.fan), f"/subscriptions/{self.sub}"
        shown = fan.get(f"{address}/change" if what == "change" else address)
        if not shown.has_form(f"{address}/{what}"):
            return
        answer = fan.send(shown.form(f"{address}/{what}"), follow=False, **fields)
        assert answer.status < 500, answer.text[:300]
        if answer.location.startswith("/invoices/"):
            self.invoices.append(paid(self.app, UUID(answer.location.removeprefix("/invoices/"))))

    def _dispute(self, invoice_id: UUID) -> None:
        self.disputed[invoice_id] = dispute(self.app, invoice_id)

    def _decide(self, invoice_id: UUID, *, won: bool) -> None:
        dispute_id = self.disputed.pop(invoice_id)
        if won:
            wins(self.house, dispute_id)
            return
        with self.app.app_context(), transaction():
            disputing.lost(dispute_id)

    def _standing(self) -> Standing:
        now = self.clock.now()
        with self.app.app_context():
            found = db.session.get_one(Subscription, self.sub)
            open_now = db.select(Grant.rank).where(
                Grant.user_id == found.user_id,
                Grant.revoked_at.is_(None),
                db.or_(Grant.ends_at.is_(None), Grant.ends_at > now),
            )
            return Standing(
                found.state,
                found.tier_id,
                found.period_end,
                found.paused_until,
                sum(opening.left(found, now).values()),
                frozenset(db.session.scalars(open_now)),
            )


@pytest.mark.parametrize("lives", [5, pytest.param(80, marks=pytest.mark.fault_long)])
@pytest.mark.timeout(900)
def test_disputes_that_are_won_change_nothing(app: Flask, lives: int) -> None:
    Paying.app = app
    run_machine(
        Paying,
        settings=settings(
            max_examples=lives,
            stateful_step_count=14,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
