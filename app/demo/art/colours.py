"""Palettes as a screen printer would choose them: a paper, an ink and four colours that agree."""

from dataclasses import dataclass
from random import Random

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Palette:
    paper: Colour
    ink: Colour
    # From the one that leads to the one that only answers.
    lead: Colour
    second: Colour
    third: Colour
    fourth: Colour

    @property
    def colours(self) -> tuple[Colour, ...]:
        return (self.lead, self.second, self.third, self.fourth)

    def shuffled(self, dice: Random) -> list[Colour]:
        colours = list(self.colours)
        dice.shuffle(colours)
        return colours


def _palette(words: str) -> Palette:
    return Palette(*(_colour(word) for word in words.split()))


def _colour(word: str) -> Colour:
    return int(word[0:2], 16), int(word[2:4], 16), int(word[4:6], 16)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`share` of the other."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


# paper  ink    lead   second third  fourth
BY_DAY = [
    _palette("f6ecd9 22223b e4572e f3a712 2e86ab a8c686"),
    _palette("f2e9e4 2b2d42 d1495b edae49 00798c 66a182"),
    _palette("fbf3e4 1d3557 e63946 f4a261 457b9d a8dadc"),
    _palette("f7efe5 33272a ef6f6c f7c59f 465775 56e39f"),
    _palette("efe6d5 26302f c8553d f2b134 588b8b ffd5c2"),
    _palette("f5f0e6 2d2a32 dd614a f48668 73a580 c5c392"),
    _palette("fdf4dc 1f2041 ff7d00 ffbf69 15616d 78c3a3"),
    _palette("f4ede4 3d1f2b b23a48 fcb9b2 8c7aa9 e8c547"),
    _palette("eef0e5 22332b 386641 a7c957 bc4749 f2c14e"),
    _palette("f9efe6 2c1a3b 9d4edd ff9e6d 3a86ff ffd166"),
    _palette("f3ead3 233142 f95959 facf5a 455d7a 9ad3bc"),
    _palette("fff3e6 3b2c35 f26b5e f9c784 7a9e9f b8d8d8"),
]
BY_NIGHT = [
    _palette("16152b f8f1e5 ff7a59 ffc15e 5b5f97 2a2b52"),
    _palette("0f2027 fdf6e3 f2a65a f7d794 2c7a7b 17404a"),
    _palette("1b1033 fff1e6 ff5d8f ffc09f 7b4fa6 38205c"),
    _palette("141e30 f5efe0 f6ae2d f26419 55828b 243b55"),
    _palette("201a23 fbeee0 e85d75 f2b880 6b7fd7 3a2e45"),
    _palette("10231c f6f3e4 f4b942 e86a33 4f9d69 1f4735"),
    _palette("23120b fff0db f08a4b f6c28b a13d2d 4a2618"),
]
ALL = BY_DAY + BY_NIGHT
