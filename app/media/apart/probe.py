"""What a film or a sound says of itself, asked before anything of it is decoded."""

import re
from dataclasses import dataclass
from pathlib import Path

from app.media.apart import MB, Bounds, ffmpeg
from app.media.errors import UploadRefused
from app.media.kinds import LONGEST_MS

# A telephone writes its own tracks beside picture and sound.
STREAMS_MOST = 24
SIDE_LEAST, SIDE_MOST = 16, 4_096
RATE_LEAST, RATE_MOST, RATE_USUAL = 10.0, 60.0, 30.0
LOOK = Bounds(seconds=20, memory=300 * MB)
WALK = Bounds(seconds=120, memory=300 * MB)
# The last packet begins a little before the end.
TRUE_WITHIN_MS = 500

STREAM = re.compile(r"^  Stream #0:(\d+)\S*: (Video|Audio|\w+): (\w+)(.*)$", re.MULTILINE)
# Streams that refer to each other, a picture and its time code, are told of below a line of their own.
GROUP = re.compile(r"^  Stream group #.*\n(?:    .*\n)*", re.MULTILINE)
DURATION = re.compile(r"^  Duration: (\d+):(\d+):(\d+)\.(\d+)", re.MULTILINE)
SIZE = re.compile(r", (\d+)x(\d+)\b")
ASPECT = re.compile(r"\bSAR (\d+):(\d+)")
RATE = re.compile(r", ([\d.]+) (?:fps|tbr)")
TURNED = re.compile(r"^\s+display\s?matrix: rotation of (-?[\d.]+) degrees", re.MULTILINE | re.IGNORECASE)
CHANNELS = re.compile(r" Hz, (mono|1 channels)\b")
WALKED = re.compile(r"\btime=(\d+):(\d+):(\d+)\.(\d+)")
TOO_LARGE = "exceeds specified max pixel count"
WIDE_RANGE = ("smpte2084", "arib-std-b67")
INTERLACED = ("top first", "bottom first", "top coded", "bottom coded")


@dataclass(frozen=True, slots=True)
class Film:
    """As it is shown: upright, in square pixels."""

    stream: int
    width: int
    height: int
    rate: float
    wide_range: bool
    interlaced: bool


@dataclass(frozen=True, slots=True)
class Sound:
    stream: int
    channels: int


@dataclass(frozen=True, slots=True)
class Facts:
    ms: int
    film: Film | None
    sound: Sound | None
    # The sound goes on where the pictures end.
    outlasted: bool


def look(source: Path, content_type: str) -> Facts:
    """Refused: what is none, is too long, too large, or has too many tracks."""
    given = ffmpeg.strange(source, content_type)
    said = GROUP.sub(_moved_out, ffmpeg.say(given, LOOK))
    found = list(STREAM.finditer(said))
    if not found:
        raise UploadRefused("broken")
    if len(found) > STREAMS_MOST:
        raise UploadRefused("tracks")
    if TOO_LARGE in said and any(_shows(one) for one in found):
        raise UploadRefused("film_size")
    claimed = _milliseconds(DURATION.search(said))
    _bear(claimed)
    ends = [one.start() for one in found[1:]] + [len(said)]
    film = next(
        (_film(one, said[one.end() : end]) for one, end in zip(found, ends, strict=True) if _shows(one)), None
    )
    sound = next((_sound(one) for one in found if one[2] == "Audio" and one[3] in ffmpeg.SOUNDS), None)
    if film is None and sound is None:
        raise UploadRefused("codec")
    pictures, sounds = (_walk(given, one.stream) if one else 0 for one in (film, sound))
    walked = max(pictures, sounds)
    if not walked:
        raise UploadRefused("broken")
    ms = claimed if abs(claimed - walked) < TRUE_WITHIN_MS else walked
    return Facts(ms, film, sound, outlasted=film is not None and pictures + TRUE_WITHIN_MS < ms)


def _moved_out(group: "re.Match[str]") -> str:
    """Its streams where all others stand. What the file itself says stands further in."""
    return group[0].replace("\n    ", "\n  ")


def _shows(stream: "re.Match[str]") -> bool:
    """A film's picture, not the cover of a record."""
    return stream[2] == "Video" and stream[3] in ffmpeg.FILMS and "(attached pic)" not in stream[4]


def _film(stream: "re.Match[str]", beside: str) -> Film:
    told = stream[4]
    size, aspects, turned = SIZE.search(told), ASPECT.findall(told), TURNED.search(beside)
    if size is None:
        raise UploadRefused("broken")
    width, height = int(size[1]), int(size[2])
    _check(width, height)
    across, down = (
        (int(part) for part in aspects[-1]) if aspects else (1, 1)
    )  # the wrapping has the last word
    if across and down:
        width = round(width * across / down)
    if turned and round(float(turned[1]) / 90) % 2:
        width, height = height, width
    _check(width, height)
    return Film(int(stream[1]), width, height, _rate(told), _any(WIDE_RANGE, told), _any(INTERLACED, told))


def _sound(stream: "re.Match[str]") -> Sound:
    return Sound(int(stream[1]), 1 if CHANNELS.search(stream[4]) else 2)


def _check(width: int, height: int) -> None:
    if min(width, height) < SIDE_LEAST or max(width, height) > SIDE_MOST or width * height > ffmpeg.PIXELS:
        raise UploadRefused("film_size")


def _rate(told: str) -> float:
    found = RATE.search(told)
    rate = float(found[1]) if found else RATE_USUAL
    return min(max(rate, RATE_LEAST), RATE_MOST) if rate else RATE_USUAL


def _any(words: tuple[str, ...], told: str) -> bool:
    return any(word in told for word in words)


def _walk(given: list[str], stream: int) -> int:
    """How long it really is: from its first packet to its last, none of them decoded."""
    until = f"{LONGEST_MS // 1_000 + 60}"
    copied = ["-map", f"0:{stream}", "-c", "copy", "-t", until, "-f", "null", "-"]
    said = ffmpeg.say(["-stats", *given, *copied], WALK)
    ms = max((_milliseconds(one) for one in WALKED.finditer(said)), default=0)
    _bear(ms)
    return ms


def _milliseconds(found: "re.Match[str] | None") -> int:
    if found is None:
        return 0
    hours, minutes, seconds = (int(part) for part in found.groups()[:3])
    return ((hours * 60 + minutes) * 60 + seconds) * 1_000 + round(float(f"0.{found[4]}") * 1_000)


def _bear(ms: int) -> None:
    if ms > LONGEST_MS:
        raise UploadRefused("long")
