"""A film: H.264 and AAC in two or three sizes as HLS, one MP4, a poster, a glimpse of it in motion.

Each size has its keyframes at the same pictures, so that a player changes between them. The largest is made
by itself: all of them at once would hold more pictures in memory than a small machine has room for.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.media import apart, playlists
from app.media.apart import MB, Bounds, audio, ffmpeg
from app.media.apart.probe import Facts, Film, look
from app.media.errors import UploadRefused

Made = dict[str, Any]

# Of the shorter side: most it takes, in kilobits a second.
LADDER = {360: 900, 720: 2_800, 1_080: 5_000}
# A size of its own for what is clearly larger than the last step.
STEP = 1.25
MP4_MOST = 720
SOUND_RATE = 128
GROUP_SECONDS, GROUPS = 2, 3
# Little is looked ahead: each picture that waits is one in memory.
H264 = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-rc-lookahead", "4", "-bf", "1")
PREVIEW = {"seconds": 3, "width": 320, "rate": 10, "quality": 55}
PREVIEW_FROM_MS = 1_500
ENCODED, WRAPPED = 90, 95  # of the progress: the rest is quick
HLS = "application/vnd.apple.mpegurl"
TURN_PLAYLIST = "turn.m3u8"
# Light beyond the usual screen brought into its range, as far as that goes.
NARROWED = (
    "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0,"
    "zscale=t=bt709:m=bt709:r=tv"
)
AFTERWARDS = Bounds(seconds=300, memory=400 * MB)


@dataclass(frozen=True, slots=True)
class Size:
    width: int
    height: int

    @property
    def short(self) -> int:
        return min(self.width, self.height)

    @property
    def playlist(self) -> str:
        return f"hls-{self.short}.m3u8"

    @property
    def most(self) -> int:
        return next((rate for short, rate in LADDER.items() if short >= self.short), LADDER[1_080])


def make(source: Path, out: Path, content_type: str, tell: Callable[[int], None]) -> Made:
    """Sound alone in a film's wrapping is sound."""
    facts = look(source, content_type)
    film = facts.film
    if film is None:
        return audio.encode(source, out, content_type, facts, tell) | {"kind": "audio"}
    sizes = _sizes(film)
    _encode(source, out, content_type, facts, film, tell)
    largest = out / sizes[-1].playlist
    if not largest.is_file() or "#EXTINF" not in largest.read_text():
        raise UploadRefused("broken")
    names = {"hls": _told(out / "hls.m3u8", HLS, sizes[-1]) | {"parts": _parts(out)}}
    names["mp4"] = _mp4(sizes, out, facts)
    tell(WRAPPED)
    pictures = _poster(largest, out, facts.ms)
    names |= {"poster": dict(pictures["names"]["w800"]), **pictures["names"]}
    if facts.ms >= PREVIEW_FROM_MS:
        with suppress(UploadRefused):  # it plays without as well
            names["preview"] = _preview(sizes[0], out, facts.ms)
    return {"w": film.width, "h": film.height, "ms": facts.ms, "color": pictures["color"], "names": names}


def _sizes(film: Film) -> list[Size]:
    """From small to large, none larger than the film."""
    short = min(film.width, film.height)
    steps = [step for step in LADDER if step <= short]
    largest = steps[-1] if steps else 0
    if short < max(LADDER) and short > STEP * largest:
        steps.append(short)
    return [_size(film, step / short) for step in steps]


def _size(film: Film, scale: float) -> Size:
    """H.264 wants even sides."""
    return Size(*(max(2, round(side * scale / 2) * 2) for side in (film.width, film.height)))


def _encode(
    source: Path,
    out: Path,
    content_type: str,
    facts: Facts,
    film: Film,
    tell: Callable[[int], None],
) -> None:
    """A playlist for all, put together of those that the turns leave."""
    turns = _turns(_sizes(film))
    share, told = ENCODED // len(turns), []
    for number, sizes in enumerate(turns):
        said, hear = ffmpeg.progress_of(facts.ms, tell, begin=number * share, share=share)
        # In one reading the last picture comes out after all of the sound; in two, sound waits for pictures.
        given = [*said, *ffmpeg.strange(source, content_type) * (2 if facts.outlasted else 1)]
        ffmpeg.run([*given, *_turn(out, facts, film, sizes)], _bounds(facts, film), hear)
        told.append((out / TURN_PLAYLIST).read_text() if (out / TURN_PLAYLIST).is_file() else "")
    (out / "hls.m3u8").write_text(playlists.joined(told))


def _turns(sizes: Sequence[Size]) -> list[Sequence[Size]]:
    return [some for some in (sizes[:-1], sizes[-1:]) if some]


def _turn(out: Path, facts: Facts, film: Film, sizes: Sequence[Size]) -> list[str]:
    sound, group = facts.sound, max(1, int(film.rate * GROUP_SECONDS))
    pictures = [word for number in range(len(sizes)) for word in ("-map", f"[v{number}]")]
    sounds = ["-map", f"{int(facts.outlasted)}:{sound.stream}"] * len(sizes) if sound else []
    return [
        "-filter_complex_threads", "1", "-filter_complex", _graph(facts, film, sizes), *pictures, *sounds,
        *ffmpeg.STRIPPED, "-t", f"{facts.ms / 1_000 + 1:.3f}", "-threads", "1",
        *H264, "-g", str(group), "-keyint_min", str(group), "-sc_threshold", "0", *_rates(sizes),
        *(_sound() if sound else ()),
        "-f", "hls", "-hls_time", f"{group * GROUPS / film.rate - 0.05:.3f}", "-hls_playlist_type", "vod",
        "-hls_flags", "independent_segments", "-hls_segment_filename", str(out / "hls-%v-%05d.ts"),
        "-master_pl_name", TURN_PLAYLIST, "-var_stream_map", _variants(sizes, sounding=bool(sound)),
        str(out / "hls-%v.m3u8"),
    ]  # fmt: skip


def _graph(facts: Facts, film: Film, sizes: Sequence[Size]) -> str:
    """Made smaller first, so that few large pictures wait; then a steady rate, so that each size cuts at the
    same pictures. The last one stays for as long as there is sound."""
    largest, seconds = sizes[-1], f"{facts.ms / 1_000:.3f}"
    steady = [
        *(["bwdif=send_frame:auto:interlaced"] if film.interlaced else ()),
        f"scale={largest.width}:{largest.height}:flags=bicubic",
        *([NARROWED] if film.wide_range else ()),
        f"format=yuv420p,fps={film.rate:g}:start_time=0",
        *([f"tpad=stop_mode=clone:stop_duration={seconds},trim=end={seconds}"] if facts.outlasted else ()),
    ]
    ends = "".join(f"[s{number}]" for number in range(len(sizes)))
    scaled = (
        f"[s{number}]scale={size.width}:{size.height}:flags=bicubic,setsar=1[v{number}]"
        for number, size in enumerate(sizes)
    )
    return f"[0:{film.stream}]{','.join(steady)},split={len(sizes)}{ends};" + ";".join(scaled)


def _rates(sizes: Iterable[Size]) -> list[str]:
    return [
        word
        for number, size in enumerate(sizes)
        for word in (f"-maxrate:v:{number}", f"{size.most}k", f"-bufsize:v:{number}", f"{2 * size.most}k")
    ]


def _sound() -> list[str]:
    """Held to the picture's time, whatever gaps it has."""
    return [
        "-c:a",
        "aac",
        "-b:a",
        f"{SOUND_RATE}k",
        "-ac",
        "2",
        "-ar",
        "48000",
        "-af",
        "aresample=async=1:first_pts=0",
    ]


def _variants(sizes: Sequence[Size], *, sounding: bool) -> str:
    return " ".join(
        f"v:{number}{f',a:{number}' if sounding else ''},name:{size.short}"
        for number, size in enumerate(sizes)
    )


def _bounds(facts: Facts, film: Film) -> Bounds:
    """Time by its length, memory by its pictures."""
    seconds = facts.ms // 1_000
    pixels = film.width * film.height
    return Bounds(seconds=120 + 30 * seconds, memory=400 * MB + 30 * pixels, written=(64 + 2 * seconds) * MB)


def _mp4(sizes: Sequence[Size], out: Path, facts: Facts) -> Made:
    """For browsers that do not speak HLS. The pictures are those of one of its sizes."""
    size = [size for size in sizes if size is sizes[0] or size.short <= MP4_MOST][-1]
    file, seconds = out / "mp4.mp4", facts.ms // 1_000
    copied = ["-map", "0", "-c", "copy", *ffmpeg.STRIPPED, "-movflags", "+faststart", "-f", "mp4", str(file)]
    bounds = Bounds(seconds=120 + seconds, memory=AFTERWARDS.memory, written=(64 + 2 * seconds) * MB)
    ffmpeg.run([*ffmpeg.ours(out / size.playlist), *copied], bounds, ffmpeg.nothing)
    return _told(file, "video/mp4", size)


def _poster(playlist: Path, out: Path, ms: int) -> Made:
    """Among some pictures near its beginning the one that shows most, in the sizes of any picture."""
    frame = out / "frame.png"
    chosen = ["-an", "-vf", "fps=4,thumbnail=8", "-frames:v", "1", "-update", "1", "-f", "image2", str(frame)]
    ffmpeg.run([*ffmpeg.ours(playlist, at=min(ms / 10_000, 20)), *chosen], AFTERWARDS, ffmpeg.nothing)
    if not frame.is_file():
        raise UploadRefused("broken")
    return apart.picture(frame, out, "post")


def _preview(size: Size, out: Path, ms: int) -> Made:
    """A few seconds without sound, for those who point at it in a list."""
    file, width = out / "preview.webp", min(PREVIEW["width"], size.width)
    moving = f"fps={PREVIEW['rate']},scale={width}:-2"
    told = ["-an", "-t", str(PREVIEW["seconds"]), "-vf", moving, "-c:v", "libwebp_anim"]
    kept = ["-loop", "0", "-quality", str(PREVIEW["quality"]), "-f", "webp", str(file)]
    ffmpeg.run([*ffmpeg.ours(out / size.playlist, at=ms / 5_000), *told, *kept], AFTERWARDS, ffmpeg.nothing)
    return _told(file, "image/webp", _size_of(width, size))


def _size_of(width: int, size: Size) -> Size:
    return Size(width, round(size.height * width / size.width / 2) * 2)


def _told(file: Path, content_type: str, size: Size) -> Made:
    return {
        "file": file.name,
        "w": size.width,
        "h": size.height,
        "type": content_type,
        "bytes": file.stat().st_size,
    }


def _parts(out: Path) -> dict[str, int]:
    """What lies beside the first playlist: one playlist a size, and the segments."""
    found = sorted(path for path in out.glob("hls-*") if path.is_file())
    return {path.name: path.stat().st_size for path in found}
