"""Things on tables, in gardens and in the sky."""

import math
from itertools import pairwise
from random import Random

from app.demo.art.canvas import Canvas, Point
from app.demo.art.colours import Colour, Palette, mix
from app.demo.art.shapes import leaf, outline, ripple, wave

WHITE = (255, 255, 255)

# Half profiles, in shares of the height: (half-width, height).
POTS: list[list[Point]] = [
    [(0.16, 0), (0.3, 0.12), (0.36, 0.36), (0.24, 0.62), (0.1, 0.78), (0.09, 0.9), (0.14, 1)],
    [(0.2, 0), (0.36, 0.2), (0.4, 0.5), (0.3, 0.8), (0.2, 0.92), (0.24, 1)],
    [(0.1, 0), (0.14, 0.15), (0.2, 0.4), (0.24, 0.62), (0.16, 0.8), (0.07, 0.9), (0.1, 1)],
    [(0.26, 0), (0.28, 0.05), (0.28, 0.6), (0.3, 0.95), (0.3, 1)],
    [(0.18, 0), (0.44, 0.24), (0.5, 0.45), (0.34, 0.66), (0.12, 0.74), (0.1, 0.92), (0.18, 1)],
]


def vases(c: Canvas, p: Palette, dice: Random) -> None:
    wall = mix(p.paper, p.second, 0.3)
    c.rect(0, 0, c.w, c.h, wall)
    c.arch(c.w / 2, c.h * 0.8, c.w * 0.74, c.h * 0.66, mix(p.lead, p.paper, 0.25))
    c.disc(c.w * dice.choice([0.34, 0.66]), c.h * 0.32, 96, mix(p.second, p.paper, 0.25))
    table = c.h * 0.78
    c.rect(0, table, c.w, c.h, mix(p.third, p.ink, 0.25))
    c.rect(0, table, c.w, 14, mix(p.third, p.paper, 0.3))
    tones = [p.third, p.paper, p.lead, p.fourth, p.second, mix(p.ink, p.third, 0.3)]
    dice.shuffle(tones)
    places = [(0.24, 1.0), (0.76, 0.86), (0.5, 1.22), (0.37, 0.62), (0.65, 0.5)][: dice.choice([3, 4, 5])]
    for k, (share, size) in enumerate(places):
        foot = table + 40 + 26 * (k > 1) + 44 * (k > 2)
        h = 330 * size * dice.uniform(0.9, 1.08)
        if k == 2:
            _bouquet(c, dice, (c.w * share, foot - h * 0.97), p)
        _pot(c, c.w * share, foot, h, POTS[(k + dice.randrange(5)) % 5], tones[k], p)


def _pot(c: Canvas, x: float, foot: float, h: float, profile: list[Point], tone: Colour, p: Palette) -> None:
    scaled = [(w * h, up * h) for w, up in profile]
    body = outline(scaled, x, foot)
    c.oval(x + h * 0.1, foot + 2, scaled[1][0] * 1.25, h * 0.035, (*mix(p.ink, (0, 0, 0), 0.4), 70))
    c.shape(body, tone)
    half = len(body) // 2
    right = body[half:]
    c.shape(
        [*right, *((x + (px - x) * 0.45, py) for px, py in reversed(right))], (*mix(tone, p.ink, 0.5), 80)
    )
    for level in (0.3, 0.36):
        width = _width_at(scaled, level * h)
        c.line(
            [(x - width, foot - level * h), (x + width, foot - level * h)],
            h * 0.018,
            mix(tone, p.paper if tone != p.paper else p.lead, 0.7),
        )
    c.oval(x, foot - h, scaled[-1][0], h * 0.022, mix(tone, p.ink, 0.45))


def _width_at(profile: list[Point], height: float) -> float:
    for (w1, h1), (w2, h2) in pairwise(profile):
        if h1 <= height <= h2:
            return w1 + (w2 - w1) * (height - h1) / (h2 - h1)
    return profile[-1][0]


def _bouquet(c: Canvas, dice: Random, at: Point, p: Palette) -> None:
    for k in range(7):
        angle = -math.pi / 2 + (k - 3) * 0.24 + dice.uniform(-0.08, 0.08)
        length = dice.uniform(150, 300)
        tip = (at[0] + math.cos(angle) * length, at[1] + math.sin(angle) * length)
        c.line([at, tip], 5, mix(p.third, p.ink, 0.4))
        if k % 2:
            c.shape(leaf(at, length, 60, angle, 0.2), mix(p.third, p.ink, 0.15))
        else:
            c.disc(*tip, 40, dice.choice([p.lead, p.second, p.paper]))
            c.disc(*tip, 14, p.ink)


def leaves(c: Canvas, p: Palette, dice: Random) -> None:
    ground = dice.choice([p.paper, mix(p.second, p.paper, 0.4), mix(p.ink, p.third, 0.35)])
    c.rect(0, 0, c.w, c.h, ground)
    c.disc(c.w * dice.uniform(0.3, 0.7), c.h * 0.36, 260, mix(p.lead, ground, 0.1))
    greens = [p.third, p.fourth, mix(p.third, p.ink, 0.45), mix(p.third, p.paper, 0.3)]
    stems = dice.choice([3, 4, 5])
    for k in range(stems):
        x = c.w * (k + 0.6 + dice.uniform(-0.12, 0.12)) / (stems + 0.2)
        _stem(c, dice, x, c.h + 30, c.h * dice.uniform(0.62, 0.92), greens[k % 4], dice.randrange(3))
    for _ in range(dice.randint(3, 6)):
        x, y = c.w * dice.uniform(0.12, 0.88), c.h * dice.uniform(0.12, 0.6)
        for petal in range(6):
            c.shape(leaf((x, y), 46, 30, petal * math.tau / 6 + 0.3), dice.choice([p.lead, p.second]))
        c.disc(x, y, 15, p.ink)


def _stem(c: Canvas, dice: Random, x: float, foot: float, h: float, tone: Colour, manner: int) -> None:
    sway = dice.uniform(-0.08, 0.08) * h
    spine = [(x + sway * (t / 20) ** 2, foot - h * t / 20) for t in range(21)]
    c.line(spine, h * 0.007, tone)
    for k in range(3, 20, 1 if manner == 0 else 2):
        left = 0.35 + 0.65 * (1 - k / 22)
        length, width = ((0.17, 0.034), (0.2, 0.08), (0.11, 0.08))[manner]
        for side in (-1, 1):
            angle = -math.pi / 2 + side * (0.75 if manner == 0 else 0.95)
            c.shape(
                leaf(spine[k], h * length * left, h * width * left, angle, side * (0.5 if manner else -0.2)),
                tone,
            )
    c.shape(leaf(spine[20], h * 0.1, h * 0.04, -math.pi / 2, 0.2), tone)


def record(c: Canvas, p: Palette, dice: Random, turn: float = 0.0) -> None:
    """Half out of its sleeve."""
    c.fade([p.second, mix(p.second, p.lead, 0.8)])
    x, y, r = c.w * 0.5, c.h * 0.5, 400.0
    c.disc(x + 14, y + 20, r, (0, 0, 0, 60))
    vinyl = mix(p.ink if sum(p.ink) < 300 else p.paper, (10, 10, 14), 0.6)
    c.disc(x, y, r, vinyl)
    for k in range(11):
        c.ring(x, y, r - 18 - k * 21, 2, mix(vinyl, WHITE, 0.08 + 0.05 * (k % 3)))
    for start in (205, 25):
        c.slice(x, y, r - 10, (start + turn, start + 24 + turn), (255, 255, 255, 20))
        c.slice(x, y, r - 10, (start + 7 + turn, start + 17 + turn), (255, 255, 255, 26))
    c.disc(x, y, 152, p.lead)
    c.slice(x, y, 152, (turn, turn + 180), p.paper if sum(p.paper) > 380 else p.ink)
    c.slice(x, y, 108, (turn + 90, turn + 270), p.third)
    c.disc(x, y, 56, p.second)
    c.disc(x, y, 12, vinyl)
    arm = mix(p.paper, WHITE, 0.4) if sum(p.paper) > 380 else p.ink
    c.line([(c.w * 0.92, c.h * 0.1), (c.w * 0.9, c.h * 0.52), (c.w * 0.78, c.h * 0.63)], 17, arm)
    c.disc(c.w * 0.92, c.h * 0.1, 44, arm)
    c.disc(c.w * 0.92, c.h * 0.1, 20, p.third)


def citrus(c: Canvas, p: Palette, dice: Random) -> None:
    c.rect(0, 0, c.w, c.h, dice.choice([mix(p.third, p.paper, 0.25), mix(p.fourth, p.paper, 0.2), p.paper]))
    step = 430.0
    for row in range(-1, math.ceil(c.h / step) + 1):
        for col in range(-1, math.ceil(c.w / step) + 1):
            x, y = col * step + (step / 2 if row % 2 else 0) + 90, row * step * 0.86 + 140
            skin = dice.choice([p.lead, p.second, mix(p.lead, p.second, 0.5)])
            if dice.random() < 0.68:
                _half(c, x, y, dice.uniform(150, 185), skin, dice.random() * 60)
            else:
                _cherries(c, x, y, p)
            c.shape(leaf((x + 150, y - 175), 130, 56, dice.uniform(-0.9, 0.4), 0.4), mix(p.third, p.ink, 0.3))


def _half(c: Canvas, x: float, y: float, r: float, skin: Colour, start: float) -> None:
    c.disc(x + 10, y + 14, r, (0, 0, 0, 34))
    c.disc(x, y, r, skin)
    c.disc(x, y, r * 0.9, mix(skin, WHITE, 0.82))
    for k in range(9):
        c.slice(x, y, r * 0.83, (start + k * 40 + 2.5, start + k * 40 + 37.5), mix(skin, WHITE, 0.12))
        angle = math.radians(start + k * 40 + 20)
        c.shape(
            leaf((x + math.cos(angle) * r * 0.46, y + math.sin(angle) * r * 0.46), r * 0.26, r * 0.07, angle),
            mix(skin, WHITE, 0.5),
        )
    c.disc(x, y, r * 0.12, mix(skin, WHITE, 0.82))


def _cherries(c: Canvas, x: float, y: float, p: Palette) -> None:
    top = (x + 36, y - 150)
    for dx, dy in ((-72, 50), (66, 76)):
        c.line([(x + dx, y + dy - 60), (x + dx * 0.6, y - 60), top], 8, mix(p.third, p.ink, 0.4))
        c.disc(x + dx, y + dy, 74, mix(p.lead, p.ink, 0.12))
        c.disc(x + dx - 24, y + dy - 26, 15, mix(p.lead, WHITE, 0.6))


def windows(c: Canvas, p: Palette, dice: Random) -> None:
    """A house front in the evening: some are at home."""
    wall = mix(p.ink, p.third, 0.42) if sum(p.ink) < sum(p.paper) else mix(p.paper, p.third, 0.4)
    c.fade([wall, mix(wall, p.ink if sum(p.ink) < 380 else p.paper, 0.4)])
    light = mix(p.second, WHITE, 0.12)
    across, down = dice.choice([(3, 4), (4, 5)])
    w, h = c.w / (across + 0.6), c.h / (down + 0.45)
    for row in range(down):
        for col in range(across):
            x, foot = w * (col + 0.8), h * (row + 1.06)
            lit = dice.random() < 0.55
            if lit:
                c.glow(x, foot - h * 0.35, w * 0.85, light, 0.35)
            _window(c, dice, (x, foot), (w * 0.6, h * 0.74), light if lit else mix(wall, (0, 0, 0), 0.3), p)
    c.rect(0, c.h - h * 0.2, c.w, h * 0.2, mix(wall, (0, 0, 0), 0.35))


def _window(c: Canvas, dice: Random, at: Point, size: Point, pane: Colour, p: Palette) -> None:
    (x, foot), (w, h) = at, size
    frame = p.paper if sum(p.paper) > sum(p.ink) else p.ink
    c.arch(x, foot + 8, w + 20, h + 18, mix(frame, p.third, 0.25))
    c.arch(x, foot, w, h, pane)
    match dice.randrange(6):
        case 0:
            c.shape(
                [
                    (x - w / 2, foot),
                    (x - w / 2, foot - h * 0.7),
                    (x - w * 0.12, foot - h * 0.62),
                    (x - w * 0.34, foot),
                ],
                p.lead,
            )
            c.shape(
                [
                    (x + w / 2, foot),
                    (x + w / 2, foot - h * 0.7),
                    (x + w * 0.12, foot - h * 0.62),
                    (x + w * 0.34, foot),
                ],
                p.lead,
            )
        case 1:
            c.rect(x - w * 0.16, foot - h * 0.16, w * 0.32, h * 0.16, p.lead)
            for lean in (-0.7, -0.2, 0.3, 0.8):
                c.shape(
                    leaf((x, foot - h * 0.14), h * 0.34, w * 0.16, -math.pi / 2 + lean, lean * 0.4),
                    mix(p.third, p.ink, 0.3),
                )
        case 2:
            _cat(c, x + w * 0.08, foot, h * 0.3, mix(p.ink if sum(p.ink) < 380 else p.paper, (0, 0, 0), 0.3))
        case 3:
            c.line([(x, foot - h), (x, foot - h * 0.66)], 3, mix(p.ink, pane, 0.4))
            c.slice(x, foot - h * 0.58, w * 0.24, (180, 360), p.lead)
    bar = mix(frame, p.third, 0.25)
    c.rect(x - 4, foot - h, 8, h, bar)
    c.rect(x - w / 2, foot - h * 0.52, w, 7, bar)
    c.rect(x - w / 2 - 16, foot, w + 32, 13, frame)


def _cat(c: Canvas, x: float, foot: float, h: float, tone: Colour) -> None:
    c.oval(x, foot - h * 0.36, h * 0.3, h * 0.38, tone)
    c.disc(x, foot - h * 0.84, h * 0.22, tone)
    for side in (-1, 1):
        c.shape(
            [
                (x + side * h * 0.2, foot - h * 0.86),
                (x + side * h * 0.19, foot - h * 1.2),
                (x + side * h * 0.02, foot - h),
            ],
            tone,
        )
    c.line(
        [(x + h * 0.2, foot - h * 0.06), (x + h * 0.5, foot - h * 0.1), (x + h * 0.52, foot - h * 0.4)],
        h * 0.09,
        tone,
    )


def blocks(c: Canvas, p: Palette, dice: Random) -> None:
    """A town of cubes, seen from the corner."""
    c.fade([mix(p.second, p.paper, 0.5), mix(p.lead, p.paper, 0.35)])
    s = dice.choice([92.0, 112.0])
    n = 5
    top = c.h * 0.5 - n * s * 0.5 + s
    for total in range(2 * n - 1):
        for u in range(max(0, total - n + 1), min(total, n - 1) + 1):
            v = total - u
            x, y = c.w / 2 + (u - v) * s * 0.86, top + (u + v) * s * 0.5
            height = s * dice.choice([0.3, 0.3, 0.7, 1.1, 1.7, 2.4, 3.1])
            _block(c, dice, (x, y), s, height, dice.choice(p.colours), p)


def _block(c: Canvas, dice: Random, at: Point, s: float, h: float, tone: Colour, p: Palette) -> None:
    x, y = at
    w = s * 0.86
    roof = mix(tone, p.paper if sum(p.paper) > 380 else p.ink, 0.4)
    c.shape([(x - w, y - h), (x, y + s / 2 - h), (x, y + s / 2), (x - w, y)], tone)
    c.shape([(x + w, y - h), (x, y + s / 2 - h), (x, y + s / 2), (x + w, y)], mix(tone, (20, 16, 40), 0.4))
    c.shape([(x, y - s / 2 - h), (x + w, y - h), (x, y + s / 2 - h), (x - w, y - h)], roof)
    for level in range(int(h / (s * 0.42))):
        for k in (0.25, 0.6):
            if dice.random() < 0.7:
                px, py = x - w + w * k, y - h + s / 2 * k + s * (0.14 + 0.42 * level)
                c.shape(
                    [
                        (px, py),
                        (px + w * 0.17, py + s * 0.086),
                        (px + w * 0.17, py + s * 0.27),
                        (px, py + s * 0.185),
                    ],
                    mix(p.second, WHITE, 0.3),
                )


def orbits(c: Canvas, p: Palette, dice: Random, turn: float = 0.0) -> None:
    night = mix(p.ink, p.third, 0.12) if sum(p.ink) < sum(p.paper) else p.paper
    light = p.paper if sum(p.paper) > sum(p.ink) else p.ink
    c.fade([night, mix(night, p.third, 0.35)])
    for _ in range(170):
        c.disc(
            dice.uniform(0, c.w),
            dice.uniform(0, c.h),
            dice.choice([1.4, 1.8, 2.8]),
            (*light, dice.randint(60, 220)),
        )
    x, y = c.w * 0.5, c.h * 0.5
    c.glow(x, y, 420, p.second, 0.7)
    c.fade_disc(x, y, 112, [p.second, p.lead])
    for k in range(5):
        r = 190 + k * 88
        c.ring(x, y, r, 2.4, mix(night, light, 0.4))
        angle = dice.random() * math.tau + turn * math.tau * (3, 2, -2, 1, -1)[k]
        px, py, size = x + math.cos(angle) * r, y + math.sin(angle) * r, dice.uniform(20, 50)
        own = p.colours[(k + 1) % 4] if k != 2 else light
        if k == 3:
            c.line(
                [(px - size * 2, py + size * 0.6), (px + size * 2, py - size * 0.6)], 9, mix(own, light, 0.5)
            )
        c.fade_disc(px, py, size, [mix(own, light, 0.3), own, mix(own, night, 0.4)])


def cup(c: Canvas, p: Palette, dice: Random) -> None:
    c.rect(0, 0, c.w, c.h, mix(p.fourth, p.paper, 0.35))
    c.disc(c.w * 0.5, c.h * 0.42, 370, mix(p.second, p.paper, 0.2))
    table = c.h * 0.72
    c.rect(0, table, c.w, c.h, mix(p.lead, p.ink, 0.1))
    for k in range(9):
        c.rect(0, table + k * 50, c.w, 3, mix(p.lead, p.ink, 0.22))
    x, foot, w, h = c.w * 0.48, table + 90, 200.0, 290.0
    c.oval(x, foot + 8, w * 1.7, 50, mix(p.third, p.ink, 0.25))
    c.oval(x, foot - 4, w * 1.6, 44, p.third)
    body = outline([(w * 0.42, 0), (w * 0.7, h * 0.12), (w * 0.94, h * 0.5), (w, h)], x, foot)
    c.ring(x + w * 1.06, foot - h * 0.6, 98, 32, mix(p.paper, p.ink, 0.08))
    c.shape(body, p.paper if sum(p.paper) > 380 else p.ink)
    c.shape([*body[len(body) // 2 :], (x + w * 0.4, foot - h), (x + w * 0.3, foot)], (*p.ink, 26))
    c.oval(x, foot - h, w, 40, mix(p.paper, p.ink, 0.16))
    c.oval(x, foot - h + 6, w * 0.9, 30, mix(p.lead, (40, 20, 10), 0.6))
    for k, dx in enumerate((-80, 10, 95)):
        rise = [(x + dx + 30 * math.sin(t / 4 + k), foot - h - 70 - t * 11) for t in range(28 - 5 * (k % 2))]
        c.line(rise, 15, (*p.paper, 190))


def aquarium(c: Canvas, p: Palette, dice: Random) -> None:
    deep = mix(p.third, p.ink if sum(p.ink) < 380 else p.paper, 0.35)
    c.fade([mix(p.third, p.fourth, 0.45), p.third, deep])
    for k in range(5):
        c.shape(
            [
                (c.w * (0.1 + 0.2 * k), 0),
                (c.w * (0.2 + 0.2 * k), 0),
                (c.w * (0.05 + 0.22 * k), c.h),
                (c.w * (-0.12 + 0.22 * k), c.h),
            ],
            (255, 255, 255, 13),
        )
    for k in range(4):
        base = c.h * (0.84 + 0.05 * k)
        c.shape(
            wave(c.w, ripple(dice, base, 26, 1.4), c.h + 20), mix(mix(p.second, p.lead, 0.2 * k), deep, 0.25)
        )
    for _ in range(13):
        _stem(
            c,
            dice,
            dice.uniform(0, c.w),
            c.h + 10,
            c.h * dice.uniform(0.16, 0.4),
            mix(p.fourth, p.ink, dice.uniform(0.1, 0.6)),
            0,
        )
    for _ in range(dice.randint(8, 12)):
        _fish(
            c, dice, (c.w * dice.uniform(0.1, 0.9), c.h * dice.uniform(0.1, 0.72)), dice.uniform(46, 125), p
        )
    for _ in range(26):
        c.ring(
            dice.uniform(0, c.w), dice.uniform(0, c.h * 0.8), dice.uniform(5, 15), 2.5, (255, 255, 255, 120)
        )


def _fish(c: Canvas, dice: Random, at: Point, size: float, p: Palette) -> None:
    x, y = at
    way = dice.choice([-1, 1])
    tone, other = dice.sample([p.lead, p.second, p.paper, p.fourth], 2)
    c.shape(
        [
            (x - way * size * 0.8, y),
            (x - way * size * 1.5, y - size * 0.5),
            (x - way * size * 1.3, y),
            (x - way * size * 1.5, y + size * 0.5),
        ],
        other,
    )
    c.shape(
        [
            (x, y - size * 0.4),
            (x - way * size * 0.5, y - size * 0.75),
            (x - way * size * 0.6, y - size * 0.2),
        ],
        other,
    )
    c.oval(x, y, size, size * 0.52, tone)
    for k in (-0.35, 0.05):
        c.line(
            [
                (x + way * size * k, y - size * 0.44),
                (x + way * size * (k - 0.12), y),
                (x + way * size * k, y + size * 0.44),
            ],
            size * 0.11,
            other,
        )
    c.disc(x + way * size * 0.62, y - size * 0.1, size * 0.11, WHITE)
    c.disc(x + way * size * 0.65, y - size * 0.1, size * 0.06, (20, 20, 30))
