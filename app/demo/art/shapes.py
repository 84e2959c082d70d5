"""Outlines that several motifs draw."""

import math
from collections.abc import Callable
from random import Random

from app.demo.art.canvas import Point


def wave(width: float, height: Callable[[float], float], foot: float, steps: int = 120) -> list[Point]:
    """What lies below a line that runs from edge to edge."""
    line = [(x * width / steps, height(x / steps)) for x in range(-1, steps + 2)]
    return [*line, (width + 20, foot), (-20, foot)]


def ripple(dice: Random, base: float, swing: float, turns: float) -> Callable[[float], float]:
    """A line of three sines: regular enough for a poster, irregular enough for water."""
    parts = [(swing / (k + 1) ** 1.4, turns * (k * 0.9 + 1), dice.random() * math.tau) for k in range(3)]
    return lambda x: base + sum(size * math.sin(math.tau * speed * x + start) for size, speed, start in parts)


def lower(one: Callable[[float], float], other: Callable[[float], float]) -> Callable[[float], float]:
    """Whichever of two lines runs lower on the sheet."""
    return lambda x: max(one(x), other(x))


def ridge(dice: Random, base: float, swing: float, peaks: int) -> Callable[[float], float]:
    """Mountains: straight slopes between peaks and saddles of uneven height, with small steps on them."""
    knots = []
    for k in range(2 * peaks + 3):
        up = k % 2
        knots.append(base - swing * (dice.uniform(0.55, 1) if up else dice.uniform(-0.1, 0.3)))
    small = [dice.uniform(-1, 1) * swing * 0.07 for _ in range(160)]

    def line(x: float) -> float:
        at = max(0.0, min(x, 1.0)) * (len(knots) - 1.001)
        left, share = int(at), at % 1
        bump = small[int(x * 40) % 160] * (1 - abs(2 * (x * 40 % 1) - 1))
        return knots[left] * (1 - share) + knots[left + 1] * share + bump

    return line


def leaf(root: Point, length: float, width: float, angle: float, bend: float = 0.0) -> list[Point]:
    """From its root to its tip and back."""
    there = [_along(root, length, width, angle, bend, t / 24) for t in range(25)]
    back = [_along(root, length, -width, angle, bend, t / 24) for t in range(24, -1, -1)]
    return there + back


def _along(root: Point, length: float, width: float, angle: float, bend: float, t: float) -> Point:
    turned = angle + bend * t
    out = width / 2 * math.sin(math.pi * t**0.8)
    return (
        root[0] + math.cos(turned) * length * t - math.sin(turned) * out,
        root[1] + math.sin(turned) * length * t + math.cos(turned) * out,
    )


def blob(dice: Random, x: float, y: float, r: float, lobes: int = 5, swing: float = 0.22) -> list[Point]:
    """Cut out of paper with large scissors."""
    parts = [(dice.uniform(0.3, 1) * swing, k, dice.random() * math.tau) for k in range(2, lobes)]
    return [
        (
            x + math.cos(a) * r * (1 + sum(s * math.sin(k * a + p) for s, k, p in parts)),
            y + math.sin(a) * r * (1 + sum(s * math.sin(k * a + p) for s, k, p in parts)),
        )
        for a in (step / 120 * math.tau for step in range(120))
    ]


def crescent(x: float, y: float, r: float) -> list[Point]:
    """A young moon, lit from the left."""
    rim = [math.pi / 2 + math.pi * step / 60 for step in range(61)]
    outer = [(x + r * math.cos(a), y + r * math.sin(a)) for a in rim]
    inner = [(x + r * 0.45 * math.cos(a), y + r * math.sin(a)) for a in reversed(rim)]
    return outer + inner


def turned(x: float, y: float, r: float, corners: int, start: float = 0.0) -> list[Point]:
    """A regular polygon."""
    return [
        (x + r * math.cos(start + math.tau * k / corners), y + r * math.sin(start + math.tau * k / corners))
        for k in range(corners)
    ]


def outline(profile: list[Point], x: float, foot: float) -> list[Point]:
    """A thing turned on a wheel: half its profile (half-width, height), mirrored, smoothed."""
    smooth = _smooth(profile)
    return [(x - w, foot - h) for w, h in smooth] + [(x + w, foot - h) for w, h in reversed(smooth)]


def _smooth(knots: list[Point], steps: int = 10) -> list[Point]:
    padded = [knots[0], *knots, knots[-1]]
    return [
        _catmull(padded[k : k + 4], step / steps) for k in range(len(knots) - 1) for step in range(steps)
    ] + [knots[-1]]


def _catmull(p: list[Point], t: float) -> Point:
    def one(a: float, b: float, c: float, d: float) -> float:
        return 0.5 * (
            2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
        )

    return one(*(q[0] for q in p)), one(*(q[1] for q in p))
