"""What comes of pictures: renditions without anything but the picture, and a clear no to what would hurt."""

import io
import json
import socket
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image, PngImagePlugin

from app.media import apart
from app.media.apart import Bounds
from app.media.errors import TROUBLES, UploadRefused
from app.media.models import Media
from app.platform.storage import storage
from tests.factories.media import picture_bytes
from tests.media.conftest import Desk
from tests.support import eventually

GPS, ORIENTATION, MAKE = 0x8825, 0x0112, 0x010F
PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
SECRET = b"a very private remark"


def stored(desk: Desk, media: Media, name: str) -> bytes:
    with desk.app.app_context():
        return storage().open(media.renditions[name]["key"]).read()


def opened(desk: Desk, media: Media, name: str) -> Image.Image:
    return Image.open(io.BytesIO(stored(desk, media, name)))


def widths(media: Media) -> dict[str, tuple[int, int]]:
    return {name: (one["w"], one["h"]) for name, one in media.renditions.items()}


def clear_picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGBA", (500, 400), (200, 80, 40, 90)).save(out, "PNG")
    return out.getvalue()


def with_everything(width: int, height: int) -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[MAKE] = SECRET.decode()
    exif.get_ifd(GPS)[2] = (52.0, 31.0, 12.0)
    return picture_bytes(width, height, exif=exif, comment=SECRET, xmp=b"<x>" + SECRET + b"</x>")


def test_a_large_picture_gets_three_sizes_a_teaser_and_a_color(desk: Desk) -> None:
    media = desk.made(picture_bytes(2000, 1000))
    assert media.state == "ready"
    assert (media.width, media.height) == (2000, 1000)
    sizes = widths(media)
    assert sizes == {"w1600": (1600, 800), "w800": (800, 400), "w320": (320, 160), "teaser": (96, 48)}
    assert media.color.startswith("#")
    assert opened(desk, media, "w800").format == "WEBP"
    assert len(stored(desk, media, "teaser")) < 1000


def test_a_small_picture_is_never_made_larger(desk: Desk) -> None:
    assert widths(desk.made(picture_bytes(100, 80)))["w1600"] == (100, 80)
    assert widths(desk.made(picture_bytes(1, 1)))["w320"] == (1, 1)


def test_a_turned_picture_stands_upright_and_says_nothing_of_its_maker(desk: Desk) -> None:
    content = with_everything(400, 200)
    assert SECRET in content
    media = desk.made(content)
    assert (media.width, media.height) == (200, 400)
    for name in media.renditions:
        made = opened(desk, media, name)
        assert made.height > made.width
        assert not made.getexif()
        assert SECRET not in stored(desk, media, name)
        assert {"exif", "xmp", "icc_profile"} & made.info.keys() == set()


CORNERS = {(0, 0): "#ff0000", (1, 0): "#00ff00", (0, 1): "#0000ff", (1, 1): "#ffffff"}


def with_corners(width: int, height: int, form: str, orientation: int) -> bytes:
    picture = Image.new("RGB", (width, height))
    half = (width // 2, height // 2)
    for (right, down), corner in CORNERS.items():
        picture.paste(corner, (right * half[0], down * half[1], width, height))
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKE] = orientation, SECRET.decode()
    out = io.BytesIO()
    picture.save(out, form, exif=exif, **({"method": 0} if form == "WEBP" else {"compress_level": 1}))
    return out.getvalue()


def corners(picture: Image.Image) -> list[str]:
    """Clockwise from the left above."""
    flat = picture.convert("RGB")
    across, down = flat.width // 4, flat.height // 4
    places = [(across, down), (3 * across, down), (3 * across, 3 * down), (across, 3 * down)]
    spots = [flat.getpixel(place) for place in places]
    return ["".join("f" if part > 128 else "0" for part in spot) for spot in spots]  # type: ignore[union-attr]


# By what is noted: its corners as they stand in the end.
STANDS = {
    1: ["f00", "0f0", "fff", "00f"],
    2: ["0f0", "f00", "00f", "fff"],
    3: ["fff", "00f", "f00", "0f0"],
    4: ["00f", "fff", "0f0", "f00"],
    5: ["f00", "00f", "fff", "0f0"],
    6: ["00f", "f00", "0f0", "fff"],
    7: ["fff", "0f0", "f00", "00f"],
    8: ["0f0", "fff", "00f", "f00"],
}


@pytest.mark.parametrize(
    ("form", "purpose", "size", "ways"),
    [
        ("PNG", "avatar", (1_100, 1_040), range(1, 9)),
        ("WEBP", "avatar", (1_100, 1_040), (3, 6)),
        ("PNG", "post", (6_500, 400), (8,)),
    ],
)
def test_a_picture_turned_in_any_way_stands_upright_however_large_it_is(
    tmp_path: Path, form: str, purpose: str, size: tuple[int, int], ways: Iterable[int]
) -> None:
    source = tmp_path / "turned"
    for orientation in ways:
        source.write_bytes(with_corners(*size, form, orientation))
        told = apart.picture(source, tmp_path, purpose)
        assert (told["w"], told["h"]) == (size[::-1] if orientation > 4 else size)
        for name, one in told["names"].items():
            content = (tmp_path / one["file"]).read_bytes()
            made = Image.open(io.BytesIO(content))
            assert not made.getexif() and SECRET not in content and b"EXIF" not in content
            if name != "teaser":
                assert corners(made) == STANDS[orientation], (orientation, name)


def test_an_avatar_is_square(desk: Desk) -> None:
    media = desk.made(picture_bytes(900, 300), purpose="avatar")
    assert widths(media) == {"square256": (256, 256), "square96": (96, 96), "podcast": (1400, 1400)}


@pytest.mark.parametrize(
    "content",
    [picture_bytes(64, 48), picture_bytes(3_000, 2_000), picture_bytes(30, 5_000, "PNG"), clear_picture()],
    ids=["small", "large", "strip", "clear"],
)
def test_an_avatar_is_also_a_picture_that_directories_of_podcasts_take(desk: Desk, content: bytes) -> None:
    media = desk.made(content, purpose="avatar")
    made = Image.open(io.BytesIO(stored(desk, media, "podcast")))
    assert (made.format, made.mode, made.size) == ("JPEG", "RGB", (1400, 1400))
    assert media.renditions["podcast"]["type"] == "image/jpeg"


@pytest.mark.parametrize(
    ("form", "mode"),
    [("PNG", "RGBA"), ("PNG", "P"), ("PNG", "I;16"), ("PNG", "1"), ("PNG", "LA"), ("GIF", "P"),
     ("WEBP", "RGBA"), ("AVIF", "RGB"), ("JPEG", "CMYK"), ("JPEG", "L")],
)  # fmt: skip
def test_every_common_form_is_read(desk: Desk, form: str, mode: str) -> None:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((90, 60)).convert("L").convert(mode).save(out, form)
    media = desk.made(out.getvalue())
    assert media.state == "ready", media.trouble
    assert opened(desk, media, "w320").size == (90, 60)


def giant_jpeg() -> bytes:
    """64k by 64k, by its own word."""
    small = bytearray(picture_bytes())
    at = small.index(b"\xff\xc0")
    small[at + 5 : at + 9] = struct.pack(">HH", 65_500, 65_500)
    return bytes(small)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_of(width: int, height: int, *more: tuple[bytes, bytes]) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    body = zlib.compress(bytes(1_000_000), 9)
    parts = [(b"IHDR", head), *more, (b"IDAT", body), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(name, data) for name, data in parts)


def giant_png() -> bytes:
    """A few kilobytes that unfold to hundreds of megabytes."""
    return png_of(30_001, 30_001)


def profile_bomb() -> bytes:
    """A colour profile that unfolds to 200 megabytes."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1_000_000)) for _ in range(200)) + packer.flush()
    return png_of(400, 300, (b"iCCP", b"x\0\0" + packed))


def giant_webp() -> bytes:
    """By its own word: 16k by 16k, of which a decoder makes room for two at once."""
    head = b"VP8X" + struct.pack("<I", 10) + bytes(4) + b"\xfe\x3f\x00" * 2
    return b"RIFF" + struct.pack("<I", len(head) + 4) + b"WEBP" + head


def animated_webp() -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", (4_000, 3_300), (number, 0, 0)) for number in range(2)]
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], method=0)
    return out.getvalue()


def text_bomb() -> bytes:
    remarks = PngImagePlugin.PngInfo()
    for number in range(20):
        remarks.add_text(f"k{number}", "x" * 10_000_000, zip=True)
    return picture_bytes(form="PNG", pnginfo=remarks)


@pytest.mark.parametrize(
    ("hostile", "trouble"),
    [
        (giant_jpeg, "dimensions"),
        (giant_png, "dimensions"),
        (giant_webp, "dimensions"),
        (animated_webp, "heavy"),
        (profile_bomb, "broken"),
        (lambda: b"GIF89a=1;/*" + bytes(40) + b"*/alert(1)", "broken"),
        (text_bomb, "broken"),
        (lambda: picture_bytes(800, 600)[:2000], "broken"),
        (lambda: picture_bytes(80, 60, "PNG")[:90], "broken"),
        (lambda: b"\xff\xd8\xff\xe0" + bytes(500), "broken"),
        (lambda: b"GIF89a" + b"<script>alert(1)</script>" * 9, "broken"),
    ],
)
def test_what_would_hurt_is_refused_in_a_sentence(desk: Desk, hostile: Any, trouble: str) -> None:
    media = desk.made(hostile())
    assert (media.state, media.trouble) == ("failed", trouble)
    assert media.renditions == {}
    assert TROUBLES[trouble] in desk.page.get("/dashboard/media").text


@pytest.mark.parametrize(
    ("form", "mode"),
    [
        ("PNG", "RGBA"),
        pytest.param("PNG", "P", marks=pytest.mark.fault_long),
        pytest.param("JPEG", "RGB", marks=pytest.mark.fault_long),
    ],
)
def test_the_largest_that_is_taken_needs_less_than_300_megabytes(
    tmp_path: Path, form: str, mode: str
) -> None:
    largest = Image.new(mode, (8_000, 5_000), 60)
    quick: dict[str, Any] = {"compress_level": 1} if form == "PNG" else {"progressive": True}
    largest.save(tmp_path / "largest", form, **quick)
    command = [
        sys.executable,
        "-I",
        str(apart.PICTURE_PROGRAM),
        str(tmp_path / "largest"),
        str(tmp_path),
        "post",
    ]
    told = subprocess.run([sys.executable, "-I", "-c", PEAK, *command], check=True, stdout=subprocess.PIPE)
    said, peak = told.stdout.splitlines()
    made = json.loads(said)
    assert (made["w"], made["names"]["w1600"]["h"]) == (8_000, 1_000)
    assert int(peak) < 300 * 1024


def test_clear_parts_stay_clear_and_have_no_color(desk: Desk) -> None:
    out = io.BytesIO()
    palette = Image.new("P", (90, 60), 1)
    palette.putpalette([0, 0, 0, 200, 30, 30])
    palette.paste(0, (0, 0, 45, 60))
    palette.save(out, "PNG", transparency=0)
    media = desk.made(out.getvalue())
    made = opened(desk, media, "w320").convert("RGBA")
    assert (made.getpixel((5, 5))[3], made.getpixel((80, 5))[3]) == (0, 255)  # type: ignore[index]
    assert media.color == ""


def test_an_animated_giant_costs_no_more_than_its_first_picture(desk: Desk) -> None:
    frames = [Image.new("P", (1000, 1000), number % 250) for number in range(300)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    assert desk.made(out.getvalue()).state == "ready"


def test_what_is_hidden_behind_a_picture_is_left_behind(desk: Desk) -> None:
    media = desk.made(picture_bytes() + b"<script>alert(1)</script>PK\x03\x04")
    assert media.state == "ready"
    for name in media.renditions:
        assert b"script" not in stored(desk, media, name)


def test_a_program_that_takes_too_much_is_stopped() -> None:
    assert was_stopped("x = bytearray(400_000_000)")
    assert was_stopped("while True: pass")
    assert was_stopped("import time; time.sleep(60)")


# A system may keep such walls from those who are not root.
@pytest.mark.skipif(not apart.network_closes(), reason="this system closes no network")
def test_a_program_reaches_nobody_outside() -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        address = somebody.getsockname()
        program = f"import socket; socket.create_connection({address!r}, 5)"
        command = [sys.executable, "-c", program]
        assert subprocess.run(command, check=False).returncode == 0
        told = apart.run(command, Bounds(seconds=10, memory=200 * apart.MB))
    assert told.returncode != 0
    assert b"unreachable" in told.stderr


def test_a_program_dies_with_whoever_started_it() -> None:
    starter = (
        "import os, sys\n"
        "from app.media import apart\n"
        "sleeper = [sys.executable, '-c', 'import time; print(1, flush=True); time.sleep(60)']\n"
        "with apart.started(sleeper, apart.PICTURE) as process:\n"
        "    process.stdout.readline()\n"
        "    print(process.pid, flush=True)\n"
        "    os._exit(9)\n"
    )
    told = subprocess.run([sys.executable, "-c", starter], check=False, stdout=subprocess.PIPE)
    eventually(lambda: not psutil.pid_exists(int(told.stdout)))


def was_stopped(program: str) -> bool:
    """By its own bounds, or, where the machine has little time for it, by ours."""
    try:
        told = apart.run([sys.executable, "-c", program], Bounds(seconds=1, memory=200 * apart.MB))
    except UploadRefused as refused:
        return refused.trouble == "heavy"
    return told.returncode != 0
