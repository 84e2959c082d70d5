"""Sounds: one file that every browser plays, as loud as it was, and a waveform that we drew."""

import re
import tracemalloc
from array import array
from collections.abc import Callable

import pytest

from app.media.apart.wave import Peaks
from app.media.models import Media
from app.media.shown import describe
from app.platform.storage import storage
from tests.media import films
from tests.media.conftest import Desk

AUDIO = {"name": "song.mp3", "kind": "audio/mpeg"}


def rendition(desk: Desk, media: Media, name: str) -> bytes:
    with desk.app.app_context():
        return storage().open(media.renditions[name]["key"]).read()


def loudness(content: bytes, suffix: str) -> float:
    """In decibels below full."""
    found = re.search(r"mean_volume: (-?[\d.]+) dB", films.told_of(content, suffix, "-af", "volumedetect"))
    assert found
    return float(found[1])


def test_a_song_becomes_one_file_and_a_waveform(desk: Desk) -> None:
    media = desk.made(films.song(), **AUDIO)
    assert (media.state, media.trouble, media.kind) == ("ready", None, "audio")
    assert media.duration_ms == pytest.approx(3_000, abs=100)
    assert media.renditions.keys() == {"audio", "wave"}
    made = rendition(desk, media, "audio")
    assert made.index(b"moov") < made.index(b"mdat")
    told = films.told_of(made, ".m4a")
    assert "Audio: aac" in told and "44100 Hz" in told
    assert films.seconds_of(made, ".m4a") == pytest.approx(3, abs=0.2)
    assert describe(media)["ms"] == media.duration_ms


@pytest.mark.parametrize("form", [".wav", ".flac", ".ogg", ".m4a", ".aac"])
def test_every_common_form_is_taken(desk: Desk, form: str) -> None:
    media = desk.made(films.song(1, form), name=f"song{form}", kind="audio/x")
    assert (media.state, media.trouble) == ("ready", None)
    assert films.seconds_of(rendition(desk, media, "audio"), ".m4a") == pytest.approx(1, abs=0.2)


def test_it_is_as_loud_as_it_was(desk: Desk) -> None:
    content = films.song(2, ".wav")
    made = rendition(desk, desk.made(content, **AUDIO), "audio")
    assert loudness(made, ".m4a") == pytest.approx(loudness(content, ".wav"), abs=0.5)


def test_neither_cover_nor_words_of_its_maker_are_left(desk: Desk) -> None:
    content = films.song_with_cover()
    assert films.SECRET.encode() in content and b"\xff\xd8\xff" in content
    media = desk.made(content, **AUDIO)
    made = rendition(desk, media, "audio")
    assert films.SECRET.encode() not in made and films.PLACE.encode() not in made
    assert "Video" not in films.told_of(made, ".m4a")


def test_the_waveform_is_a_picture_that_does_nothing(desk: Desk) -> None:
    drawn = rendition(desk, desk.made(films.song(), **AUDIO), "wave")
    assert len(drawn) < 4_000
    assert set(re.findall(rb"<(\w+)", drawn)) == {b"svg", b"path"}
    allowed = b"xmlns width height viewBox fill stroke stroke-width stroke-linecap d".split()
    assert set(re.findall(rb" ([\w-]+)=", drawn)) == set(allowed)


def test_the_waveform_follows_the_sound() -> None:
    """Half a minute of quiet, then of noise, heard in parts that cut through samples."""
    peaks = Peaks(4_000)
    samples = (array("h", [300, -300] * 60_000) + array("h", [30_000, -32_768] * 60_000)).tobytes()
    for begin in range(0, len(samples), 4_097):
        peaks.hear(samples[begin : begin + 4_097])
    assert peaks.seconds == 60
    bars = peaks.bars(10)
    assert bars[5:] == [1] * 5
    assert max(bars[:5]) < 0.02
    assert len(peaks.loudest) == 60 * 20


def test_silence_and_a_moment_are_drawn_too(desk: Desk) -> None:
    silence = films.made("-f", "lavfi", "-i", "anullsrc=d=1", suffix=".wav")
    assert desk.made(silence, **AUDIO).state == "ready"
    assert desk.made(films.song(0.1, ".wav"), **AUDIO).state == "ready"
    assert Peaks(4_000).bars(3) == [0, 0, 0]


def long_song() -> bytes:
    """Five hours of nothing in a few megabytes."""
    quiet = ("-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono:d=18000")
    return films.made(*quiet, "-c:a", "libmp3lame", "-b:a", "8k", suffix=".mp3")


def no_sound_inside() -> bytes:
    """A cover, and no song."""
    return b"ID3\x03\x00\x00\x00\x00\x00\x0a" + bytes(500)


@pytest.mark.parametrize(
    ("hostile", "trouble"),
    [
        pytest.param(long_song, "long", marks=pytest.mark.fault_long),
        (no_sound_inside, "broken"),
        (lambda: b"OggS" + bytes(2_000), "broken"),
        (lambda: b"fLaC" + b"\xff" * 2_000, "broken"),
        (lambda: b"RIFF\xff\xff\xff\xffWAVEfmt " + bytes(2_000), "broken"),
        (lambda: films.song(1, ".wav")[:60], "broken"),
        (lambda: b"ID3\x04\x00\x00\x00\x00\x00\x00#EXTM3U\nhttp://127.0.0.1:9/x.mp3\n", "broken"),
    ],
)
def test_what_would_hurt_is_refused(desk: Desk, hostile: "Callable[[], bytes]", trouble: str) -> None:
    media = desk.made(hostile(), **AUDIO)
    assert (media.state, media.trouble, media.renditions) == ("failed", trouble, {})


def test_a_whole_song_is_not_held_in_memory() -> None:
    """What listening costs does not grow with the length but for a byte or two a moment."""
    peaks = Peaks(4_000)
    second = bytes(8_000)
    tracemalloc.start()
    for _ in range(3_600):
        peaks.hear(second)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peaks.seconds == 3_600
    assert most < 2_000_000
