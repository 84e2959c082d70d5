"""Patterns and pure geometry, as they hang over sofas."""

import math
from random import Random

from app.demo.art.canvas import Canvas
from app.demo.art.colours import Colour, Palette, mix
from app.demo.art.shapes import blob, leaf, ripple, turned, wave


def tiles(c: Canvas, p: Palette, dice: Random) -> None:
    """Quarter circles, arcs and dots on a grid."""
    across = dice.choice([3, 4, 5])
    side = c.w / across
    tones = [*p.colours, p.paper, p.ink]
    for row in range(math.ceil(c.h / side)):
        for col in range(across):
            ground, shape, third = dice.sample(tones, 3)
            _tile(c, dice, col * side, row * side, side, (ground, shape, third))


def _tile(
    c: Canvas, dice: Random, x: float, y: float, side: float, tones: tuple[Colour, Colour, Colour]
) -> None:
    ground, shape, third = tones
    c.rect(x, y, side, side, ground)
    corner = dice.randrange(4)
    cx, cy = x + side * (corner in {1, 2}), y + side * (corner in {2, 3})
    angles = (corner * 90.0, corner * 90.0 + 90)
    match dice.randrange(6):
        case 0:
            c.slice(cx, cy, side, angles, shape)
        case 1:
            for share, tone in ((1, shape), (0.66, ground), (0.33, third)):
                c.slice(cx, cy, side * share, angles, tone)
        case 2:
            c.disc(x + side / 2, y + side / 2, side * 0.36, shape)
            c.disc(x + side / 2, y + side / 2, side * 0.15, third)
        case 3:
            c.slice(x + side / 2, y, side / 2, (0, 180), shape)
            c.slice(x + side / 2, y + side / 2, side / 2, (0, 180), third)
        case 4:
            for k in range(4):
                c.rect(x, y + k * side / 4, side, side / 8, shape)
        case _:
            c.shape([(x, y), (x + side, y), (x, y + side)], shape)
            c.slice(x + side, y + side, side / 2, (180, 270), third)


def quilt(c: Canvas, p: Palette, dice: Random) -> None:
    """Stars of triangles, sewn with the seams showing."""
    across = dice.choice([2, 3])
    side = c.w / across
    two = [dice.sample(p.colours, 3) for _ in range(2)]
    for row in range(math.ceil(c.h / side)):
        for col in range(across):
            a, b, d = two[(row + col) % 2]
            _star(c, col * side, row * side, side / 4, (p.paper, a, b, d))
    seam = (*p.paper, 90)
    for k in range(1, math.ceil(c.h / side * 4)):
        c.line([(0, k * side / 4), (c.w, k * side / 4)], 1.5, seam)
    for k in range(1, across * 4):
        c.line([(k * side / 4, 0), (k * side / 4, c.h)], 1.5, seam)


def _star(c: Canvas, x: float, y: float, s: float, tones: tuple[Colour, ...]) -> None:
    paper, a, b, d = tones
    c.rect(x, y, 4 * s, 4 * s, paper)
    mx, my = x + 2 * s, y + 2 * s
    for turn in range(4):

        def at(u: float, v: float, turn: int = turn) -> tuple[float, float]:
            for _ in range(turn):
                u, v = -v, u
            return mx + u * s, my + v * s

        c.shape([at(0, 0), at(0, -1), at(1, -1), at(1, 0)], a if turn % 2 else mix(a, paper, 0.25))
        c.shape([at(-1, -1), at(0, -1), at(-1, -2)], b)
        c.shape([at(1, -1), at(0, -1), at(1, -2)], b)
        c.shape([at(0, -1), at(-1, -2), at(1, -2)], mix(b, paper, 0.6))
        c.shape([at(1, -2), at(2, -2), at(2, -1), at(1, -1)], d)


def rainbow(c: Canvas, p: Palette, dice: Random) -> None:
    """Nested arches, warm as a record sleeve."""
    c.rect(0, 0, c.w, c.h, p.paper)
    x, foot = c.w * dice.choice([0.36, 0.5, 0.64]), c.h * dice.uniform(0.82, 1.02)
    band = dice.uniform(62, 84)
    tones = [p.lead, p.second, p.third, p.fourth, mix(p.lead, p.ink, 0.35)]
    reach = 6
    for k in range(reach):
        c.arch(x, foot, 2 * band * (reach - k), band * (reach - k) + c.h * 0.32, tones[k % 5])
    c.arch(x, foot, band * 1.1, band * 0.5 + c.h * 0.32, p.paper)
    c.disc(x, foot - c.h * 0.24, band * 0.42, p.lead)
    c.rect(0, foot, c.w, c.h, mix(p.ink, p.third, 0.2))


def stripes(c: Canvas, p: Palette, dice: Random) -> None:
    """Lanes that swing round a corner."""
    c.rect(0, 0, c.w, c.h, p.paper)
    tones = [p.lead, p.second, p.third, p.fourth]
    width = dice.uniform(48, 66)
    x, y = c.w * dice.uniform(0.5, 0.62), c.h * dice.uniform(0.42, 0.56)
    mirror = dice.random() < 0.5
    for k in range(7):
        r = 130 + (6 - k) * width
        tone = tones[k % 4]
        c.slice(x, y, r, (180, 270), tone)
        c.rect(x, y - r, c.w, width, tone)
        c.rect(x - r, y, width, c.h, tone)
        c.slice(x, y, r - width + 1, (180, 270), p.paper)
    c.disc(x + (150 if mirror else 190), y + 190, 128, p.lead)
    c.rect(0, c.h - 26, c.w, 26, p.ink)


def overprint(c: Canvas, p: Palette, dice: Random) -> None:
    """Three inks, slightly out of register, darker where they meet."""
    paper = p.paper if sum(p.paper) > sum(p.ink) else p.ink
    c.rect(0, 0, c.w, c.h, mix(paper, (255, 255, 255), 0.4))
    inks = p.shuffled(dice)[:3]
    for k, ink in enumerate(inks):
        sheet = c.sheet()
        angle = dice.random() * math.tau + k * 2.1
        x, y = c.w / 2 + math.cos(angle) * 150, c.h / 2 + math.sin(angle) * 190
        bright = mix(ink, (255, 255, 255), 0.12)
        match dice.randrange(4):
            case 0:
                sheet.disc(x, y, 320, bright)
            case 1:
                sheet.shape(blob(dice, x, y, 300), bright)
            case 2:
                dots(sheet, (x, y), 380, bright, dice.choice([26.0, 32.0]))
            case _:
                sheet.shape(turned(x, y, 350, dice.choice([3, 4, 6]), dice.random() * 2), bright)
        c.print_over(sheet)
    c.rect(60, c.h - 66, c.w - 120, 6, mix(inks[0], (0, 0, 0), 0.5))


def dots(c: Canvas, at: tuple[float, float], r: float, paint: Colour, step: float) -> None:
    """A ball in halftone, lit from the upper left."""
    turn = math.radians(22)
    reach = math.ceil(r / step)
    for row in range(-reach, reach + 1):
        for col in range(-reach, reach + 1):
            u = (col * math.cos(turn) - row * math.sin(turn)) * step
            v = (col * math.sin(turn) + row * math.cos(turn)) * step
            far = math.hypot(u, v) / r
            if far < 1:
                shade = math.hypot(u / r + 0.45, v / r + 0.45) / 1.6
                c.disc(at[0] + u, at[1] + v, step * 0.68 * min(1, 0.12 + shade), paint)


def halftone(c: Canvas, p: Palette, dice: Random) -> None:
    """A planet in dots over a slope of colour."""
    dark = p.ink if sum(p.ink) < sum(p.paper) else p.paper
    c.fade([p.second, mix(p.second, p.lead, 0.6), p.lead])
    r = dice.uniform(300, 360)
    x, y = c.w * dice.uniform(0.42, 0.58), c.h * dice.uniform(0.4, 0.5)
    c.disc(x, y, r, mix(p.paper if dark is p.ink else p.ink, p.second, 0.15))
    dots(c, (x, y), r, dark, dice.choice([22.0, 28.0]))
    line = ripple(dice, c.h * 0.8, 40, 0.9)
    c.shape(wave(c.w, line, c.h + 20), dark)
    line = ripple(dice, c.h * 0.88, 30, 1.2)
    c.shape(wave(c.w, line, c.h + 20), p.third)


def cutouts(c: Canvas, p: Palette, dice: Random) -> None:
    """Paper, scissors, glue."""
    across, down = (2, 3) if c.h > c.w else (3, 2)
    w, h = c.w / across, c.h / down
    for row in range(down):
        for col in range(across):
            ground, shape = dice.sample([*p.colours, p.paper, p.ink], 2)
            x, y = col * w, row * h
            c.rect(x, y, w, h, ground)
            if dice.random() < 0.5:
                c.shape(blob(dice, x + w / 2, y + h / 2, min(w, h) * 0.33, 6, 0.25), shape)
            else:
                _frond(c, dice, x + w / 2, y + h * 0.9, h * 0.78, shape)


def _frond(c: Canvas, dice: Random, x: float, foot: float, h: float, tone: Colour) -> None:
    """The seaweed that every paper cutter cuts."""
    lean = dice.uniform(-0.15, 0.15)
    c.shape(leaf((x, foot), h, h * 0.1, -math.pi / 2 + lean), tone)
    for k in range(1, 6):
        at = (x + math.sin(lean) * h * k / 6.6, foot - h * k / 6.6)
        length = h * 0.46 * math.sin(math.pi * (k + 1.4) / 7.6)
        for side in (-1, 1):
            c.shape(leaf(at, length, h * 0.1, -math.pi / 2 + side * 1.15, side * -0.5), tone)


def signals(c: Canvas, p: Palette, dice: Random) -> None:
    """Lines of one long sound, each hiding what is behind it."""
    dark, light = (p.ink, p.paper) if sum(p.ink) < sum(p.paper) else (p.paper, p.ink)
    c.rect(0, 0, c.w, c.h, dark)
    rows = 34
    centre = dice.uniform(0.4, 0.6)
    for row in range(rows):
        base = c.h * (0.2 + 0.62 * row / rows)
        parts = [(dice.uniform(0.2, 1), dice.uniform(4, 15), dice.random() * math.tau) for _ in range(4)]

        def height(t: float, base: float = base, parts: list[tuple[float, float, float]] = parts) -> float:
            hill = math.exp(-(((t - centre) / 0.17) ** 2))
            return (
                base
                - hill * 46 * abs(sum(s * math.sin(f * t * 6 + o) for s, f, o in parts))
                - 2 * math.sin(60 * t)
            )

        left, right = c.w * 0.12, c.w * 0.88
        line = [(left + (right - left) * k / 150, height(k / 150)) for k in range(151)]
        c.shape([*line, (right, base + 40), (left, base + 40)], dark)
        c.line(
            line,
            3.6,
            mix(light, mix(p.lead, p.second, row / rows), 0.85 * abs(math.sin(row / rows * math.pi))),
        )


def contours(c: Canvas, p: Palette, dice: Random) -> None:
    """Rings of a tree, or of a hill on a map."""
    c.rect(0, 0, c.w, c.h, p.paper)
    tones = [
        p.lead,
        mix(p.lead, p.paper, 0.3),
        p.second,
        mix(p.second, p.paper, 0.4),
        p.fourth,
        mix(p.third, p.paper, 0.3),
        p.third,
    ]
    x, y = c.w * dice.uniform(0.35, 0.65), c.h * dice.uniform(0.4, 0.6)
    parts = [(dice.uniform(0.02, 0.075), k, dice.random() * math.tau) for k in range(2, 7)]
    rings = 13
    for k in range(rings):
        r = 780 * (1 - k / rings) ** 1.15 + 20
        swing = [(s * (1.3 - k / rings), f, o + k * 0.11) for s, f, o in parts]
        c.shape(
            [
                (
                    x + math.cos(a) * r * (1 + sum(s * math.sin(f * a + o) for s, f, o in swing)),
                    y + math.sin(a) * r * 1.08 * (1 + sum(s * math.sin(f * a + o) for s, f, o in swing)),
                )
                for a in (step / 110 * math.tau for step in range(110))
            ],
            tones[k % len(tones)] if k % 2 else mix(tones[k % len(tones)], p.ink, 0.12),
        )


def weave(c: Canvas, p: Palette, dice: Random) -> None:
    """Warp over weft under warp."""
    c.rect(0, 0, c.w, c.h, mix(p.ink, p.third, 0.2))
    n = dice.choice([7, 9, 11])
    step = c.w / n
    width = step * 0.86
    down = math.ceil(c.h / step)
    warp = [dice.choice(p.colours) for _ in range(n)]
    weft = [dice.choice([p.paper, p.second, mix(p.lead, p.paper, 0.4)]) for _ in range(down)]
    for col, tone in enumerate(warp):
        c.rect(col * step + step * 0.07, 0, width, c.h, tone)
    float_over = dice.choice([2, 2, 3])
    for row, tone in enumerate(weft):
        for col in range(n):
            if (row + col) % float_over == 0:
                x, y = col * step, row * step
                c.soft_rect(x - step * 0.1, y + step * 0.07, step * 1.2, width, step * 0.12, tone)
                c.rect(x - step * 0.1, y + width - step * 0.02, step * 1.2, step * 0.05, (0, 0, 0, 40))
