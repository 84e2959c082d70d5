"""Draws what is shown of a page where its link is shared. Workers import it, web processes never.

The fonts of the house know Latin letters. A text in another script is left out rather than drawn in boxes;
a letter with a mark that they lack stands without it.
"""

import io
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import IO

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont, ImageOps

from app.platform.share_cards import ShareCard

Fetch = Callable[[str], IO[bytes]]
Font = ImageFont.FreeTypeFont
Color = tuple[int, int, int]

WIDTH, HEIGHT, EDGE, QUALITY = 1200, 630, 72, 88
COLUMN = 530
# Curves are drawn larger and scaled down, so that they have no steps.
FINE = 3
# Somebody's picture is one of our renditions; nothing larger is opened.
PIXELS_MOST = 8_000_000
DISPLAY, TEXT = "bricolage-grotesque-5.3.0.woff2", "instrument-sans-5.3.0.woff2"

NIGHT, CREAM, SOFT, SUN = (14, 13, 22), (244, 240, 230), (176, 170, 186), (255, 218, 124)
GLOW: Sequence[Color] = ((242, 179, 61), (228, 87, 46), (139, 47, 168))
# The light of each of the twelve hues that people choose from: as in the stylesheet.
HUES: Sequence[tuple[Color, Color]] = (
    ((255, 185, 117), (191, 79, 52)), ((244, 194, 106), (185, 88, 0)), ((100, 228, 202), (21, 143, 68)),
    ((86, 227, 225), (0, 146, 98)), ((91, 223, 250), (0, 146, 133)), ((125, 213, 255), (0, 140, 170)),
    ((169, 200, 255), (0, 128, 198)), ((205, 188, 255), (75, 114, 207)), ((230, 179, 255), (112, 103, 203)),
    ((254, 172, 230), (146, 90, 184)), ((255, 169, 188), (175, 78, 147)), ((255, 175, 142), (190, 74, 95)),
)  # fmt: skip


def draw(card: ShareCard, site_name: str, fonts: Path, fetch: Fetch) -> bytes:
    """A JPEG."""
    sheet = _sheet()
    picture = _open(card.picture, fetch)
    face = _open(card.avatar, fetch)
    if picture:
        _paste(sheet, picture, (460, 518), (WIDTH - 56 - 460, 56), radius=32)
    else:
        _window(sheet, face or _light(card, fonts))
    _brand(sheet, site_name, fonts)
    _words(sheet, card, fonts, face if picture else None)
    made = io.BytesIO()
    sheet.save(made, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return made.getvalue()


def legible(text: str, font: Font) -> str:
    """What of it can be drawn; nothing when letters would be missing."""
    kept = []
    for sign in unicodedata.normalize("NFC", text):
        shown = next((way for way in (sign, _bare(sign)) if way and _has(font, way)), "")
        if not shown and unicodedata.category(sign)[0] in "LNM":
            return ""
        kept.append(shown)
    return " ".join("".join(kept).split())


# ---- the sheet


def _sheet() -> Image.Image:
    sheet = Image.new("RGB", (WIDTH, HEIGHT), NIGHT)
    warmth = Image.new("L", (WIDTH // 8, HEIGHT // 8))
    ImageDraw.Draw(warmth).ellipse((66, 34, 164, 132), fill=90)
    mask = warmth.filter(ImageFilter.GaussianBlur(14)).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    sheet.paste(GLOW[1], mask=mask)
    return sheet


def _window(sheet: Image.Image, face: Image.Image) -> None:
    """Their picture in the middle of the window."""
    centre, radius = (892, 352), 268
    box = 2 * radius
    rays = _rays(radius, inner=(0.66, 0.62), outer=0.98, panes=18)
    sheet.paste(_glow(box, box), (centre[0] - radius, centre[1] - radius), rays)
    size = round(radius * 1.16)
    _paste(sheet, face, (size, size), (centre[0] - size // 2, centre[1] - size // 2), radius=size // 2)


def _brand(sheet: Image.Image, site_name: str, fonts: Path) -> None:
    width = 76
    mark = _rays(width // 2, inner=(0.54, 0.41), outer=1.0, panes=4, half=True)
    sheet.paste(_glow(width, width), (EDGE, EDGE - 6), mask=mark)
    font = _font(fonts / DISPLAY, 36, 750)
    name = legible(site_name, font)
    ImageDraw.Draw(sheet).text((EDGE + width + 16, EDGE + 34), name, CREAM, font, anchor="ls")


def _words(sheet: Image.Image, card: ShareCard, fonts: Path, face: Image.Image | None) -> None:
    pen = ImageDraw.Draw(sheet)
    foot = HEIGHT - EDGE
    text, strong = _font(fonts / TEXT, 32, 450), _font(fonts / TEXT, 30, 600)
    name = legible(card.name, strong)
    signed = f"{name}  @{card.handle}" if name and card.title != card.name else f"@{card.handle}"
    left = EDGE
    if face:
        _paste(sheet, face, (56, 56), (left, foot - 40), radius=28)
        left += 72
    title, font = _title(card, fonts)
    if title != [signed]:
        pen.text((left, foot), _cut(signed, strong, COLUMN + EDGE - left), SOFT, strong, anchor="ls")
    top = EDGE + 90
    for line in title:
        pen.text((EDGE, top + font.size), line, CREAM, font, anchor="ls")
        top += round(font.size * 1.1)
    top += 22
    for line in _wrapped(legible(card.line, text), text, max(0, min(3, int((foot - 64 - top) // 42)))):
        pen.text((EDGE, top + 32), line, SOFT, text, anchor="ls")
        top += 42


def _title(card: ShareCard, fonts: Path) -> tuple[list[str], Font]:
    """As large as four lines allow."""
    known = _font(fonts / DISPLAY, 48, 720)
    said = legible(card.title, known) or legible(card.name, known) or f"@{card.handle}"
    for size, lines in ((84, 2), (68, 3), (56, 4)):
        font = _font(fonts / DISPLAY, size, 720)
        if _fits(_wrapped(said, font, lines + 1), font, lines):
            return _wrapped(said, font, lines), font
    return _wrapped(said, font, lines), font


def _fits(lines: Sequence[str], font: Font, at_most: int) -> bool:
    return len(lines) <= at_most and all(font.getlength(line) <= COLUMN for line in lines)


# ---- shapes


def _rays(
    radius: int, *, inner: tuple[float, float], outer: float, panes: int, half: bool = False
) -> Image.Image:
    """The mask of a window: panes around, and a half or a whole disc in the middle."""
    big = radius * FINE
    mask = Image.new("L", (2 * big, 2 * big))
    pen = ImageDraw.Draw(mask)
    first, turn = (180, 180 / panes) if half else (0, 360 / panes)
    gap = 3.4 if half else 1.3
    for pane in range(panes):
        begin = first + pane * turn
        pen.pieslice(_around(big, outer), begin + gap * (pane > 0 or not half), begin + turn - gap, fill=255)
    pen.ellipse(_around(big, inner[0]), fill=0)
    if half:
        pen.pieslice(_around(big, inner[1]), 180, 360, fill=255)
    return mask.resize((2 * radius, 2 * radius), Image.Resampling.LANCZOS)


def _around(big: int, share: float) -> tuple[float, float, float, float]:
    return (big - big * share, big - big * share, big + big * share, big + big * share)


@lru_cache(maxsize=4)
def _glow(width: int, height: int) -> Image.Image:
    line = Image.new("RGB", (width, 1))
    line.putdata([_between(GLOW, at / max(1, width - 1)) for at in range(width)])
    return line.resize((width, height))


def _between(colors: Sequence[Color], share: float) -> Color:
    place = share * (len(colors) - 1)
    at = min(int(place), len(colors) - 2)
    rest = place - at
    first, second = colors[at], colors[at + 1]
    return tuple(round(a + (b - a) * rest) for a, b in zip(first, second, strict=True))  # type: ignore[return-value]


def _light(card: ShareCard, fonts: Path) -> Image.Image:
    """What stands for a picture that is not there: somebody's light, with their initials."""
    bright, deep = HUES[card.hue % len(HUES)]
    size = 320
    face = Image.new("RGB", (size, size), deep)
    shine = Image.radial_gradient("L").resize((2 * size, 2 * size))
    low = ImageChops.invert(shine).crop((size // 2, 0, size // 2 + size, size))
    face.paste(bright, mask=low.point(lambda value: value * 3 // 4))
    font = _font(fonts / DISPLAY, 132, 700)
    words = (legible(card.name, font) or card.handle).split()
    initials = "".join(word[0].upper() for word in (words[:1] + words[1:][-1:]))
    ImageDraw.Draw(face).text((size // 2, size // 2 + 4), initials, CREAM, font, anchor="mm")
    return face


def _paste(
    sheet: Image.Image, picture: Image.Image, size: tuple[int, int], at: tuple[int, int], *, radius: int
) -> None:
    mask = Image.new("L", (size[0] * FINE, size[1] * FINE))
    corner = (mask.width - 1, mask.height - 1)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, *corner), radius * FINE, fill=255)
    filled = ImageOps.fit(picture, size, Image.Resampling.LANCZOS)
    sheet.paste(filled, at, mask.resize(size, Image.Resampling.LANCZOS))


def _open(key: str | None, fetch: Fetch) -> Image.Image | None:
    """A picture that is gone or broken is no reason to draw nothing."""
    if key is None:
        return None
    with suppress(Exception), fetch(key) as file, Image.open(file) as found:
        if found.width * found.height <= PIXELS_MOST:
            return found.convert("RGB")
    return None


# ---- words


@lru_cache(maxsize=32)
def _font(path: Path, size: int, weight: int) -> Font:
    font = ImageFont.truetype(str(path), size)
    font.set_variation_by_axes([weight])
    return font


def _wrapped(text: str, font: Font, at_most: int) -> list[str]:
    """In lines that fit; what is beyond the last one is cut."""
    lines: list[str] = []
    words = text.split()
    while words and len(lines) < at_most:
        line = words.pop(0)
        while words and font.getlength(f"{line} {words[0]}") <= COLUMN:
            line += f" {words.pop(0)}"
        lines.append(line)
    if words and lines:
        lines[-1] += " …"
    return [_cut(line, font, COLUMN) for line in lines]


def _cut(line: str, font: Font, width: float) -> str:
    if font.getlength(line) <= width:
        return line
    kept = line.removesuffix(" …")
    while kept and font.getlength(kept + "…") > width:
        kept = kept.rpartition(" ")[0] if " " in kept else kept[:-1]
    return kept + "…"


def _has(font: Font, text: str) -> bool:
    return all(sign.isspace() or _known(font, sign) for sign in text)


@lru_cache(maxsize=4_000)
def _known(font: Font, sign: str) -> bool:
    """A font draws the same box for all that it lacks."""
    return bytes(font.getmask(sign)) != bytes(font.getmask("\uffff"))


def _bare(sign: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFKD", sign) if not unicodedata.combining(one))
