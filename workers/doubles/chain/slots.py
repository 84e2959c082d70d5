"""Slots: which one it is, what of them is confirmed, which blockhashes still count."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from enum import IntEnum

from solders.hash import Hash

# As high as the main network's, so that nobody gets used to small numbers.
FIRST = 435_888_000
# Some slots stay without a block; so height and slot are different numbers.
WITHOUT_BLOCK = 21_000_000
BLOCKHASH_LIVES = 150
SLOTS_OF_EPOCH = 432_000


class Level(IntEnum):
    PROCESSED = 0
    CONFIRMED = 1
    FINALIZED = 2


# How many slots must stand on top.
DEPTH = {Level.PROCESSED: 0, Level.CONFIRMED: 1, Level.FINALIZED: 32}


class Slots:
    """They move with the clock, and never back: a clock that is set back goes on counting from there."""

    def __init__(self, now: Callable[[], datetime], length: float, anchor: tuple[int, float] | None) -> None:
        self._now = now
        self._length = length
        self._slot, self._since = anchor or (FIRST, now().timestamp())
        self._seen = self._since

    def current(self) -> int:
        moment = self._now().timestamp()
        if moment < self._seen:
            self._slot, self._since = self._slot_at(self._seen), moment
        self._seen = moment
        return self._slot_at(moment)

    def pass_by(self, count: int) -> None:
        self._slot += count

    def time(self) -> int:
        return int(self._now().timestamp())

    def time_of(self, slot: int) -> int:
        if slot == self.current():
            return self.time()
        return int(self._since + (slot - self._slot) * self._length)

    @property
    def anchor(self) -> tuple[int, float]:
        """What to remember to go on from here."""
        return self.current(), self._seen

    def _slot_at(self, moment: float) -> int:
        return self._slot + int((moment - self._since) / self._length)


def blockhash(slot: int) -> Hash:
    return Hash(hashlib.sha256(f"play chain, slot {slot}".encode()).digest())


def slot_of(wanted: Hash, current: int) -> int | None:
    """The slot of a blockhash that still counts."""
    recent = range(current, current - BLOCKHASH_LIVES - 1, -1)
    return next((slot for slot in recent if blockhash(slot) == wanted), None)


def height(slot: int) -> int:
    return slot - WITHOUT_BLOCK
