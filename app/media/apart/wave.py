"""The waveform of a sound: listened to as it streams by, drawn as bars."""

import sys
from array import array
from itertools import pairwise

WIDTH, HEIGHT = 640, 96
BARS = 128
STEP = WIDTH // BARS
LEAST, MOST = 4, HEIGHT - 8
MOMENTS_A_SECOND = 20
# Ember between the light and the dark one: clear on both papers.
COLOR = "#d4603c"


class Peaks:
    """The loudest of every moment, of 16-bit samples of one channel. Four hours of it are 288 KB."""

    def __init__(self, rate: int) -> None:
        self._moment = rate // MOMENTS_A_SECOND
        self._rest = b""
        self._heard = 0
        self._rate = rate
        self.loudest = array("H")

    @property
    def seconds(self) -> float:
        return self._heard / 2 / self._rate

    def hear(self, part: bytes) -> None:
        self._heard += len(part)
        part = self._rest + part
        whole = len(part) // (2 * self._moment) * 2 * self._moment
        self._rest = part[whole:]
        self._add(part[:whole])

    def bars(self, count: int) -> list[float]:
        """As many as there is room for, each the mean of its moments, the loudest of them 1."""
        self._add(self._rest)
        self._rest = b""
        moments = self.loudest or array("H", [0])
        edges = [len(moments) * number // count for number in range(count + 1)]
        spans = (moments[begin : max(end, begin + 1)] for begin, end in pairwise(edges))
        means = [sum(span) / len(span) for span in spans]
        top = max(means) or 1
        return [mean / top for mean in means]

    def _add(self, samples: bytes) -> None:
        heard = array("h", samples[: len(samples) // 2 * 2])
        if sys.byteorder == "big":
            heard.byteswap()
        for begin in range(0, len(heard), self._moment):
            self.loudest.append(max(map(abs, heard[begin : begin + self._moment])))


def drawn(peaks: Peaks) -> str:
    """A picture that stands alone: nothing in it but bars."""
    bars = "".join(_bar(number, height) for number, height in enumerate(peaks.bars(BARS)))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}"'
        f' viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<path fill="none" stroke="{COLOR}" stroke-width="3" stroke-linecap="round" d="{bars}"/></svg>\n'
    )


def _bar(number: int, height: float) -> str:
    tall = max(LEAST, round(height * MOST))
    return f"M{number * STEP + STEP / 2:g} {(HEIGHT - tall) / 2:g}v{tall}"
