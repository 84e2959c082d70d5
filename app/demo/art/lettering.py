"""Posters that are read: big words, cropped and set with shapes."""

import math
from random import Random

from app.demo.art.canvas import Canvas
from app.demo.art.colours import Colour, Palette, mix

SHORT_WORDS = (
    "open",
    "slow",
    "again",
    "hello",
    "stay",
    "more",
    "light",
    "listen",
    "yes",
    "now",
    "home",
    "try",
)


def stacked(c: Canvas, p: Palette, dice: Random, words: str = "") -> None:
    """Every line as wide as the sheet allows."""
    ground, type_ = _contrast(p, dice)
    c.rect(0, 0, c.w, c.h, ground)
    lines = _lines(words or dice.choice(SHORT_WORDS))
    sizes = [min(c.w * 0.86 / c.text_width(line, 100) * 100, c.h * 0.26) for line in lines]
    high = 0.84 * sum(sizes)
    if high > c.h * 0.6:
        sizes = [size * c.h * 0.6 / high for size in sizes]
        high = c.h * 0.6
    y = c.h - 50 - high
    _ornament(c, p, dice, y, (ground, type_))
    for line, size in zip(lines, sizes, strict=True):
        y += size * 0.84
        c.text((c.w * 0.066, y - size * 0.1), line, size, type_)


def letter(c: Canvas, p: Palette, dice: Random, words: str = "") -> None:
    """One sign, larger than the sheet."""
    ground, type_ = _contrast(p, dice)
    c.rect(0, 0, c.w, c.h, ground)
    sign = dice.choice("abegkqrsßæçñø&?!2358")
    r = c.w * 0.36
    c.disc(c.w * dice.uniform(0.2, 0.8), c.h * dice.uniform(0.25, 0.7), r, _between(p, ground, type_))
    c.text((c.w / 2, c.h / 2), sign, 1180, type_, anchor="mm")
    c.rect(0, c.h - 118, c.w, 118, type_)
    c.text((46, c.h - 42), words.partition(",")[0][:34].lower(), 50, ground, text_font=True)


def echo(c: Canvas, p: Palette, dice: Random, words: str = "") -> None:
    """A word that is said again and again, in other colours."""
    dark = p.ink if sum(p.ink) < sum(p.paper) else p.paper
    c.rect(0, 0, c.w, c.h, dark)
    word = min((words or "echo").split(), key=lambda one: abs(len(one) - 6)).strip(".,:!?").upper()
    size = min(c.w * 0.88 / c.text_width(word, 100) * 100, 420.0)
    step = size * 0.78
    tones = [p.lead, p.second, p.third, p.fourth, p.paper if dark is p.ink else p.ink]
    rows = math.ceil(c.h / step) + 1
    for row in range(rows):
        c.text(
            (c.w / 2, (row + 0.4) * step),
            word,
            size,
            mix(tones[row % 5], dark, 0.0 if row % 2 else 0.12),
            anchor="mm",
        )


def _ornament(c: Canvas, p: Palette, dice: Random, room: float, taken: tuple[Colour, Colour]) -> None:
    """In the room above the words."""
    ground, type_ = taken
    tones = [tone for tone in p.colours if _apart(tone, ground) > 90]
    tones = tones or [mix(ground, type_, 0.25), mix(ground, type_, 0.5)]
    dice.shuffle(tones)
    y, r = room * 0.52, min(c.w * 0.42, room * 0.44)
    match dice.randrange(4):
        case 0:
            for k in range(5):
                c.disc(c.w * 0.94 - r, y, r * (1 - 0.19 * k), tones[k % len(tones)] if k % 2 == 0 else ground)
        case 1:
            for k in range(12):
                c.slice(c.w * 0.5, y, r, (k * 30.0, k * 30.0 + 15), tones[0])
            c.disc(c.w * 0.5, y, r * 0.4, tones[-1])
        case 2:
            half = c.w * 0.86 / 8
            for k in range(4):
                x = c.w * 0.07 + half * (2 * k + 1)
                c.slice(x, y - 4, half, (180, 360), tones[k % len(tones)])
                c.slice(x, y + 4, half, (0, 180), tones[(k + 1) % len(tones)])
        case _:
            for k in range(6):
                c.arc(
                    c.w * 0.5,
                    room * 0.9,
                    room * 0.86 * (1 - k * 0.15),
                    (180, 360),
                    room * 0.075,
                    tones[k % len(tones)],
                )


def _between(p: Palette, ground: Colour, type_: Colour) -> Colour:
    """The colour that is farthest from both."""
    return max(p.colours, key=lambda tone: min(_apart(tone, ground), _apart(tone, type_)))


def _apart(one: Colour, other: Colour) -> int:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True))


def _contrast(p: Palette, dice: Random) -> tuple[Colour, Colour]:
    """Two that are read on each other."""
    dark, light = (p.ink, p.paper) if sum(p.ink) < sum(p.paper) else (p.paper, p.ink)
    return dice.choice(
        [(light, dark), (dark, light), (mix(p.second, light, 0.1), dark), (mix(p.lead, dark, 0.1), light)]
    )


def _lines(words: str) -> list[str]:
    """Three or four lines of about the same length; only what the poster's letters can show."""
    shown = "".join(sign for sign in words.lower() if sign.isascii() or sign in "äöüéèñçåøæß").split()
    wanted = max(1, min(4, len(shown)))
    target = sum(map(len, shown)) / wanted
    lines: list[str] = []
    for word in shown[:9]:
        if lines and (len(lines[-1]) + len(word) / 2 <= target or len(lines) == wanted):
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines or ["·"]
