"""Faces that belong to nobody: an avatar is a few shapes in two or three inks."""

import math
from random import Random

from app.demo.art.canvas import Canvas
from app.demo.art.colours import Colour, Palette, mix
from app.demo.art.shapes import leaf

SKINS = ((246, 214, 189), (232, 184, 147), (201, 140, 98), (150, 96, 64), (101, 64, 46), (240, 200, 170))
HAIRS = (
    (38, 28, 32),
    (84, 50, 34),
    (158, 92, 44),
    (214, 164, 88),
    (92, 94, 110),
    (190, 70, 48),
    (54, 60, 104),
)


def portrait(c: Canvas, p: Palette, dice: Random) -> None:
    skin, hair = dice.choice(SKINS), dice.choice(HAIRS)
    ground, sun, shirt = dice.sample([p.lead, p.second, p.third, p.fourth], 3)
    c.fade([mix(ground, p.paper, 0.25), ground])
    c.disc(500, 440, 400, mix(sun, p.paper, 0.25))
    manner = dice.randrange(7)
    _behind(c, manner, hair)
    _body(c, dice, skin, shirt, p)
    c.oval(500, 430, 182, 222, skin)
    c.oval(318, 440, 30, 44, skin)
    c.oval(682, 440, 30, 44, skin)
    _hair(c, manner, hair)
    _face(c, dice, skin, hair, p)


def _body(c: Canvas, dice: Random, skin: Colour, shirt: Colour, p: Palette) -> None:
    c.rect(424, 560, 152, 190, mix(skin, (90, 40, 50), 0.18))
    c.oval(500, 1010, 380, 320, shirt)
    if dice.random() < 0.5:
        for k in range(3):
            c.arc(500, 1010, 310 - k * 50, (180, 360), 20, mix(shirt, p.paper, 0.55))
    c.slice(500, 706, 104, (0, 180), skin)


def _behind(c: Canvas, manner: int, hair: Colour) -> None:
    if manner in {0, 4}:
        c.soft_rect(276, 230, 448, 560, 200, hair)
    if manner == 2:
        for k in range(14):
            angle = math.pi * (0.9 + 1.2 * k / 13)
            c.disc(500 + math.cos(angle) * 215, 370 + math.sin(angle) * 215, 92, hair)
    if manner == 5:
        c.disc(500, 150, 108, hair)


def _hair(c: Canvas, manner: int, hair: Colour) -> None:
    match manner:
        case 0:
            c.slice(500, 400, 214, (180, 360), hair)
            c.shape(leaf((300, 400), 330, 170, -0.55, 0.5), hair)
        case 1:
            c.slice(500, 372, 200, (180, 360), hair)
            c.rect(302, 360, 396, 34, hair)
        case 2:
            c.slice(500, 352, 176, (185, 355), hair)
        case 3:
            for k in range(6):
                c.shape(leaf((320 + k * 66, 350), 190, 110, -1.9 + k * 0.16, 0.3), hair)
        case 4:
            c.slice(500, 402, 204, (180, 360), hair)
            c.shape([(298, 400), (702, 400), (690, 330), (310, 330)], hair)
        case 5:
            c.slice(500, 380, 196, (180, 360), hair)
        case _:
            c.soft_rect(290, 262, 420, 106, 50, hair)
            c.slice(500, 300, 182, (180, 360), hair)
            c.disc(500, 122, 30, mix(hair, (255, 255, 255), 0.6))
            c.rect(290, 322, 420, 46, mix(hair, (255, 255, 255), 0.25))


def _face(c: Canvas, dice: Random, skin: Colour, hair: Colour, p: Palette) -> None:
    dark = (36, 26, 34)
    shade = mix(skin, (120, 40, 50), 0.32)
    for x in (424, 576):
        if dice.random() < 0.12:
            c.arc(x, 436, 24, (200, 340), 8, dark)
        else:
            c.disc(x, 440, 15, dark)
        c.arc(x, 430, 46, (228, 312), 11, mix(hair, dark, 0.4))
        c.disc(x + (x - 500) * 0.5, 520, 36, (*mix(skin, (235, 80, 80), 0.5), 90))
    c.line([(500, 448), (484, 520), (510, 524)], 9, shade)
    if dice.random() < 0.75:
        c.arc(500, 548, 52, (25, 155), 11, mix(dark, (190, 40, 50), 0.6))
    else:
        c.slice(500, 566, 48, (0, 180), mix(dark, (200, 40, 50), 0.7))
        c.rect(462, 566, 76, 10, (255, 252, 246))
    if dice.random() < 0.3:
        frame = dice.choice([dark, p.lead, p.ink if sum(p.ink) < 380 else dark])
        for x in (424, 576):
            c.ring(x, 440, 66, 11, frame)
        c.line([(490, 432), (510, 432)], 11, frame)
    if dice.random() < 0.22:
        c.slice(500, 520, 182, (20, 160), mix(hair, skin, 0.1))
        c.oval(500, 540, 104, 60, skin)
        c.arc(500, 536, 48, (25, 155), 11, mix(dark, (190, 40, 50), 0.6))
    if dice.random() < 0.3:
        for x in (318, 682):
            c.disc(x, 506, 19, p.second)
