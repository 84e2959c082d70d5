"""Which backups lead back to a moment, and which are old enough to go."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.recovery.catalogue import Base, Catalogue, chain, keep, outlived, segment
from workers.recovery.errors import RecoveryError

DAY = timedelta(days=1)
MONDAY = datetime(2026, 11, 2, 3, tzinfo=UTC)
SIZE = 16 * 1024 * 1024
SYSTEM = "7001"


def a_base(day: float, *, parent: str = "", timeline: int = 1, at: int | None = None) -> Base:
    """Made on this day, its log beginning in the segment of that number."""
    number = at if at is not None else int(day * 10)
    started = MONDAY + day * DAY
    return Base(
        id=f"{timeline}-{day}",
        system=SYSTEM,
        timeline=timeline,
        start=number * SIZE + 40,
        after=number * SIZE + 400,
        started_at=started,
        stopped_at=started + timedelta(minutes=5),
        parent=parent,
    )


def names(*numbers: int, timeline: int = 1) -> set[str]:
    return {segment(timeline, number * SIZE, SIZE) for number in numbers}


def a_catalogue(*bases: Base, wal: set[str], shipped: float) -> Catalogue:
    return Catalogue(bases, {SYSTEM: frozenset(wal)}, {SYSTEM: MONDAY + shipped * DAY})


WEEK = (a_base(0), a_base(1, parent="1-0"), a_base(2, parent="1-1"))
WHOLE = a_catalogue(*WEEK, wal=names(*range(26)), shipped=2.5)


def test_a_moment_is_reached_from_the_last_base_before_it() -> None:
    plan = WHOLE.plan(MONDAY + 1.5 * DAY)
    assert [base.id for base in plan.chain] == ["1-0", "1-1"]
    # To the end of the next one: it was made later than the moment.
    assert set(plan.segments) == names(*range(10, 21))
    assert not plan.gap


def test_what_was_written_while_the_next_base_was_made_counts_as_before_it() -> None:
    long = replace(WEEK[1], after=13 * SIZE)
    there = a_catalogue(WEEK[0], long, wal=names(*range(26)), shipped=2.5)
    assert set(there.plan(long.started_at).segments) == names(*range(14))


def test_all_that_there_is_comes_from_the_newest_with_the_piece_that_was_being_written() -> None:
    last = segment(1, 26 * SIZE, SIZE)
    there = a_catalogue(*WEEK, wal={*names(*range(26)), f"{last}.00000000", f"{last}.0000a000"}, shipped=2.5)
    plan = there.plan(None)
    assert plan.base.id == "1-2"
    assert set(plan.segments) == {*names(*range(20, 26)), last}


def test_a_base_that_is_not_finished_yet_leads_to_no_moment() -> None:
    assert WHOLE.plan(WEEK[1].started_at + timedelta(minutes=1)).base.id == "1-0"


@pytest.mark.parametrize(
    ("day", "says"), [(-1, "oldest second .* 2026-11-02 03:05:00Z"), (3, "newest .* 15:00:00Z")]
)
def test_before_the_oldest_and_after_the_newest_is_refused_with_the_limit(day: float, says: str) -> None:
    with pytest.raises(RecoveryError, match=says):
        WHOLE.plan(MONDAY + day * DAY)


def test_without_a_base_there_is_nothing() -> None:
    empty = Catalogue((), {}, {})
    assert empty.spans() == []
    with pytest.raises(RecoveryError, match="no base backup"):
        empty.plan(None)


def test_a_hole_in_the_log_is_noticed_and_no_second_behind_it_promised() -> None:
    holed = a_catalogue(*WEEK, wal=names(*range(26)) - names(13), shipped=2.5)
    plan = holed.plan(MONDAY + 1.5 * DAY)
    assert plan.gap and set(plan.segments) == names(10, 11, 12)
    assert holed.spans() == [
        (WEEK[0].stopped_at, WEEK[1].stopped_at),
        (WEEK[2].stopped_at, MONDAY + 2.5 * DAY),
    ]


def test_bases_that_follow_on_each_other_are_one_span() -> None:
    assert WHOLE.spans() == [(WEEK[0].stopped_at, MONDAY + 2.5 * DAY)]


def test_after_a_restore_each_timeline_is_reached_from_its_own_base() -> None:
    """Restored on the third day to the second; what was written there first can still be reached."""
    after = a_base(3, timeline=2, at=23)
    both = a_catalogue(*WEEK, after, wal=names(*range(26)) | names(23, 24, timeline=2), shipped=3.5)
    before = both.plan(MONDAY + 2.4 * DAY)
    assert before.base.id == "1-2" and set(before.segments) == names(*range(20, 26)) and not before.gap
    assert set(both.plan(None).segments) == names(23, 24, timeline=2)


def test_a_timeline_without_a_base_of_its_own_is_not_promised() -> None:
    """Restored (or taken over) at noon of the third day, and lost before the first base after it was made."""
    wal = names(*range(26)) | names(25, 26, 27, timeline=2)
    reached = {(SYSTEM, 1): MONDAY + 2.5 * DAY, (SYSTEM, 2): MONDAY + 2.6 * DAY}
    there = replace(a_catalogue(*WEEK, wal=wal, shipped=2.6), reached=reached)
    assert there.spans() == [(WEEK[0].stopped_at, MONDAY + 2.5 * DAY)]
    with pytest.raises(RecoveryError, match=r"newest .* 15:00:00Z"):
        there.plan(MONDAY + 2.55 * DAY)
    assert there.goes_on_without(there.plan(None).base)
    after = replace(a_base(2.55, timeline=2, at=26), parent="")
    based = replace(there, bases=(*WEEK, after))
    assert based.newest() == MONDAY + 2.6 * DAY
    assert not based.goes_on_without(based.plan(None).base)


def test_a_chain_with_a_link_missing_is_not_offered() -> None:
    broken = a_catalogue(WEEK[0], WEEK[2], wal=names(*range(26)), shipped=2.5)
    assert [base.id for base in broken.usable()] == ["1-0"]


def test_segments_are_numbered_as_postgresql_does() -> None:
    assert segment(1, 0x1_FF00_0028, SIZE) == "0000000100000001000000FF"
    assert segment(2, 0x2_0000_0000, SIZE) == "000000020000000200000000"
    assert segment(10, 0x1_4000_0000, 1 << 30) == "0000000A0000000100000001"


@st.composite
def histories(draw: st.DrawFn) -> list[Base]:
    """Full ones and others upon what was before, some of them lost."""
    made: list[Base] = []
    for number in range(draw(st.integers(1, 40))):
        upon = made[-1:] if draw(st.booleans()) else []
        parent = upon[0].id if upon else ""
        made.append(
            a_base(number * draw(st.sampled_from([0.5, 1, 2])) + number / 1000, parent=parent, at=number)
        )
    return [base for base in made if draw(st.integers(0, 9))]


@settings(max_examples=50)
@given(histories(), st.integers(-5, 100), st.integers(1, 40))
def test_what_is_kept_leads_back_to_every_second_that_it_did_before(
    bases: list[Base], today: int, days: int
) -> None:
    now = MONDAY + today * DAY
    wanted = keep(bases, now, days)
    known, kept = {base.id: base for base in bases}, [base for base in bases if base.id in wanted]
    usable = [base for base in bases if chain(base, known)]
    # The newest is never lost, and no chain torn.
    assert not usable or max(usable, key=lambda base: base.stopped_at).id in wanted
    assert all(chain(base, {one.id: one for one in kept}) for base in kept)
    for moment in (now - timedelta(hours=hour) for hour in range(0, days * 24, 7)):
        before = [base for base in usable if base.stopped_at <= moment]
        assert not before or max(before, key=lambda base: base.stopped_at).id in wanted
    # What stays too long is what others need.
    floor = max((b.stopped_at for b in usable if b.stopped_at <= now - days * DAY), default=MONDAY - 99 * DAY)
    needed = {link.id for base in usable if base.stopped_at >= floor for link in chain(base, known)}
    assert wanted <= needed


@settings(max_examples=50)
@given(histories(), st.integers(0, 60))
def test_the_log_goes_that_no_kept_base_needs_and_no_more(bases: list[Base], first: int) -> None:
    there = names(*range(60)) | {"00000002.history"}
    gone = set(outlived(there, bases))
    start = min((base.start // SIZE for base in bases), default=0)
    assert gone == (names(*range(start)) if bases else set())
