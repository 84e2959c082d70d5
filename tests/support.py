"""What every kind of test may need."""

import statistics
import time
from collections.abc import Callable
from typing import TypeVar

from workers.stack import ports

T = TypeVar("T")

PAUSE = 0.02


def eventually(question: Callable[[], T], *, within: float = 15.0) -> T:
    """The first truthy answer; an assertion error when none comes in time.

    An exception counts as "not yet"; the last one is told when time is over.
    """
    deadline = time.monotonic() + within
    trouble: Exception | None = None
    while True:
        try:
            if answer := question():
                return answer
            trouble = None
        except Exception as error:
            trouble = error
        if time.monotonic() > deadline:
            name = getattr(question, "__name__", repr(question))
            raise AssertionError(f"not within {within:.0f} s: {name}") from trouble
        time.sleep(PAUSE)


def takes_as_long(
    seconds: Callable[[str, int], float], one: str, other: str, *, within: float, rounds: int = 15
) -> bool:
    """In turns, each with a number of its own. A machine that was busy with others has three chances."""
    for chance in range(3):
        numbers = range(chance * rounds, (chance + 1) * rounds)
        times = [(seconds(one, number), seconds(other, number)) for number in numbers]
        ratio = _usual([first for first, _ in times]) / _usual([second for _, second in times])
        if 1 / within < ratio < within:
            return True
    return False


def _usual(seconds: list[float]) -> float:
    """How long something takes when the machine lets it: the middle of the quicker half."""
    return statistics.median(sorted(seconds)[: len(seconds) // 2 + 1])


def free_port() -> int:
    """A port that nobody listens on now, outside of those that the kernel gives away."""
    return ports.pick_free()
