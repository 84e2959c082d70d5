"""A sheet to draw on. Lengths are in thousandths of its shorter side, so that a motif fits any format."""

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from app.demo.art.colours import Colour
from app.demo.art.formats import Size

# Drawn this much larger and then made smaller: that is what smooths the edges.
OVER = 2
FONTS = Path(__file__).parents[3] / "static" / "fonts"
POSTER_FONT = FONTS / "bricolage-grotesque-5.3.0.woff2"
TEXT_FONT = FONTS / "instrument-sans-5.3.0.woff2"

Point = tuple[float, float]
Paint = Colour | tuple[int, int, int, int]


class Canvas:
    def __init__(self, size: Size, paper: Colour, over: int = OVER) -> None:
        self._over = over
        self._unit = min(size) * over / 1000
        self.w, self.h = (side * over / self._unit for side in size)
        self.image = Image.new("RGB", (size[0] * over, size[1] * over), paper)
        self._pen = ImageDraw.Draw(self.image, "RGBA")

    @property
    def middle(self) -> Point:
        return self.w / 2, self.h / 2

    def finished(self) -> Image.Image:
        return self.image.reduce(self._over) if self._over > 1 else self.image

    def rect(self, x: float, y: float, w: float, h: float, paint: Paint) -> None:
        self._pen.rectangle(self._box(x, y, x + w, y + h), fill=paint)

    def soft_rect(self, x: float, y: float, w: float, h: float, r: float, paint: Paint) -> None:
        self._pen.rounded_rectangle(self._box(x, y, x + w, y + h), self._px(r), fill=paint)

    def disc(self, x: float, y: float, r: float, paint: Paint) -> None:
        self._pen.ellipse(self._box(x - r, y - r, x + r, y + r), fill=paint)

    def oval(self, x: float, y: float, rx: float, ry: float, paint: Paint) -> None:
        self._pen.ellipse(self._box(x - rx, y - ry, x + rx, y + ry), fill=paint)

    def ring(self, x: float, y: float, r: float, width: float, paint: Paint) -> None:
        self._pen.ellipse(self._box(x - r, y - r, x + r, y + r), outline=paint, width=self._px(width) or 1)

    def slice(self, x: float, y: float, r: float, angles: tuple[float, float], paint: Paint) -> None:
        """A piece of pie; degrees, clockwise from three o'clock."""
        self._pen.pieslice(self._box(x - r, y - r, x + r, y + r), *angles, fill=paint)

    def arc(
        self, x: float, y: float, r: float, angles: tuple[float, float], width: float, paint: Paint
    ) -> None:
        self._pen.arc(self._box(x - r, y - r, x + r, y + r), *angles, fill=paint, width=self._px(width) or 1)

    def shape(self, points: Iterable[Point], paint: Paint) -> None:
        self._pen.polygon([self._at(*point) for point in points], fill=paint)

    def line(self, points: Iterable[Point], width: float, paint: Paint) -> None:
        self._pen.line(
            [self._at(*point) for point in points], fill=paint, width=self._px(width) or 1, joint="curve"
        )

    def arch(self, x: float, foot: float, w: float, h: float, paint: Paint) -> None:
        """A door with a half-round top, standing on `foot`, centred on x."""
        r = w / 2
        self.slice(x, foot - h + r, r, (180, 360), paint)
        self.rect(x - r, foot - h + r, w, h - r, paint)

    def fade(self, stops: Sequence[Colour], box: tuple[float, float, float, float] | None = None) -> None:
        """From the first colour at the top to the last at the bottom."""
        x, y, w, h = box or (0, 0, self.w, self.h)
        left, top, right, bottom = (round(edge) for edge in self._box(x, y, x + w, y + h))
        self.image.paste(
            _column(tuple(stops)).resize((right - left, bottom - top), Image.Resampling.BILINEAR), (left, top)
        )

    def fade_shape(self, points: Sequence[Point], stops: Sequence[Colour]) -> None:
        """A shape filled from the top of the shape to its bottom."""
        pixels = [self._at(*point) for point in points]
        left, top = (max(0, math.floor(min(p[i] for p in pixels))) for i in (0, 1))
        right, bottom = (min(self.image.size[i], math.ceil(max(p[i] for p in pixels))) for i in (0, 1))
        if right <= left or bottom <= top:
            return
        size = (right - left, bottom - top)
        mask = Image.new("1", size)
        ImageDraw.Draw(mask).polygon([(px - left, py - top) for px, py in pixels], fill=1)
        self.image.paste(_column(tuple(stops)).resize(size, Image.Resampling.BILINEAR), (left, top), mask)

    def fade_disc(self, x: float, y: float, r: float, stops: Sequence[Colour]) -> None:
        self.fade_shape(
            [(x + r * math.cos(a / 90 * math.pi), y + r * math.sin(a / 90 * math.pi)) for a in range(180)],
            stops,
        )

    def glow(self, x: float, y: float, r: float, colour: Colour, strength: float = 1) -> None:
        """Light that ends nowhere in particular."""
        side = round(self._px(r) * 2)
        light = _light().resize((side, side), Image.Resampling.BILINEAR)
        if strength < 1:
            light = light.point([round(value * strength) for value in range(256)])
        self.image.paste(
            colour, (self._px(x - r), self._px(y - r), self._px(x - r) + side, self._px(y - r) + side), light
        )

    def print_over(self, other: "Canvas") -> None:
        """A second printing: inks lie over each other as they do on paper."""
        self.image.paste(ImageChops.multiply(self.image, other.image))

    def sheet(self) -> "Canvas":
        """White, of the same size, to be printed over this one."""
        return Canvas(self._size, (255, 255, 255), self._over)

    def blur(self, r: float) -> None:
        self.image.paste(self.image.filter(ImageFilter.BoxBlur(self._px(r))))

    def text(
        self, at: Point, words: str, size: float, paint: Paint, *, anchor: str = "ls", text_font: bool = False
    ) -> None:
        self._pen.text(self._at(*at), words, font=_font(text_font, self._px(size)), fill=paint, anchor=anchor)

    def text_width(self, words: str, size: float, *, text_font: bool = False) -> float:
        return _font(text_font, self._px(size)).getlength(words) / self._unit

    @property
    def _size(self) -> Size:
        return self.image.width // self._over, self.image.height // self._over

    def _px(self, length: float) -> int:
        return round(length * self._unit)

    def _at(self, x: float, y: float) -> Point:
        return x * self._unit, y * self._unit

    def _box(self, *edges: float) -> tuple[float, float, float, float]:
        left, top, right, bottom = (edge * self._unit for edge in edges)
        return left, top, right, bottom


def _column(stops: tuple[Colour, ...]) -> Image.Image:
    """One pixel wide; bilinear resizing does the rest."""
    column = Image.new("RGB", (1, len(stops)))
    column.putdata(stops)
    return column.resize((1, 256), Image.Resampling.BILINEAR)


@lru_cache(maxsize=1)
def _light() -> Image.Image:
    # Full in the middle, gone at the rim of the circle, softly in between.
    return Image.radial_gradient("L").point(
        [round(max(0.0, 1 - value / 181) ** 1.6 * 255) for value in range(256)]
    )


@lru_cache(maxsize=64)
def _font(text_font: bool, pixels: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(TEXT_FONT if text_font else POSTER_FONT, pixels)
    font.set_variation_by_axes([600 if text_font else 800])
    return font
