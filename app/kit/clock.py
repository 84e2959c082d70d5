"""What time it is. Everything asks here, so that tests and CLOCK_FILE can move time."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
# Beyond it lies the end of the calendar.
FARTHEST = timedelta(days=100 * 365)
OFFSET = re.compile(r"([+-]?)(\d{1,9})([smhd]?)")


class Clock(Protocol):
    def now(self) -> datetime: ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class FileClock:
    """The system's time plus the offset a file holds: `31d`, `-2h`, `90` (seconds)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_at: int | None = None
        self._offset = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._current_offset()

    def _current_offset(self) -> timedelta:
        try:
            changed = self._path.stat().st_mtime_ns
        except OSError:
            return timedelta()
        if changed != self._read_at:
            self._offset = parse_offset(self._path.read_text())
            self._read_at = changed
        return self._offset


class FixedClock:
    """A clock that stands until it is moved."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def move(self, by: timedelta) -> None:
        self.at += by


def parse_offset(text: str) -> timedelta:
    match = OFFSET.fullmatch(text.strip())
    if match is None:
        return timedelta()
    sign, amount, unit = match.groups()
    shift = timedelta(**{UNITS[unit or "s"]: int(amount)})
    if shift > FARTHEST:
        return timedelta()
    return -shift if sign == "-" else shift


_current: Clock = SystemClock()
_as_then: ContextVar[datetime | None] = ContextVar("as_then", default=None)


def now() -> datetime:
    return _as_then.get() or _current.now()


def use(clock: Clock) -> None:
    global _current  # noqa: PLW0603 - the one place where the clock is swapped
    _current = clock


@contextmanager
def as_then(moment: datetime) -> Iterator[None]:
    """What happened then is written down now, by this thread: for all others time goes on."""
    before = _as_then.set(moment)
    try:
        yield
    finally:
        _as_then.reset(before)


@contextmanager
def using(clock: Clock) -> Iterator[Clock]:
    """For the whole process: for tests."""
    before = _current
    use(clock)
    try:
        yield clock
    finally:
        use(before)
