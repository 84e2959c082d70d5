"""Films that lie about themselves, and what keeps the machine safe from them."""

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.media.apart import MB, Bounds, ffmpeg
from app.media.errors import TROUBLES, UploadRefused
from tests.media import films
from tests.media.conftest import Desk
from tests.media.test_video import VIDEO, WIDE_RANGE, everything, rendition

PEAK = """
import resource, sys
from pathlib import Path
from app.media.apart import video
video.make(Path(sys.argv[1]), Path(sys.argv[2]), "video/mp4", lambda percent: None)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@pytest.mark.parametrize(
    "coded",
    [
        pytest.param(films.H264, id="usual", marks=pytest.mark.fault_long),
        pytest.param(WIDE_RANGE, id="wide range"),
    ],
)
def test_a_film_of_full_size_needs_less_than_300_megabytes(tmp_path: Path, coded: tuple[str, ...]) -> None:
    source = tmp_path / "film.mp4"
    source.write_bytes(films.made(*films.picture("1920x1080", 1), *films.tone(1), *coded))
    command = [sys.executable, "-c", PEAK, str(source), str(tmp_path)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    assert int(told.stdout) < 300 * 1024


def wrapped(inside: bytes) -> bytes:
    """Begins as a film does, and is something else."""
    return b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41" + inside


PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1:9/secret.ts\n#EXTINF:5,\nfile:///etc/passwd\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1:9/x"/></svg>'
CONCAT = b"ffconcat version 1.0\nfile /etc/passwd\n"
SUBTITLES = b"WEBVTT\n\n00:00.000 --> 00:02.000\nfile:///etc/passwd\n"


@pytest.mark.parametrize("hostile", [PLAYLIST, SVG, CONCAT, SUBTITLES], ids=["hls", "svg", "concat", "vtt"])
def test_what_names_other_files_is_no_film(desk: Desk, hostile: bytes) -> None:
    address = desk.ask(len(hostile), **VIDEO).headers["Location"]
    assert desk.part(address, 0, hostile).status_code == 415
    media = desk.made(wrapped(hostile), **VIDEO)
    assert (media.state, media.trouble, media.renditions) == ("failed", "broken", {})


@pytest.mark.parametrize("hostile", [PLAYLIST, SVG, CONCAT, SUBTITLES], ids=["hls", "svg", "concat", "vtt"])
def test_ffmpeg_itself_takes_nothing_but_the_kind_it_is_told(tmp_path: Path, hostile: bytes) -> None:
    file = tmp_path / "film.mp4"
    file.write_bytes(hostile)
    for kind in ("video/mp4", "video/x-matroska", "video/mp2t", "video/mpeg", "audio/mpeg"):
        said = ffmpeg.say(ffmpeg.strange(file, kind), Bounds(seconds=5, memory=200 * MB))
        assert "root:" not in said and "Connection" not in said
        assert "Stream #0:0: Video" not in said


def test_a_film_that_lies_about_where_its_pictures_are_gets_no_other_file(desk: Desk) -> None:
    """A reference to data outside of the file, as QuickTime knows it."""
    content = films.silent_film()
    outside = content.replace(b"url \x00\x00\x00\x01", b"alis\x00\x00\x00\x00")
    assert outside != content
    assert desk.made(outside, **VIDEO).state in {"failed", "ready"}
    assert all(
        b"root:" not in made for made in everything(desk, desk.made(outside + b"\0", **VIDEO)).values()
    )


def cut() -> bytes:
    return films.film()[:20_000]


def long() -> bytes:
    """One picture an hour, for five hours."""
    return films.made(
        "-f",
        "lavfi",
        "-i",
        "color=s=32x32:r=1/3600:d=18000",
        "-c:v",
        "mpeg4",
        "-f",
        "matroska",
        suffix=".mkv",
    )


def test_how_long_it_is_says_the_film_not_its_label(desk: Desk) -> None:
    content = bytearray(films.silent_film())
    for box, at in ((b"mvhd", 20), (b"tkhd", 24), (b"mdhd", 20)):
        place = content.index(box) + at
        content[place : place + 4] = (0x7FFFFFFF).to_bytes(4, "big")
    assert desk.made(bytes(content), **VIDEO).duration_ms == pytest.approx(2_000, abs=200)


def giant() -> bytes:
    """8,192 pixels wide, a few kilobytes."""
    return films.made("-f", "lavfi", "-i", "color=s=8192x4320:r=1:d=1", "-c:v", "mjpeg", suffix=".avi")


def giant_inside() -> bytes:
    """Small by the word of its wrapping; its pictures are large."""
    content = bytearray(giant())
    for place in [found.start() for found in re.finditer(b"strf", bytes(content))][:1]:
        content[place + 12 : place + 20] = (320).to_bytes(4, "little") + (180).to_bytes(4, "little")
    place = content.index(b"avih") + 8 + 32
    content[place : place + 8] = (320).to_bytes(4, "little") + (180).to_bytes(4, "little")
    return bytes(content)


def many_tracks() -> bytes:
    maps = [word for _ in range(30) for word in ("-map", "0")]
    return films.made("-f", "lavfi", "-i", "color=s=32x32:r=5:d=1", *maps, "-c:v", "mpeg4", suffix=".mkv")


def odd_codec() -> bytes:
    return films.made(*films.picture("64x64", 1), "-c:v", "flashsv", suffix=".mkv")


def tiny() -> bytes:
    return films.made("-f", "lavfi", "-i", "color=s=8x8:r=5:d=1", "-c:v", "mpeg4", suffix=".mkv")


@pytest.mark.parametrize(
    ("hostile", "troubles"),
    [
        (cut, {"broken"}),
        (long, {"long"}),
        (giant, {"film_size"}),
        (giant_inside, {"film_size", "broken"}),
        (many_tracks, {"tracks"}),
        (odd_codec, {"codec"}),
        (tiny, {"film_size"}),
        (lambda: wrapped(bytes(50_000)), {"broken"}),
        (lambda: wrapped(b"\xff" * 50_000), {"broken"}),
    ],
)
def test_what_would_hurt_is_refused_in_a_sentence(
    desk: Desk, hostile: "Callable[[], bytes]", troubles: set[str]
) -> None:
    began = time.monotonic()
    media = desk.made(hostile(), **VIDEO)
    assert media.state == "failed"
    assert media.trouble in troubles
    assert TROUBLES[str(media.trouble)] in desk.page.get("/dashboard/media").text
    assert everything(desk, media) == {}
    assert time.monotonic() - began < 60


def test_a_film_with_holes_is_shown_as_far_as_it_goes(desk: Desk) -> None:
    content = bytearray(films.film())
    begin = content.index(b"mdat") + 30_000
    content[begin : begin + 4_000] = bytes(4_000)
    media = desk.made(bytes(content), **VIDEO)
    assert media.state == "ready"
    assert films.seconds_of(rendition(desk, media, "mp4")) == pytest.approx(3, abs=0.3)


def test_ffmpeg_stops_at_its_bounds(tmp_path: Path) -> None:
    file = tmp_path / "film.mp4"
    file.write_bytes(films.film())
    endless = [*ffmpeg.strange(file, "video/mp4"), "-vf", "scale=1920:1080", *films.H264, "-f", "null", "-"]
    for bounds in (Bounds(seconds=1, memory=600 * MB), Bounds(seconds=60, memory=60 * MB)):
        with pytest.raises(UploadRefused) as refused:
            ffmpeg.run(["-stream_loop", "-1", *endless], bounds, ffmpeg.nothing)
        assert refused.value.trouble == "heavy"
    small = Bounds(seconds=60, memory=600 * MB, written=10_000)
    with pytest.raises(UploadRefused):
        ffmpeg.run([*endless[:-2], "mp4", str(tmp_path / "out.mp4")], small, ffmpeg.nothing)
    assert (tmp_path / "out.mp4").stat().st_size <= 10_000
