"""Sound: one AAC file for every browser, and its waveform drawn."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.media.apart import MB, Bounds, ffmpeg
from app.media.apart.probe import Facts, look
from app.media.apart.wave import HEIGHT, WIDTH, Peaks, drawn
from app.media.errors import UploadRefused

Made = dict[str, Any]

# Kilobits a second, by channels.
RATES = {1: 96, 2: 160}
# Enough to draw by.
HEARD_RATE = 4_000


def make(source: Path, out: Path, content_type: str, tell: Callable[[int], None]) -> Made:
    return encode(source, out, content_type, look(source, content_type), tell)


def encode(source: Path, out: Path, content_type: str, facts: Facts, tell: Callable[[int], None]) -> Made:
    """Its loudness stays as it is. What is heard on the way is drawn."""
    if facts.sound is None:
        raise UploadRefused("silent")
    seconds, file, peaks = facts.ms // 1_000, out / "audio.m4a", Peaks(HEARD_RATE)

    def hear(part: bytes) -> None:
        peaks.hear(part)
        tell(min(95, round(peaks.seconds * 95_000 / facts.ms)))

    chosen = ["-map", f"0:{facts.sound.stream}", "-t", f"{facts.ms / 1_000 + 1:.3f}"]
    rate, channels = RATES[facts.sound.channels], facts.sound.channels
    kept = [
        "-c:a",
        "aac",
        "-b:a",
        f"{rate}k",
        "-ac",
        str(channels),
        "-ar",
        "44100",
        "-movflags",
        "+faststart",
    ]
    arguments = [
        *ffmpeg.strange(source, content_type),
        *chosen, *kept, "-vn", *ffmpeg.STRIPPED, "-f", "ipod", str(file),
        *chosen, "-ac", "1", "-ar", str(HEARD_RATE), "-vn", *ffmpeg.STRIPPED, "-f", "s16le", "pipe:1",
    ]  # fmt: skip
    bounds = Bounds(seconds=60 + seconds, memory=300 * MB, written=(16 + seconds // 20) * MB)
    ffmpeg.run(arguments, bounds, hear)
    if not peaks.seconds:
        raise UploadRefused("broken")
    return {
        "w": 0,
        "h": 0,
        "ms": round(peaks.seconds * 1_000),
        "color": "",
        "names": _names(file, peaks, out),
    }


def _names(file: Path, peaks: Peaks, out: Path) -> Made:
    wave = out / "wave.svg"
    wave.write_text(drawn(peaks))
    return {
        "audio": _told(file, 0, 0, "audio/mp4"),
        "wave": _told(wave, WIDTH, HEIGHT, "image/svg+xml"),
    }


def _told(file: Path, width: int, height: int, content_type: str) -> Made:
    return {"file": file.name, "w": width, "h": height, "type": content_type, "bytes": file.stat().st_size}
