"""Draws somebody's handle on a picture: several times, so that no corner can be cut off, and quietly."""

import io
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import IO

from PIL import Image, ImageDraw, ImageFont

from app.platform.share_drawing import DISPLAY

# Quick rather than small: somebody waits for it, and it is kept for days only.
QUALITY, EFFORT = 80, 0
# Shares of the picture's width. A long strip gets more rows, not larger letters.
LETTERS, COLUMN, ROW, SMALLEST = 0.03, 0.3, 0.22, 11
WEIGHT, SLOPE = 620, 24
# Light letters show on what is dark, their shadow on what is light. Of 255.
LIGHT, SHADOW = 70, 52


def marked(source: IO[bytes], words: str, fonts: Path) -> bytes:
    """A WebP like the one that it is made of."""
    with Image.open(source, formats=("WEBP",)) as picture:
        picture.load()
    letters = _letters(words, max(SMALLEST, round(picture.width * LETTERS)), fonts)
    depth = max(1, picture.width // 800)
    for shade, strength, aside in ((0, SHADOW, depth), (255, LIGHT, 0)):
        color = (shade, shade, shade, 255)[: len(picture.getbands())]
        mask = letters.point([value * strength // 255 for value in range(256)])
        for left, top in _places(letters.size, picture.size):
            picture.paste(color, (left + aside, top + aside), mask)
    made = io.BytesIO()
    picture.save(made, "WEBP", quality=QUALITY, method=EFFORT)
    return made.getvalue()


def _letters(words: str, size: int, fonts: Path) -> Image.Image:
    font = _font(fonts / DISPLAY, size)
    left, top, right, bottom = font.getbbox(words)
    flat = Image.new("L", (round(right - left), round(bottom - top)))
    ImageDraw.Draw(flat).text((-left, -top), words, 255, font)
    return flat.rotate(SLOPE, Image.Resampling.BICUBIC, expand=True)


def _places(letters: tuple[int, int], picture: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Over the whole of it, every other row shifted by half."""
    wide, high = letters
    width, height = picture
    column = max(round(width * COLUMN), round(wide * 1.4))
    row = max(round(width * ROW), high)
    for number, middle in enumerate(range(row // 3, height + row // 3, row)):
        for left in range(column // 5 - number % 2 * column // 2, width, column):
            yield left, middle - high // 2


@lru_cache(maxsize=16)
def _font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(str(path), size)
    font.set_variation_by_axes([WEIGHT])
    return font
