"""Draws what is shown of a page where its link is shared. Workers import it, web processes never."""

import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import IO

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from app.platform.lettering import TO_THE_RIGHT, Color, Lettering, has_words, is_tall
from app.platform.share_cards import ShareCard

Fetch = Callable[[str], IO[bytes]]

WIDTH, HEIGHT, EDGE, QUALITY = 1200, 630, 72, 88
COLUMN = 530
# Curves are drawn larger and scaled down, so that they have no steps.
FINE = 3
# Somebody's picture is one of our renditions; nothing larger is opened.
PIXELS_MOST = 8_000_000
# By the size of a title, how many lines of it there may be.
TITLE_LINES = {84: 2, 68: 3, 56: 4, 44: 4, 34: 4, 30: 4, 26: 4}
# Where a line may end: after what is matched.
WORDS = re.compile(r"[^\s/-]*(?:[/-]+|\s+)|[^\s/-]+")
SIGNED = (30, 26, 22, 19, 16)
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
    letters = Lettering(fonts / DISPLAY, 36, 750)
    at = (EDGE + width + 16, EDGE + 34)
    letters.draw(ImageDraw.Draw(sheet), at, letters.legible(site_name), CREAM)


def _words(sheet: Image.Image, card: ShareCard, fonts: Path, face: Image.Image | None) -> None:
    pen = ImageDraw.Draw(sheet)
    foot, left = HEIGHT - EDGE, EDGE
    if face:
        _paste(sheet, face, (56, 56), (left, foot - 40), radius=28)
        left += 72
    title, letters = title_of(card, fonts)
    if title != f"@{card.handle}":
        signed, small = signed_by(card, fonts, COLUMN + EDGE - left)
        small.draw(pen, (left, foot), signed, SOFT)
    top = _lines(pen, wrapped(title, letters, TITLE_LINES[letters.size]), letters, EDGE + 90, CREAM) + 22
    text = Lettering(fonts / TEXT, 32, 450)
    said = text.legible(card.line)
    room = int((foot - 64 - top) // _step(said, text))
    _lines(pen, wrapped(said, text, max(0, min(3, room))), text, top, SOFT)


def title_of(card: ShareCard, fonts: Path) -> tuple[str, Lettering]:
    """As large as four lines allow, and as whole words do."""
    for size, lines in TITLE_LINES.items():
        letters = Lettering(fonts / DISPLAY, size, 720)
        said = letters.legible(card.title) or letters.legible(card.name) or f"@{card.handle}"
        whole = all(letters.width(word.strip()) <= COLUMN for word in WORDS.findall(said) if has_words(word))
        if whole and len(wrapped(said, letters, lines + 1)) <= lines:
            break
    return said, letters


def signed_by(card: ShareCard, fonts: Path, room: float) -> tuple[str, Lettering]:
    """Name and handle; of a long one the handle alone, which is never cut."""
    name = Lettering(fonts / TEXT, SIGNED[0], 600).legible(card.name)
    handle = f"@{card.handle}"
    both = f"{TO_THE_RIGHT}{name}  {handle}" if name and card.title != card.name else handle
    tries = [*((both, size) for size in SIGNED[:2]), *((handle, size) for size in SIGNED)]
    sized = [(text, Lettering(fonts / TEXT, size, 600)) for text, size in tries]
    return next((one for one in sized if one[1].width(one[0]) <= room), sized[-1])


def _lines(
    pen: ImageDraw.ImageDraw, lines: Sequence[str], letters: Lettering, top: float, color: Color
) -> float:
    """Where what is below them begins."""
    for line in lines:
        letters.draw(pen, (EDGE, top + letters.size), line, color)
        top += _step(line, letters)
    return top


def _step(text: str, letters: Lettering) -> int:
    return round(letters.size * (1.5 if is_tall(text) else 1.1 if letters.size > 40 else 1.3))


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
    letters = Lettering(fonts / DISPLAY, 132, 700)
    words = (letters.legible(card.name) or card.handle).split()
    initials = "".join(word[0].upper() for word in (words[:1] + words[1:][-1:]))
    middle = ((size - letters.width(initials)) / 2, size / 2 + 50)
    letters.draw(ImageDraw.Draw(face), middle, initials, CREAM)
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


def wrapped(text: str, letters: Lettering, at_most: int) -> list[str]:
    """In lines that fit; what is beyond the last one is cut."""
    lines: list[str] = []
    words = [piece for word in WORDS.findall(text) for piece in _pieces(word, letters)]
    while words and len(lines) < at_most:
        line = words.pop(0)
        while words and letters.width((line + words[0]).rstrip()) <= COLUMN:
            line += words.pop(0)
        lines.append(line)
    if words and lines:
        lines[-1] = _cut(lines[-1].rstrip(), letters)
    return [line.strip() for line in lines]


def _pieces(word: str, letters: Lettering) -> Iterator[str]:
    """What is too long for a line goes on in the next one."""
    while letters.width(word.rstrip()) > COLUMN:
        end = next(end for end in range(1, len(word)) if letters.width(word[: end + 1]) > COLUMN)
        while end > 1 and unicodedata.category(word[end])[0] == "M":
            end -= 1
        yield word[:end]
        word = word[end:]
    yield word


def _cut(line: str, letters: Lettering) -> str:
    while line and letters.width(f"{line}…") > COLUMN:
        line = line.rpartition(" ")[0] if " " in line else line[:-1]
    return f"{line}…"
