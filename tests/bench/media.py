"""P8: three WebP renditions of a photo of 24 megapixels, and what it takes.

libvips makes the same sizes in the way that suits it best: the largest from the file, the others from that
one. Pillow used plainly, as one writes it at first, is told beside it. Each is a program of its own, so that
starting it counts and its memory is its own.

Beside P8, what AVIF would take and give in place of WebP, when it looks as near to the picture as ours does.
`PHOTOS=folder` measures photos of your own.
"""

import bisect
import io
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, process_time

from PIL import Image

from app.demo.art.drawing import MOTIFS, Picture, draw
from app.media import apart
from app.media.apart import ffmpeg, picture_program
from tests.bench.harness import Bench, Samples, interleaved, measure

WIDTH, HEIGHT = 6_000, 4_000
ROUNDS = 7
GOAL_MEMORY_MB = 120

Command = list[str]

PLAINLY = """
import sys
from PIL import Image, ImageOps
photo = ImageOps.exif_transpose(Image.open(sys.argv[1])).convert("RGB")
for width in (1600, 800, 320):
    size = photo.resize((width, round(photo.height * width / photo.width)), Image.Resampling.LANCZOS)
    size.save(f"{sys.argv[2]}/{width}.webp", quality=80, method=3)
"""
VIPS = """
import sys
import pyvips
largest = pyvips.Image.thumbnail(sys.argv[1], 1600).copy_memory()
for width in (1600, 800, 320):
    size = largest if width == 1600 else largest.resize(width / largest.width)
    size.webpsave(f"{sys.argv[2]}/{width}.webp", Q=80, effort=3, keep="none")
"""
PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def ours(photo: Path, out: Path) -> Command:
    return [sys.executable, "-I", str(apart.PICTURE_PROGRAM), str(photo), str(out), "post"]


def plainly(photo: Path, out: Path) -> Command:
    return [sys.executable, "-I", "-c", PLAINLY, str(photo), str(out)]


def by_libvips(photo: Path, out: Path) -> Command:
    return [sys.executable, "-I", "-c", VIPS, str(photo), str(out)]


@measure("P8", "renditions_of_24_megapixels_to_libvips", goal=">= 0.95")
def to_libvips(bench: Bench) -> Samples:
    return speed(by_libvips)


@measure("P8", "renditions_of_24_megapixels_to_plain_pillow", goal="told, not set")
def to_plain_pillow(bench: Bench) -> Samples:
    return speed(plainly)


@measure("P8", "peak_memory_mb", goal=f"<= {GOAL_MEMORY_MB}")
def peak_memory(bench: Bench) -> Samples:
    with a_photo() as (photo, out):
        return Samples([_peak_mb(ours(photo, out))], exact=True)


def speed(baseline: Callable[[Path, Path], Command]) -> Samples:
    """Megapixels a second, as a ratio."""
    with a_photo() as (photo, out):
        return interleaved(
            lambda: _megapixels_a_second(baseline(photo, out)),
            lambda: _megapixels_a_second(ours(photo, out)),
            ROUNDS,
        )


@contextmanager
def a_photo() -> Iterator[tuple[Path, Path]]:
    """Soft slopes with grain on them: as many bytes as a photo of this size has. And a folder to work in."""
    grain = Image.effect_noise((WIDTH // 4, HEIGHT // 4), 40).resize((WIDTH, HEIGHT))
    slope = Image.linear_gradient("L").resize((WIDTH, HEIGHT))
    photo = Image.merge("RGB", (Image.blend(slope, grain, 0.4), slope.rotate(180), grain))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photo.jpg"
        photo.save(path, "JPEG", quality=88)
        yield path, Path(folder)


def _megapixels_a_second(command: Command) -> float:
    began = perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return WIDTH * HEIGHT / 1e6 / (perf_counter() - began)


def _peak_mb(command: Command) -> float:
    """Told by a small parent: a process begins with the peak of the one that started it."""
    told = subprocess.run([sys.executable, "-I", "-c", PEAK, *command], check=True, stdout=subprocess.PIPE)
    return int(told.stdout.split()[-1]) / 1024


# ---- AVIF

AVIF_WIDTHS = (1_600, 800)
# Pillow's own speed, and a quicker one.
SPEEDS = (6, 8)
SHARP = range(40, 91, 5)
DRAWN = 3
SSIM = re.compile(r"All:([\d.]+)")


def lines() -> Iterator[str]:
    """Bytes and processor time of AVIF as a share of those of WebP, the sum of all pictures."""
    chosen = {"drawn": list(_drawn()), "photos": list(_photos())}
    for kind, pictures in chosen.items():
        for width in AVIF_WIDTHS if pictures else ():
            for speed in SPEEDS:
                yield _compared(kind, [_fitted(one, width) for one in pictures], width, speed)


def _drawn() -> Iterator[Image.Image]:
    for motif in sorted(MOTIFS)[:DRAWN]:
        yield draw(Picture(motif, "bench", (1_600, 1_200), ""))


def _photos() -> Iterator[Image.Image]:
    if folder := os.environ.get("PHOTOS"):
        for file in sorted(Path(folder).iterdir()):
            yield Image.open(file).convert("RGB")


def _fitted(picture: Image.Image, width: int) -> Image.Image:
    if picture.width <= width:
        return picture
    size = (width, round(picture.height * width / picture.width))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _compared(kind: str, pictures: list[Image.Image], width: int, speed: int) -> str:
    webp = [_encoded(one, "WEBP", picture_program.QUALITY, method=picture_program.EFFORT) for one in pictures]
    avif = [_as_near(one, made, speed) for one, (made, _) in zip(pictures, webp, strict=True)]
    sizes, times = ([sum(len(one[0]) for one in made), sum(one[1] for one in made)] for made in (avif, webp))
    return (
        f"avif {kind} {width} speed {speed}: bytes {sizes[0] / times[0]:.2f} of webp, "
        f"time {sizes[1] / times[1]:.1f} of webp ({1_000 * sizes[1] / len(pictures):.0f} ms a picture)"
    )


def _as_near(picture: Image.Image, webp: bytes, speed: int) -> tuple[bytes, float]:
    """The smallest that is at least as near to the picture."""
    goal = _nearness(picture, webp)

    def at(quality: int) -> tuple[bytes, float]:
        return _encoded(picture, "AVIF", quality, speed=speed, max_threads=1)

    found = bisect.bisect_left(SHARP, goal, key=lambda quality: _nearness(picture, at(quality)[0]))
    return at(SHARP[min(found, len(SHARP) - 1)])


def _encoded(picture: Image.Image, form: str, quality: int, **options: int) -> tuple[bytes, float]:
    out, began = io.BytesIO(), process_time()
    picture.save(out, form, quality=quality, **options)
    return out.getvalue(), process_time() - began


def _nearness(picture: Image.Image, made: bytes) -> float:
    """Structural similarity, as ffmpeg finds it."""
    with tempfile.TemporaryDirectory() as folder:
        picture.save(f"{folder}/a.png", compress_level=0)
        Image.open(io.BytesIO(made)).convert("RGB").save(f"{folder}/b.png", compress_level=0)
        pair = ["-i", f"{folder}/a.png", "-i", f"{folder}/b.png", "-lavfi", "ssim", "-f", "null", "-"]
        told = subprocess.run([ffmpeg.program(), *pair], capture_output=True, check=True).stderr.decode()
    return float(SSIM.findall(told)[-1])
