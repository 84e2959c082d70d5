"""Films: what becomes of what cameras and screens make."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from app.media.apart import probe, video
from app.media.models import Media
from app.media.shown import describe
from app.platform.storage import storage
from tests.media import films
from tests.media.conftest import Desk

WIDE_RANGE = (
    "-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le",
    "-x265-params", "log-level=error:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc",
)  # fmt: skip
VIDEO = {"name": "walk.mp4", "kind": "video/mp4"}


def stored(desk: Desk, key: str) -> bytes:
    with desk.app.app_context():
        return storage().open(key).read()


def rendition(desk: Desk, media: Media, name: str) -> bytes:
    return stored(desk, media.renditions[name]["key"])


def beside(desk: Desk, media: Media, file: str) -> bytes:
    return stored(desk, f"{media.renditions['hls']['key'].rsplit('/', 1)[0]}/{file}")


def everything(desk: Desk, media: Media) -> dict[str, bytes]:
    with desk.app.app_context():
        keys = list(storage().list(f"media/{media.id}/"))
    return {key: stored(desk, key) for key in keys}


def test_a_film_gets_sizes_a_file_a_poster_and_a_glimpse(desk: Desk) -> None:
    media = desk.made(films.film("768x480", 13, rate=10), **VIDEO)
    assert (media.state, media.trouble) == ("ready", None)
    assert (media.width, media.height, media.duration_ms) == (768, 480, 13_000)
    assert media.color.startswith("#")
    hls = media.renditions["hls"]
    assert re.findall(r"RESOLUTION=(\S+?),", rendition(desk, media, "hls").decode()) == [
        "576x360",
        "768x480",
    ]
    assert {"hls-360.m3u8", "hls-480.m3u8", "hls-480-00002.ts"} <= hls["parts"].keys()
    for file, size in hls["parts"].items():
        assert len(beside(desk, media, file)) == size
    segments_are_short_and_each_size_cuts_at_the_same_pictures(desk, media)
    mp4 = rendition(desk, media, "mp4")
    assert mp4.index(b"moov") < mp4.index(b"mdat")
    told = films.told_of(mp4)
    assert "Video: h264" in told and "Audio: aac" in told and "768x480" in told
    assert films.seconds_of(mp4) == pytest.approx(13, abs=0.2)
    poster, glimpse = (Image.open(io.BytesIO(rendition(desk, media, name))) for name in ("poster", "preview"))
    assert poster.size == (768, 480)
    assert (glimpse.size, glimpse.n_frames) == ((320, 200), 30)  # type: ignore[attr-defined]
    assert {"w320", "w800", "teaser"} <= media.renditions.keys()
    assert len(rendition(desk, media, "preview")) < 200_000


def segments_are_short_and_each_size_cuts_at_the_same_pictures(desk: Desk, media: Media) -> None:
    assert "parts" not in describe(media)["names"]["hls"], "what others keep does not grow with its length"
    cuts = [
        [float(one) for one in re.findall(r"#EXTINF:([\d.]+)", beside(desk, media, name).decode())]
        for name in ("hls-360.m3u8", "hls-480.m3u8")
    ]
    assert cuts[0] == cuts[1]
    assert max(cuts[0]) <= 6
    assert sum(cuts[0]) == pytest.approx(13, abs=0.2)


def test_nothing_of_its_maker_is_left(desk: Desk) -> None:
    content = films.film()
    assert films.SECRET.encode() in content and b"+52.52" in content
    media = desk.made(content, **VIDEO)
    for key, made in everything(desk, media).items():
        assert films.SECRET.encode() not in made and b"+52.52" not in made, key


def test_no_size_is_larger_than_the_film(desk: Desk) -> None:
    media = desk.made(films.silent_film(), **VIDEO)
    assert "RESOLUTION=320x180" in rendition(desk, media, "hls").decode()
    assert media.renditions["mp4"]["h"] == 180


def test_a_film_without_sound_plays_without(desk: Desk) -> None:
    media = desk.made(films.silent_film(), **VIDEO)
    assert media.state == "ready"
    assert "Audio" not in films.told_of(rendition(desk, media, "mp4"))


def test_a_film_held_upright_stands_upright(desk: Desk) -> None:
    media = desk.made(films.turned_film(), **VIDEO)
    assert (media.width, media.height) == (180, 320)
    told = films.told_of(rendition(desk, media, "mp4"))
    assert "180x320" in told and "rotation" not in told
    assert media.renditions["poster"]["w"] == 180


@pytest.mark.parametrize(
    ("words", "suffix", "kind"),
    [
        ((*films.picture("321x183", 2), "-c:v", "mpeg4"), ".mp4", "video/mp4"),
        ((*films.picture("320x180", 2), "-vf", "select='not(mod(n,7))+lt(n,9)'", "-fps_mode", "vfr",
          *films.H264), ".mp4", "video/mp4"),
        ((*films.picture("360x288", 2), "-vf", "setsar=16/11", "-flags", "+ilme+ildct", "-c:v", "mpeg2video"),
         ".avi", "video/x-msvideo"),
        ((*films.picture("320x180", 1), *WIDE_RANGE), ".mp4", "video/mp4"),
        ((*films.picture("320x180", 2), *films.tone(2), "-c:v", "libvpx", "-deadline", "realtime", "-c:a",
          "libopus"), ".webm", "video/webm"),
    ],
    ids=["odd", "unsteady", "interlaced", "wide range", "webm"],
)  # fmt: skip
def test_what_cameras_and_screens_make_is_taken(
    desk: Desk, words: tuple[str, ...], suffix: str, kind: str
) -> None:
    media = desk.made(films.made(*words, suffix=suffix), name=f"a{suffix}", kind=kind)
    assert (media.state, media.trouble) == ("ready", None)
    told = films.told_of(rendition(desk, media, "mp4"))
    assert "yuv420p(" in told and "bt2020" not in told
    found = re.search(r", (\d+)x(\d+)[ ,]", told)
    assert found and int(found[1]) % 2 == int(found[2]) % 2 == 0


WITH_SOUND = (*films.picture("320x180", 2), *films.tone(2))


def old_quicktime() -> bytes:
    """Without the brand that newer ones begin with."""
    content = films.made(*WITH_SOUND, *films.H264, "-c:a", "aac", suffix=".mov")
    return content.replace(b"ftyp", b"wide", 1)


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (lambda: films.made(*WITH_SOUND, *films.H264, "-c:a", "ac3", suffix=".ts"), "video/mp2t"),
        (lambda: films.made(*WITH_SOUND, *films.H264, "-c:a", "ac3", suffix=".m2ts"), "video/mp2t"),
        (lambda: films.made(*WITH_SOUND, "-c:v", "mpeg2video", "-c:a", "mp2", suffix=".mpg"), "video/mpeg"),
        (lambda: films.made(*WITH_SOUND, "-c:v", "mjpeg", "-c:a", "pcm_u8", suffix=".avi"),
         "video/x-msvideo"),
        (old_quicktime, "video/quicktime"),
    ],
    ids=["transport stream", "camcorder", "program stream", "old camera", "old quicktime"],
)  # fmt: skip
def test_what_it_is_says_its_content_whatever_it_is_called(
    desk: Desk, content: "Callable[[], bytes]", content_type: str
) -> None:
    media = desk.made(content(), **VIDEO)
    assert (media.content_type, media.state, media.trouble) == (content_type, "ready", None)
    told = films.told_of(rendition(desk, media, "mp4"))
    assert "320x180" in told and "Audio: aac" in told
    assert media.duration_ms == pytest.approx(2_000, abs=200)


def test_a_few_signs_of_a_stream_make_no_film(desk: Desk) -> None:
    assert desk.made((b"G" + bytes(187)) * 400, **VIDEO).trouble == "broken"
    one = b"G" + bytes(599)
    assert desk.part(desk.ask(len(one), **VIDEO).headers["Location"], 0, one).status_code == 415


def test_sound_alone_in_a_films_wrapping_is_sound(desk: Desk) -> None:
    media = desk.made(films.made(*films.tone(), "-c:a", "aac"), **VIDEO)
    assert (media.state, media.kind) == ("ready", "audio")
    assert media.renditions.keys() == {"audio", "wave"}


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
@pytest.mark.parametrize("sound", [films.tone(1), ()], ids=["sound", "silent"])
def test_a_film_with_a_time_code_keeps_its_picture(desk: Desk, suffix: str, sound: tuple[str, ...]) -> None:
    words = (*films.picture("64x64", 1), *sound, *films.H264, "-timecode", "01:02:03:04")
    media = desk.made(films.made(*words, suffix=suffix), **VIDEO)
    assert (media.state, media.kind) == ("ready", "video")
    told = films.told_of(rendition(desk, media, "mp4"))
    assert "64x64" in told and "tmcd" not in told
    assert ("Audio: aac" in told) == bool(sound)


def test_a_remark_that_calls_itself_a_stream_is_none(tmp_path: Path) -> None:
    """Whether streams are told of in a group or not."""
    stream = "Video: h264, yuv420p, 64x64, 25 fps"
    remarks = {
        "Stream group #0:0[0x9]": "Track Reference:",
        "Stream #0:0: Video": stream,
        "b": f"x\n    {stream}",
    }
    hostile = [word for name, text in remarks.items() for word in ("-metadata", f"{name}={text}")]
    kept = ("-c:a", "aac", *hostile, "-movflags", "use_metadata_tags")
    source = tmp_path / "film.mp4"
    source.write_bytes(films.made(*films.tone(1), *kept))
    assert probe.look(source, "video/mp4").film is None
    source.write_bytes(
        films.made(*films.picture("96x96", 1), *films.tone(1), *kept, "-timecode", "01:02:03:04")
    )
    film = probe.look(source, "video/mp4").film
    assert film and (film.width, film.height) == (96, 96)


@pytest.mark.parametrize(
    ("pictures", "rate", "sound"), [(1, 25, 5), (1, 1, 15)], ids=["a short film", "a still with a song"]
)
def test_the_last_picture_stays_for_as_long_as_there_is_sound(
    desk: Desk, pictures: int, rate: int, sound: int
) -> None:
    words = (*films.picture("64x64", pictures, rate), *films.tone(sound), *films.H264, "-c:a", "aac")
    media = desk.made(films.made(*words), **VIDEO)
    assert (media.state, media.kind, media.trouble) == ("ready", "video", None)
    assert media.duration_ms == pytest.approx(sound * 1_000, abs=50)
    mp4 = rendition(desk, media, "mp4")
    for track in ("0:v", "0:a"):
        assert films.seconds_of(mp4, ".mp4", "-map", track) == pytest.approx(sound, abs=0.2)
    assert {"poster", "preview"} <= media.renditions.keys()


def test_a_film_plays_without_its_glimpse(tmp_path: Path) -> None:
    """Here something is in the way of the file for it."""
    source = tmp_path / "film.mp4"
    source.write_bytes(films.silent_film("64x64"))
    (tmp_path / "preview.webp").mkdir()
    names = video.make(source, tmp_path, "video/mp4", lambda percent: None)["names"]
    assert "preview" not in names and {"hls", "mp4", "poster"} <= names.keys()


def test_progress_is_told_while_it_is_made(tmp_path: Path) -> None:
    seen: list[int] = []
    source = tmp_path / "film.mp4"
    source.write_bytes(films.film("768x480", 16, rate=12))
    video.make(source, tmp_path, "video/mp4", seen.append)
    assert seen == sorted(seen)
    assert len(set(seen)) > 3
    assert seen[-1] < 100
