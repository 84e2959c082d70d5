"""Sun, moon, sea and hills."""

import math
from random import Random

from app.demo.art.canvas import Canvas
from app.demo.art.colours import Palette, mix
from app.demo.art.shapes import crescent, leaf, lower, ridge, ripple, wave

WHITE = (255, 255, 255)


def sunrise(c: Canvas, p: Palette, dice: Random) -> None:
    c.fade([mix(p.second, p.paper, 0.35), mix(p.paper, p.second, 0.12)])
    x, y, r = c.w * dice.uniform(0.3, 0.7), c.h * dice.uniform(0.36, 0.5), dice.uniform(230, 330)
    for k in range(4, 0, -1):
        c.disc(x, y, r * (1 + k * 0.2), (*mix(p.lead, p.second, 0.5), 26))
    c.fade_disc(x, y, r, [p.second, p.lead])
    sea = c.h * dice.uniform(0.56, 0.64)
    tones = [
        mix(p.third, p.paper, 0.45),
        mix(p.third, p.paper, 0.15),
        p.third,
        mix(p.third, p.ink, 0.4),
        mix(p.third, p.ink, 0.75),
    ]
    for k, tone in enumerate(tones):
        base = sea + k * (c.h - sea) / 5
        line = ripple(dice, base, 14 + k * 9, 0.8 + 0.3 * k)
        c.shape(wave(c.w, line, c.h + 20), tone)
        if k < 2:
            _glints(c, dice, x, base + 26, r * (0.9 - k * 0.25), p)


def _glints(c: Canvas, dice: Random, x: float, y: float, r: float, p: Palette) -> None:
    for row in range(3):
        width = r * dice.uniform(0.5, 1) * (1 - row * 0.2)
        c.soft_rect(
            x - width + dice.uniform(-30, 30), y + row * 22, width * 1.8, 7, 3, mix(p.second, p.paper, 0.3)
        )


def slit_sun(c: Canvas, p: Palette, dice: Random) -> None:
    """A sun behind blinds: half the album covers of one good decade."""
    night = mix(p.ink, p.third, 0.15) if sum(p.ink) < 380 else p.paper
    c.fade([night, mix(night, p.third, 0.55), mix(p.lead, night, 0.35)])
    x, y, r = c.w / 2, c.h * 0.46, 330.0
    c.glow(x, y, r * 2.1, p.lead, 0.55)
    c.fade_disc(x, y, r, [p.second, p.second, p.lead])
    for k in range(7):
        gap = 8 + k * 6.5
        c.rect(0, y - 10 + k * 52, c.w, gap, mix(mix(night, p.third, 0.5), p.lead, 0.1 + 0.04 * k))
    for k in range(3):
        line = ridge(dice, c.h * (0.78 + 0.08 * k), 130 - 20 * k, 3 + k)
        c.shape(wave(c.w, line, c.h + 20), mix(mix(p.third, night, 0.35), night, 0.35 * k + 0.15))


def ridges(c: Canvas, p: Palette, dice: Random) -> None:
    dark = p.ink if sum(p.ink) < sum(p.paper) else p.paper
    light = p.paper if dark is p.ink else p.ink
    far = mix(light, dice.choice([p.second, p.fourth]), 0.4)
    c.fade([mix(p.second, light, 0.15), far, mix(light, p.lead, 0.1)])
    x, y = c.w * dice.uniform(0.25, 0.75), c.h * dice.uniform(0.2, 0.34)
    c.glow(x, y, 520, light, 0.8)
    c.disc(x, y, dice.uniform(90, 150), dice.choice([p.lead, light, p.second]))
    tone, layers = dice.choice([p.third, p.lead]), 6
    for k in range(layers):
        depth = k / (layers - 1)
        line = ridge(dice, c.h * (0.5 + 0.09 * k), 260 - 20 * k, 2 + k % 3)
        own = mix(mix(far, tone, 0.3 + 0.6 * depth), dark, 0.75 * depth**1.6)
        c.fade_shape(wave(c.w, line, c.h + 20), [own, mix(own, far, 0.25 if k < layers - 1 else 0)])
    trees = c.h * 0.97
    for _ in range(46):
        _fir(
            c,
            dice.uniform(-20, c.w + 20),
            trees + dice.uniform(-10, 60),
            dice.uniform(70, 190),
            mix(dark, tone, 0.08),
        )


def _fir(c: Canvas, x: float, foot: float, h: float, tone: tuple[int, int, int]) -> None:
    for k in range(4):
        top, width = foot - h + k * h * 0.2, h * (0.13 + 0.07 * k)
        c.shape([(x, top), (x - width, top + h * 0.36), (x + width, top + h * 0.36)], tone)
    c.rect(x - h * 0.03, foot - h * 0.1, h * 0.06, h * 0.2, tone)


def moonlit(c: Canvas, p: Palette, dice: Random) -> None:
    night, light = (p.paper, p.ink) if sum(p.paper) < sum(p.ink) else (mix(p.ink, p.third, 0.2), p.paper)
    c.fade([night, mix(night, p.third, 0.6), mix(p.third, light, 0.35)])
    for _ in range(150):
        size = dice.choice([1.5, 1.5, 2.2, 3.2])
        c.disc(dice.uniform(0, c.w), dice.uniform(0, c.h * 0.6), size, (*light, dice.randint(90, 230)))
    x, y, r = c.w * dice.uniform(0.3, 0.7), c.h * dice.uniform(0.24, 0.34), dice.uniform(130, 190)
    c.glow(x, y, r * 3, p.second, 0.4)
    moon = mix(light, p.second, 0.25)
    if dice.random() < 0.6:
        c.shape(crescent(x, y, r), moon)
    else:
        c.disc(x, y, r, moon)
    for k in range(5):
        line = ripple(dice, c.h * (0.62 + 0.08 * k), 60 - 6 * k, 0.7 + k * 0.2)
        own = mix(mix(p.third, light, 0.2 - 0.04 * k), night, 0.2 + 0.18 * k)
        c.fade_shape(wave(c.w, line, c.h + 20), [own, mix(own, night, 0.5)])
    _house(c, c.w * dice.uniform(0.55, 0.8), c.h * 0.83, mix(night, (0, 0, 0), 0.25), p.second)


def _house(c: Canvas, x: float, foot: float, wall: tuple[int, int, int], light: tuple[int, int, int]) -> None:
    c.rect(x - 70, foot - 90, 140, 110, wall)
    c.shape([(x - 95, foot - 88), (x, foot - 165), (x + 95, foot - 88)], wall)
    c.rect(x + 28, foot - 170, 22, 70, wall)
    c.glow(x - 22, foot - 45, 130, light, 0.5)
    c.rect(x - 42, foot - 66, 36, 42, light)
    c.rect(x + 12, foot - 66, 36, 42, light)


def seigaiha(c: Canvas, p: Palette, dice: Random) -> None:
    """The sea as scales, under a large sun."""
    c.fade([mix(p.paper, p.second, 0.5), p.paper])
    c.disc(c.w * dice.choice([0.3, 0.5, 0.7]), c.h * 0.36, 270, p.lead)
    r = dice.choice([84.0, 104.0, 126.0])
    rows = math.ceil((c.h * 0.5) / (r / 2)) + 2
    for row in range(rows):
        y = c.h * 0.54 + row * r / 2
        deep = row / rows
        for col in range(-1, math.ceil(c.w / (2 * r)) + 1):
            x = col * 2 * r + (r if row % 2 else 0)
            for k, share in enumerate((1.0, 0.78, 0.56, 0.34)):
                tone = (
                    mix(p.third, p.ink, deep * 0.7)
                    if k % 2 == 0
                    else mix(p.paper, p.fourth, 0.25 + 0.3 * deep)
                )
                c.disc(x, y + r, r * share, tone)


def desert(c: Canvas, p: Palette, dice: Random) -> None:
    c.fade([mix(p.third, p.paper, 0.5), mix(p.second, p.paper, 0.3), mix(p.lead, p.paper, 0.4)])
    x = c.w * dice.uniform(0.3, 0.7)
    c.disc(x, c.h * 0.34, 170, mix(p.paper, WHITE, 0.3))
    tones = [mix(p.lead, p.paper, 0.35), p.lead, mix(p.lead, p.ink, 0.3), mix(p.lead, p.ink, 0.6)]
    for k, tone in enumerate(tones):
        line = ripple(dice, c.h * (0.52 + 0.13 * k), 70, 0.55 + 0.12 * k)
        shade = ripple(dice, c.h * (0.58 + 0.13 * k), 80, 0.7)
        c.shape(wave(c.w, line, c.h + 20), tone)
        c.shape(wave(c.w, lower(line, shade), c.h + 20), mix(tone, p.ink, 0.14))
    for _ in range(dice.randint(2, 4)):
        _cactus(
            c,
            dice.uniform(0.1, 0.9) * c.w,
            c.h * dice.uniform(0.72, 0.95),
            dice.uniform(0.6, 1.1),
            mix(p.ink, p.third, 0.4),
        )


def _cactus(c: Canvas, x: float, foot: float, size: float, tone: tuple[int, int, int]) -> None:
    w, h = 46 * size, 260 * size
    c.soft_rect(x - w / 2, foot - h, w, h, w / 2, tone)
    for side, up in ((-1, 0.55), (1, 0.7)):
        reach, arm = side * w * 1.5, w * 0.7
        c.soft_rect(min(x, x + reach) - arm / 2, foot - h * up, abs(reach) + arm, arm, arm / 2, tone)
        c.soft_rect(x + reach - arm / 2, foot - h * (up + 0.28), arm, h * 0.3, arm / 2, tone)


def flight(c: Canvas, p: Palette, dice: Random) -> None:
    """Birds before a sun."""
    c.fade([p.paper, mix(p.paper, p.second, 0.45)])
    x, y = c.w / 2, c.h * 0.44
    c.disc(x, y, 340, mix(p.lead, p.paper, 0.06))
    c.disc(x, y, 250, mix(p.lead, p.second, 0.35))
    c.disc(x, y, 160, mix(p.second, p.paper, 0.2))
    for k in range(3):
        line = ripple(dice, c.h * (0.8 + 0.07 * k), 24, 1.1)
        c.shape(wave(c.w, line, c.h + 20), mix(p.third, p.ink, 0.35 * k))
    for _ in range(dice.randint(7, 11)):
        _bird(
            c,
            x + dice.uniform(-380, 380),
            y + dice.uniform(-330, 260),
            dice.uniform(46, 120),
            dice.uniform(-0.35, 0.1),
            p.ink if sum(p.ink) < 380 else p.paper,
        )


def _bird(c: Canvas, x: float, y: float, size: float, tilt: float, tone: tuple[int, int, int]) -> None:
    c.shape(leaf((x, y), size, size * 0.24, tilt - 0.5, 0.6), tone)
    c.shape(leaf((x, y), size, size * 0.24, math.pi + tilt + 0.6, -0.6), tone)
    c.shape(leaf((x - size * 0.1, y - size * 0.08), size * 0.5, size * 0.16, tilt + math.pi / 2.2, 0), tone)
