"""Short pieces of music, worked out note by note: soft keys, a bass, bells, and the room around them."""

from __future__ import annotations

import io
import math
import wave
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from random import Random

RATE = 22_050
LOUDEST = 29_000
# Half steps above the root, for one bar each: progressions that go round without an end.
ROUNDS = (
    ((0, 4, 7, 11), (9, 12, 16, 19), (5, 9, 12, 16), (7, 11, 14, 17)),
    ((0, 3, 7, 10), (8, 12, 15, 19), (3, 7, 10, 14), (10, 14, 17, 21)),
    ((0, 7, 11, 14), (2, 9, 12, 17), (4, 7, 11, 16), (5, 9, 12, 16)),
    ((0, 5, 7, 12), (10, 14, 17, 19), (5, 9, 12, 17), (0, 4, 7, 14)),
)
MELODY = (0, 2, 4, 7, 9, 12, 14, 16)


@dataclass(frozen=True, slots=True)
class Tune:
    seed: str
    bars: int = 8


def play(tune: Tune) -> bytes:
    """As a WAV file."""
    dice = Random(tune.seed)  # noqa: S311 - the same seed, the same tune
    beat = 60 / dice.choice([72, 80, 88, 96])
    root = dice.choice([48, 50, 52, 53, 55])
    chords = dice.choice(ROUNDS)
    tape = array("f", bytes(4 * int(RATE * (beat * 4 * tune.bars + 2))))
    for bar in range(tune.bars):
        _bar(tape, dice, bar * 4 * beat, beat, [root + step for step in chords[bar % 4]])
    return _file(_with_room(tape, beat))


def _bar(tape: array[float], dice: Random, start: float, beat: float, chord: list[int]) -> None:
    _lay(tape, start, _note(_soft, chord[0] - 12, round(beat * 3.6, 3)), 0.5)
    for k in range(8):
        note = chord[(0, 2, 1, 3, 2, 1, 3, 2)[k]]
        _lay(
            tape,
            start + k * beat / 2 + dice.uniform(0, 0.012),
            _note(_keys, note + 12, 1.1),
            dice.uniform(0.2, 0.3),
        )
    for k in range(4):
        if dice.random() < 0.45:
            note = chord[0] + 24 + dice.choice(MELODY)
            _lay(
                tape,
                start + k * beat + dice.choice([0, beat / 2]),
                _note(_bell, note, 1.6),
                dice.uniform(0.1, 0.2),
            )


@lru_cache(maxsize=256)
def _note(voice: Callable[[float, float], float], pitch: int, seconds: float) -> array[float]:
    hertz = 440 * 2 ** ((pitch - 69) / 12)
    return array("f", (voice(at / RATE, hertz) for at in range(int(seconds * RATE))))


def _keys(at: float, hertz: float) -> float:
    turn = math.tau * hertz * at
    return (
        (math.sin(turn) + 0.35 * math.sin(2 * turn) * math.exp(-6 * at))
        * math.exp(-3.2 * at)
        * min(1, at * 160)
    )


def _bell(at: float, hertz: float) -> float:
    turn = math.tau * hertz * at
    return (
        math.sin(turn + 1.4 * math.exp(-4 * at) * math.sin(3.01 * turn))
        * math.exp(-2.6 * at)
        * min(1, at * 400)
    )


def _soft(at: float, hertz: float) -> float:
    turn = math.tau * hertz * at
    return (math.sin(turn) + 0.2 * math.sin(3 * turn)) * min(1, at * 30) * math.exp(-0.9 * at)


def _lay(tape: array[float], start: float, note: array[float], loud: float) -> None:
    begin = int(start * RATE)
    part = tape[begin : begin + len(note)]
    tape[begin : begin + len(part)] = array("f", [a + b * loud for a, b in zip(part, note, strict=False)])


def _with_room(tape: array[float], beat: float) -> array[float]:
    """Two echoes, a little softer each time."""
    late = int(beat * 0.75 * RATE)
    for share in (0.28, 0.14):
        tape = array(
            "f", [a + share * b for a, b in zip(tape, array("f", bytes(4 * late)) + tape, strict=False)]
        )
    return tape


def _file(tape: array[float]) -> bytes:
    """Full volume, and quiet at its end."""
    fade = RATE
    loud = LOUDEST / max(map(abs, tape))
    length = len(tape)
    samples = array("h", [int(value * loud * min(1, (length - at) / fade)) for at, value in enumerate(tape)])
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return out.getvalue()
