"""Time can be moved, by a test and by the file that every process follows."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.kit import clock
from app.kit.clock import FileClock, FixedClock, parse_offset


def test_the_clock_is_the_systems_until_it_is_swapped() -> None:
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=1)
    assert clock.now().tzinfo is UTC


def test_a_swapped_clock_holds_for_its_block_only() -> None:
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    with clock.using(FixedClock(moment)) as fixed:
        assert clock.now() == moment
        assert isinstance(fixed, FixedClock)
        fixed.move(timedelta(days=2))
        assert clock.now() == datetime(2030, 1, 3, tzinfo=UTC)
    assert clock.now() != moment


def test_what_was_is_told_by_one_thread_while_time_goes_on_for_all_others() -> None:
    then, elsewhere = datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)
    with ThreadPoolExecutor(1) as lane:
        telling = clock.as_then(elsewhere)
        with clock.as_then(then):
            assert clock.now() == then
            assert lane.submit(clock.now).result() > elsewhere
            lane.submit(telling.__enter__).result()
            assert (clock.now(), lane.submit(clock.now).result()) == (then, elsewhere)
        # Whoever ends first leaves nobody in the past.
        assert clock.now() > elsewhere
        lane.submit(telling.__exit__, None, None, None).result()
        assert min(clock.now(), lane.submit(clock.now).result()) > elsewhere


@pytest.mark.parametrize(
    ("written", "offset"),
    [
        ("31d", timedelta(days=31)),
        ("+31d", timedelta(days=31)),
        ("-2h", timedelta(hours=-2)),
        (" 15m\n", timedelta(minutes=15)),
        ("90", timedelta(seconds=90)),
        ("", timedelta()),
        ("tomorrow", timedelta()),
        ("1y", timedelta()),
        ("9999999999d", timedelta()),
    ],
)
def test_an_offset_is_read_and_nonsense_is_none(written: str, offset: timedelta) -> None:
    assert parse_offset(written) == offset


def test_the_file_is_followed_as_it_changes_and_goes(tmp_path: Path) -> None:
    path = tmp_path / "offset"
    followed = FileClock(path)

    def offset() -> timedelta:
        return timedelta(seconds=round((followed.now() - datetime.now(UTC)).total_seconds()))

    assert offset() == timedelta()
    path.write_text("31d")
    assert offset() == timedelta(days=31)
    path.write_text("-1h")
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))
    assert offset() == timedelta(hours=-1)
    path.unlink()
    assert offset() == timedelta()


@pytest.mark.parametrize("written", ["999999999d", "-999999999d"])
def test_an_offset_beyond_the_calendar_does_not_stop_the_clock(tmp_path: Path, written: str) -> None:
    (tmp_path / "offset").write_text(written)
    assert FileClock(tmp_path / "offset").now().tzinfo is UTC
