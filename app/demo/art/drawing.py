"""Which motif, in which palette, on which sheet."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from PIL import Image

from app.demo.art import colours, landscapes, lettering, portraits, prints, things
from app.demo.art.canvas import Canvas
from app.demo.art.colours import Palette
from app.demo.art.formats import UPRIGHT, Size

Motif = Callable[[Canvas, Palette, Random], None]

MOTIFS: dict[str, Motif] = {
    motif.__name__: motif
    for motif in (
        landscapes.sunrise, landscapes.slit_sun, landscapes.ridges, landscapes.moonlit,
        landscapes.seigaiha, landscapes.desert, landscapes.flight, prints.tiles, prints.quilt,
        prints.rainbow, prints.stripes, prints.overprint, prints.halftone, prints.cutouts, prints.signals,
        prints.contours, prints.weave, things.vases, things.leaves, things.record, things.citrus,
        things.windows, things.blocks, things.orbits, things.cup, things.aquarium, portraits.portrait,
    )
}  # fmt: skip
WORDY: dict[str, Callable[[Canvas, Palette, Random, str], None]] = {
    "stacked": lettering.stacked,
    "letter": lettering.letter,
    "echo": lettering.echo,
}
BEST_BY_NIGHT = {"moonlit", "orbits", "signals", "slit_sun", "windows"}
BY_DAY_ONLY = {
    "portrait", "vases", "cup", "citrus", "leaves", "overprint", "flight", "desert", "rainbow", "stripes",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Picture:
    """All that a picture is made of; cheap to hand to another process."""

    motif: str
    seed: str
    size: Size = UPRIGHT
    words: str = ""


def draw(picture: Picture) -> Image.Image:
    dice = Random(picture.seed)  # noqa: S311 - the same seed, the same picture
    palette = _palette(picture.motif, dice)
    canvas = Canvas(picture.size, palette.paper)
    if picture.motif in WORDY:
        WORDY[picture.motif](canvas, palette, dice, picture.words)
    else:
        MOTIFS[picture.motif](canvas, palette, dice)
    return canvas.finished()


def _palette(motif: str, dice: Random) -> Palette:
    if motif in BY_DAY_ONLY:
        return dice.choice(colours.BY_DAY)
    return dice.choice(colours.BY_NIGHT if motif in BEST_BY_NIGHT and dice.random() < 0.6 else colours.ALL)


@dataclass(frozen=True, slots=True)
class Loop:
    """A short film that ends where it began."""

    motif: str
    seed: str
    size: Size = (480, 600)
    seconds: int = 4
    frames_a_second: int = 12


def frames(loop: Loop) -> list[Image.Image]:
    palette = Random(loop.seed).choice(colours.BY_NIGHT)  # noqa: S311
    count = loop.seconds * loop.frames_a_second
    return [_frame(loop, palette, at / count) for at in range(count)]


def _frame(loop: Loop, palette: Palette, at: float) -> Image.Image:
    canvas = Canvas(loop.size, palette.paper)
    dice = Random(loop.seed)  # noqa: S311
    if loop.motif == "record":
        things.record(canvas, palette, dice, turn=at * 360)
    elif loop.motif == "orbits":
        things.orbits(canvas, palette, dice, turn=at)
    else:
        _swell(canvas, palette, at)
    return canvas.finished()


def _swell(c: Canvas, p: Palette, at: float) -> None:
    """Waves that roll while the sun breathes."""
    c.fade([p.fourth, p.third, p.lead])
    y = c.h * 0.42
    c.glow(c.w / 2, y, 460 + 30 * math.sin(at * math.tau), p.second, 0.6)
    c.fade_disc(c.w / 2, y, 230, [p.second, p.lead])
    for k in range(7):
        base, tone = c.h * (0.52 + 0.075 * k), colours.mix(p.lead, p.paper, 0.25 + 0.1 * k)
        turns = 1 + k % 2
        line = [
            (
                c.w * step / 80,
                base
                + (16 + 5 * k) * math.sin(math.tau * (turns * step / 80 + (-at if k % 2 else at)) + k * 1.7),
            )
            for step in range(81)
        ]
        c.shape([*line, (c.w, c.h), (0, c.h)], tone)
