"""P8: three WebP renditions of a photo of 24 megapixels, and what it takes.

libvips makes the same sizes in the way that suits it best: the largest from the file, the others from that
one. Pillow used plainly, as one writes it at first, is told beside it. Each is a program of its own, so that
starting it counts and its memory is its own.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from PIL import Image

from app.media import apart
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
