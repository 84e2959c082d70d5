"""What a person holds, asked of PostgreSQL, against the same reckoned in plain Python."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Uuid, column, delete, func, select, values

from app.entitlements import queries
from app.entitlements.models import Denial, Grant
from app.entitlements.rules import Closed, Holding, Kind, Lock, judge
from app.extensions import db
from app.kit import clock
from app.kit.clock import FixedClock
from app.kit.ids import new_id
from app.platform.transaction import transaction
from tests.entitlements.strategies import ITEMS, NOW, SCOPES, locks
from tests.factories.people import a_person
from tests.queries import counting

DAYS = st.integers(-30, 30)


@dataclass(frozen=True)
class Row:
    """A grant or a denial as it stands in its table, living or not."""

    scope: UUID
    kind: Kind | Closed
    # Whose it is: the person's, somebody else's, everybody's (denials alone).
    whose: str
    rank: int
    starts: int
    ends: int | None
    over: bool

    @property
    def counts(self) -> bool:
        if self.whose == "other" or self.over:
            return False
        if isinstance(self.kind, Closed):
            return True
        return self.starts <= 0 and (self.ends is None or self.ends > 0)

    @property
    def holding(self) -> Holding:
        if isinstance(self.kind, Closed):
            return Holding(self.scope, self.kind)
        ends = None if self.ends is None else NOW + timedelta(days=self.ends)
        return Holding(self.scope, self.kind, self.rank, "Gold", ends)


@st.composite
def rows(draw: st.DrawFn) -> Row:
    kind = draw(st.sampled_from([*Kind, *Closed]))
    whose = ["mine", "other", "all"] if isinstance(kind, Closed) else ["mine", "other"]
    starts = draw(DAYS)
    return Row(
        draw(SCOPES),
        kind,
        draw(st.sampled_from(whose)),
        draw(st.integers(0, 3)),
        starts,
        draw(st.none() | st.integers(1, 60).map(lambda days: starts + days)),
        draw(st.booleans()),
    )


def store(found: list[Row], people: dict[str, UUID | None]) -> None:
    db.session.execute(delete(Grant))
    db.session.execute(delete(Denial))
    for number, row in enumerate(found):
        common = {"user_id": people[row.whose], "scope_id": row.scope, "kind": row.kind, "cause": str(number)}
        over = NOW - timedelta(days=1) if row.over else None
        if isinstance(row.kind, Closed):
            db.session.add(Denial(since=NOW, lifted_at=over, **common))
            continue
        ends = None if row.ends is None else NOW + timedelta(days=row.ends)
        starts = NOW + timedelta(days=row.starts)
        db.session.add(
            Grant(rank=row.rank, label="Gold", starts_at=starts, ends_at=ends, revoked_at=over, **common)
        )


def by_column(person: UUID | None, scopes: list[UUID]) -> dict[UUID, list[Holding]]:
    """As a statement of another feature asks."""
    things = values(column("id", Uuid), name="things").data([(scope,) for scope in scopes])
    found = db.session.execute(select(things.c.id, queries.held_column(person, things.c.id).label("held")))
    return {row.id: queries.read_held(row.held) for row in found}


def in_order(found: list[Holding]) -> list[str]:
    return sorted(map(repr, found))


def test_what_is_held_is_what_is_living(app: Flask) -> None:
    clock.use(FixedClock(NOW))
    me, other = a_person(app).id, a_person(app).id
    people = {"mine": me, "other": other, "all": None}

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.lists(rows(), max_size=8),
        st.lists(locks(), min_size=1, max_size=4),
        st.sampled_from(["me", "all"]),
    )
    def same(found: list[Row], wanted: list[Lock], who: str) -> None:
        person = me if who == "me" else None
        with app.app_context(), transaction():
            store(found, people)
        model = [row.holding for row in found if row.counts and (row.whose == "all" or person is not None)]
        scopes = sorted({scope for lock in wanted for scope in (lock.item_id, lock.creator_id)})
        with app.app_context():
            asked = queries.held(person, scopes)
            assert in_order(asked) == in_order([one for one in model if one.scope_id in scopes])
            for scope, held in by_column(person, scopes).items():
                assert in_order(held) == in_order([one for one in model if one.scope_id == scope])
            decided = queries.decide(person, wanted)
        for lock in {lock.item_id: lock for lock in wanted}.values():
            assert decided[lock.item_id].outcome is judge(lock, person, model).outcome

    same()


def test_a_decision_about_many_is_one_statement(app: Flask) -> None:
    me = a_person(app).id
    many = [Lock(new_id(), new_id()) for _ in range(50)]
    with app.app_context(), counting(app) as sent:
        assert all(one.open for one in queries.decide(me, many).values())
        assert len(sent) == 1
        assert queries.decide(me, []) == {}
        assert len(sent) == 1, "about nothing, nothing is asked"


def test_what_somebody_holds_of_some_kinds(app: Flask) -> None:
    clock.use(FixedClock(NOW))
    me = a_person(app).id
    item, other = ITEMS
    held = [
        Row(item, Kind.GIFT, "mine", 0, -1, None, over=False),
        Row(other, Kind.PURCHASE, "mine", 0, -1, None, over=False),
        Row(other, Kind.GIFT, "mine", 0, -9, -1, over=False),
    ]
    with app.app_context(), transaction():
        store(held, {"mine": me})
    with app.app_context():
        assert list(db.session.scalars(queries.scopes_held(me, [Kind.GIFT], NOW))) == [item]


def test_hidden_is_what_a_denial_hides_and_not_what_age_closes(app: Flask) -> None:
    me = a_person(app).id
    blocked, grown_up = ITEMS
    closed = [
        Row(blocked, Closed.BLOCK, "mine", 0, 0, None, over=False),
        Row(grown_up, Closed.AGE, "mine", 0, 0, None, over=False),
    ]
    with app.app_context(), transaction():
        store(closed, {"mine": me})
    with app.app_context():
        things = values(column("id", Uuid), name="things").data([(one,) for one in ITEMS])
        hidden = select(things.c.id).where(queries.hidden_from(me, things.c.id))
        assert list(db.session.scalars(hidden)) == [blocked]
        assert db.session.scalar(select(func.count()).select_from(Denial)) == 2
