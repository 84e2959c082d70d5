"""Words on a picture, in a font of the house; where that lacks letters, in those of their scripts.

    title = Lettering(house_font, size=48, weight=720)
    title.draw(pen, (left, baseline), title.legible(words), color)

A text with a Latin letter that the house lacks is set in another font as a whole, not letter by letter.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from PIL import ImageDraw, ImageFont, features

from app.platform import fonts

Font = ImageFont.FreeTypeFont
Color = tuple[int, int, int]

# Between letters of some scripts they say whether these join.
JOINERS = "\u200c\u200d"
# Before a text, it makes a line that runs to the right, whatever letters it begins with.
TO_THE_RIGHT = "\u200e"
# Of a text that loses more of its letters nothing is left that one could understand.
LOST_MOST = 0.5
TRIED_AT = 20
# Pillow finds fribidi on the machine or not; without it letters neither join nor run to the left.
SHAPED = bool(features.check("raqm"))


@dataclass(frozen=True, slots=True)
class Lettering:
    house: Path
    size: int
    weight: int

    def legible(self, text: str) -> str:
        """What of it can be drawn; nothing when most letters would be missing."""
        if not SHAPED and _runs_left(text):
            return ""
        main, kept, letters, lost = self._main(text), "", 0, 0
        for sign in unicodedata.normalize("NFC", text):
            shown = next((way for way in (sign, _bare(sign)) if way and _drawn(way, main, kept)), "")
            if _is_letter(sign):
                letters += 1
                lost += not shown
            kept += shown
        return "" if lost > letters * LOST_MOST else " ".join(kept.split())

    def width(self, text: str) -> float:
        return sum(font.getlength(part) for font, part in self._parts(text))

    def draw(self, pen: ImageDraw.ImageDraw, at: tuple[float, float], text: str, color: Color | int) -> None:
        """From the left end of the line on which its letters stand."""
        left, line = at
        way = ("rtl" if _runs_left(text) else "ltr") if SHAPED else None
        for font, part in self._parts(text):
            pen.text((left, line), part, color, font, anchor="ls", direction=way)
            left += font.getlength(part)

    def _main(self, text: str) -> Path:
        wide = fonts.file(fonts.MAIN)
        return wide if any(not _has(self.house, sign) and _has(wide, sign) for sign in text) else self.house

    def _parts(self, text: str) -> Iterator[tuple[Font, str]]:
        """Each in its font, in the order in which they stand on the line."""
        files = _files(text, self._main(text))
        parts = [
            (file, "".join(sign for _, sign in signs))
            for file, signs in groupby(zip(files, text, strict=True), key=lambda pair: pair[0])
        ]
        for file, part in reversed(parts) if _runs_left(text) else parts:
            yield _font(file, self.size, self.weight), part


def is_tall(text: str) -> bool:
    """Some scripts have marks above and below their letters."""
    return any(fonts.others(text))


def has_words(text: str) -> bool:
    """Whether a space stands between them."""
    return fonts.WITHOUT_SPACES.isdisjoint(fonts.others(text))


def _files(text: str, main: Path) -> list[Path]:
    """The font of each sign. What is no letter stands in that of its neighbours, if they agree."""
    files = [_file(sign, main) for sign in text]
    for at, sign in enumerate(text):
        if sign in JOINERS or unicodedata.category(sign)[0] == "M":
            files[at] = files[at - 1] if at else main
        elif not _is_letter(sign):
            after = next((files[on] for on in range(at + 1, len(text)) if _is_letter(text[on])), main)
            files[at] = after if at and files[at - 1] == after and _has(after, sign) else main
    return files


def _file(sign: str, main: Path) -> Path:
    return next((fonts.file(name) for name in fonts.others(sign)), main)


def _drawn(text: str, main: Path, before: str) -> bool:
    if text in JOINERS:
        return any(fonts.others(before[-1:]))
    return all(sign.isspace() or _has(_file(sign, main), sign) for sign in text)


def _is_letter(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LNM"


def _runs_left(text: str) -> bool:
    strong = (unicodedata.bidirectional(sign) for sign in text)
    return next((way for way in strong if way in {"L", "R", "AL"}), "L") != "L"


def _bare(sign: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFKD", sign) if not unicodedata.combining(one))


@lru_cache(maxsize=8_000)
def _has(file: Path, sign: str) -> bool:
    """A font draws the same box for all that it lacks."""
    font = _font(file, TRIED_AT)
    return bytes(font.getmask(sign)) != bytes(font.getmask("\uffff"))


@lru_cache(maxsize=64)
def _font(file: Path, size: int, weight: int | None = None) -> Font:
    font = ImageFont.truetype(str(file), size)
    if weight:
        # Their first axis is the weight; what else one has stays as it comes.
        others = font.get_variation_axes()[1:]
        font.set_variation_by_axes([weight, *(axis["default"] or 0 for axis in others)])
    return font
