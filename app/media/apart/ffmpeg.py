"""ffmpeg, held short: one kind of file, a few decoders, no network, within bounds.

The kind is ours to say (by what the file holds), never ffmpeg's to guess: a playlist, a subtitle or a
list of files that calls itself a film is none, and nothing that a file names is opened.
"""

import os
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO

import imageio_ffmpeg

from app.media.apart import Bounds, Process, started, trouble
from app.media.errors import UploadRefused
from app.platform.storage import StorageFull

DEMUXERS = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "video/mp2t": "mpegts",
    "video/mpeg": "mpeg",
    "video/x-matroska": "matroska",
    "video/x-msvideo": "avi",
    "audio/mp4": "mov",
    "audio/mpeg": "mp3",
    "audio/aac": "aac",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
}
FILMS = {
    "h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "msmpeg4v3", "mpeg1video", "mpeg2video", "h263", "mjpeg",
    "prores", "theora", "dvvideo",
}  # fmt: skip
SOUNDS = {
    "aac", "mp3", "opus", "vorbis", "flac", "alac", "ac3", "eac3", "mp2", "amr_nb", "pcm_u8", "pcm_s16le",
    "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be", "pcm_f32le", "pcm_f32be", "pcm_f64le",
    "adpcm_ima_wav",
}  # fmt: skip
DECODERS = ",".join(sorted(FILMS | SOUNDS | {"libdav1d", "mp3float", "mp2float", "amrnb"}))
PIXELS = 9_500_000
QUIET = ("-hide_banner", "-nostdin", "-nostats", "-y")
# Nothing of where and when it was taken, nor chapters, nor pictures that came along.
STRIPPED = ("-map_metadata", "-1", "-map_chapters", "-1", "-sn", "-dn")
PROGRESS = re.compile(rb"^out_time_us=(\d+)$", re.MULTILINE)
LAST_WORDS = 40
NO_MEMORY = (b"Cannot allocate memory", b"malloc of size", b"pthread_create() failed")

Hear = Callable[[bytes], None]


@cache
def program() -> str:
    return str(imageio_ffmpeg.get_ffmpeg_exe())


def strange(path: Path, content_type: str) -> list[str]:
    """As input, what somebody sent."""
    if content_type not in DEMUXERS:
        raise UploadRefused("kind")
    kind = DEMUXERS[content_type]
    bounds = ["-codec_whitelist", DECODERS, "-max_pixels", str(PIXELS), "-threads", "1"]
    return [*_only(kind), *bounds, "-f", kind, "-i", f"file:{path}"]


def ours(playlist: Path, *, at: float = 0) -> list[str]:
    """As input, a playlist that was made here before."""
    return [*_only("hls,mpegts"), "-threads", "1", "-ss", f"{at:.3f}", "-f", "hls", "-i", f"file:{playlist}"]


def _only(kinds: str) -> list[str]:
    return ["-protocol_whitelist", "file", "-format_whitelist", kinds]


def say(arguments: Sequence[str], bounds: Bounds) -> str:
    """What it says of a file on the way; that it ends badly is for the caller to judge."""
    lines: deque[str] = deque(maxlen=2_000)
    with _running([*QUIET, *arguments], bounds) as process:
        _gather(process.stderr, lines)
    return "".join(lines)


def run(arguments: Sequence[str], bounds: Bounds, hear: Hear) -> None:
    """To its good end, or a refusal. `hear` gets what it writes to its standard output, as it comes."""
    last: deque[str] = deque(maxlen=LAST_WORDS)
    with _running([*QUIET, "-loglevel", "error", *arguments], bounds) as process:
        gathering = threading.Thread(target=_gather, args=(process.stderr, last), daemon=True)
        gathering.start()
        while process.stdout and (part := os.read(process.stdout.fileno(), 65_536)):
            hear(part)
        code = process.wait()
        gathering.join()
    if code:
        _refuse(code, "".join(last).encode())


def nothing(part: bytes) -> None:
    """For those who do not listen."""


def progress_of(ms: int, tell: Callable[[int], None], *, begin: int, share: int) -> tuple[list[str], Hear]:
    """What makes ffmpeg tell how far it is, and what makes percent of it: a share of all, from `begin`."""

    def hear(part: bytes) -> None:
        if found := PROGRESS.findall(part):
            tell(begin + min(share, int(found[-1]) * share // (ms * 1_000)))

    return ["-progress", "pipe:1", "-stats_period", "1"], hear


@contextmanager
def _running(arguments: Sequence[str], bounds: Bounds) -> Iterator[Process]:
    with started([program(), *arguments], bounds) as process:
        clock = threading.Timer(bounds.seconds * 2, process.kill)
        clock.daemon = True
        clock.start()
        try:
            yield process
        finally:
            clock.cancel()


def _gather(pipe: IO[bytes] | None, lines: deque[str]) -> None:
    """Read to its end, whatever its length; only the last of it is kept."""
    while pipe and (line := pipe.readline(2_000)):
        lines.append(line.decode(errors="replace"))


def _refuse(code: int, said: bytes) -> None:
    if b"No space left" in said:
        raise StorageFull
    word = trouble(code, b"", said)
    raise UploadRefused("heavy" if any(words in said for words in NO_MEMORY) else word)
