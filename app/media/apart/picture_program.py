"""`picture_program.py FILE FOLDER PURPOSE`: the renditions of one picture, without any metadata.

WebP, but for a portrait in the size and format that directories of podcasts take.

Says what it made as JSON; or ends with 3 and a word for what is wrong. It runs in a process of its own
(see __init__), imports nothing of ours, and asks for the dimensions before anything is decoded.
"""

import io
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from PIL import (
    AvifImagePlugin,  # noqa: F401 - Pillow loads the rarer ones only when they are named
    Image,
    ImageCms,
    ImageFilter,
    ImageOps,
    MpoImagePlugin,  # noqa: F401
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)

REFUSED = 3
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
PIXELS, SIDE = 40_000_000, 30_000
# Their decoders hold the picture several times.
GREEDY = {"WEBP": 12_000_000, "AVIF": 16_000_000}
BAND = 64
# Width by name. Height may be four times that: long strips stay readable.
WIDTHS = {"w1600": 1600, "w800": 800, "w320": 320}
STRIP = 4
SQUARES = {"square256": 256, "square96": 96}
PODCAST, PODCAST_SIDE, PODCAST_QUALITY = "podcast", 1400, 82
QUALITY, EFFORT = 80, 3
TEASER_GRAIN, TEASER_WIDTH, TEASER_BLUR = 10, 96, 6
ORIENTATION = 0x0112
LYING = (5, 6, 7, 8)
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

Image.MAX_IMAGE_PIXELS = None  # our own bound is stricter and comes first
SRGB = ImageCms.createProfile("sRGB")


class Refused(Exception):
    pass


def main() -> int:
    source, out, purpose = sys.argv[1:4]
    try:
        print(json.dumps(make(Path(source), Path(out), purpose)))
    except Refused as refused:
        print(refused)
        return REFUSED
    except MemoryError:
        print("heavy")
        return REFUSED
    return 0


def make(source: Path, out: Path, purpose: str) -> dict[str, Any]:
    largest, width, height = opened(source, WIDTHS["w1600"] if purpose != "avatar" else 0)
    if purpose == "avatar":
        made = {name: save(ImageOps.fit(largest, (side, side)), out, name) for name, side in SQUARES.items()}
        made[PODCAST] = save_podcast(largest, out)
    else:
        made = sizes(largest, out)
    return {"w": width, "h": height, "color": color(largest), "names": made}


def opened(source: Path, widest: int) -> tuple[Image.Image, int, int]:
    """Upright, in sRGB, not larger than needed; and how large it was."""
    check_webp(source)
    try:
        with Image.open(source, formats=FORMATS) as found:
            check(found.format, *found.size)
            turned = found.getexif().get(ORIENTATION) if found.format != "GIF" else None
            width, height = found.size[::-1] if turned in LYING else found.size
            profile = found.info.get("icc_profile")
            picture = reduced(found, widest, lying=turned in LYING)
    except (Refused, MemoryError):
        raise
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError):
        raise Refused("broken") from None
    upright = in_srgb(picture, profile)
    if turned in UPRIGHT:
        upright = upright.transpose(UPRIGHT[turned])
    upright.info = {}
    return upright, width, height


def check(form: str | None, width: int, height: int) -> None:
    if width * height > PIXELS or max(width, height) > SIDE or not width * height:
        raise Refused("dimensions")
    if width * height > GREEDY.get(form or "", PIXELS):
        raise Refused("heavy")


def check_webp(source: Path) -> None:
    """Its decoder makes room for the whole picture at the first look, so that we look before it."""
    with source.open("rb") as file:
        head = file.read(30)
    if head[:4] != b"RIFF" or head[8:12] != b"WEBP":
        return
    if head[12:16] == b"VP8X":
        check("WEBP", *(int.from_bytes(head[at : at + 3], "little") + 1 for at in (24, 27)))
    elif head[12:16] == b"VP8 ":
        check("WEBP", *(int.from_bytes(head[at : at + 2], "little") & 0x3FFF for at in (26, 28)))
    elif head[12:16] == b"VP8L":
        both = int.from_bytes(head[21:25], "little")
        check("WEBP", (both & 0x3FFF) + 1, (both >> 14 & 0x3FFF) + 1)


def reduced(found: Image.Image, widest: int, *, lying: bool) -> Image.Image:
    """As large as the largest rendition wants it; without `widest`, as squares of it do."""
    width, height = found.size
    if widest:
        box = (widest * STRIP, widest) if lying else (widest, widest * STRIP)
        scale = min(box[0] / width, box[1] / height, 1)
    else:
        short, long = sorted(found.size)
        finest = min(PODCAST_SIDE / short, WIDTHS["w1600"] * STRIP / long)
        scale = min(max(finest, SQUARES["square256"] / short), 1)
    wanted = (max(1, round(width * scale)), max(1, round(height * scale)))
    found.draft("RGB", wanted)  # JPEG alone: the decoder itself makes it smaller
    found.load()
    return coarser(found, wanted).resize(wanted, Image.Resampling.LANCZOS)  # a copy where nothing changes


def coarser(found: Image.Image, wanted: tuple[int, int]) -> Image.Image:
    """Still twice as large as wanted. Band by band, so that no second one of full size is ever there."""
    factor = min(found.width // wanted[0], found.height // wanted[1]) // 2
    if factor < 2:
        return converted(found)
    bands = [band(found, top, factor) for top in range(0, found.height, factor * BAND)]
    whole = Image.new(bands[0].mode, (bands[0].width, sum(one.height for one in bands)))
    for number, one in enumerate(bands):
        whole.paste(one, (0, number * BAND))
    return whole


def band(found: Image.Image, top: int, factor: int) -> Image.Image:
    part = found.crop((0, top, found.width, min(found.height, top + factor * BAND)))
    return converted(part).reduce(factor)


def converted(found: Image.Image) -> Image.Image:
    if found.mode in {"RGB", "RGBA"}:
        return found
    if found.mode.startswith(("I", "F")):  # 16 bits and more a pixel
        return found.point(lambda value: value / 256).convert("L").convert("RGB")
    clear = found.mode in {"LA", "PA", "La", "RGBa"} or "transparency" in found.info
    return found.convert("RGBA" if clear else "RGB")


def in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    if not profile:
        return picture
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        changed = ImageCms.profileToProfile(picture, own, SRGB, outputMode=picture.mode)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture  # a profile that says nothing useful: the colours stay as they are
    return changed or picture


def sizes(largest: Image.Image, out: Path) -> dict[str, Any]:
    """While one is encoded, which needs nothing of Python, the next is made."""
    with ThreadPoolExecutor(2) as encoders:
        saved = {name: encoders.submit(save, one, out, name) for name, one in made_smaller(largest)}
    return {name: one.result() for name, one in saved.items()}


def made_smaller(largest: Image.Image) -> Iterator[tuple[str, Image.Image]]:
    """From large to small, each from the one before; none is larger than the picture itself."""
    current = largest
    for name, width in WIDTHS.items():
        if current.width > width:
            height = max(1, round(current.height * width / current.width))
            current = current.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)
        yield name, current
    yield "teaser", teaser(current)


def teaser(picture: Image.Image) -> Image.Image:
    """Nothing but colours: ten spots across, blurred once more."""
    flat = picture.convert("RGB")
    ratio = min(max(flat.height / flat.width, 0.25), 4)
    grain = flat.resize((TEASER_GRAIN, max(2, round(TEASER_GRAIN * ratio))), Image.Resampling.BOX)
    large = grain.resize((TEASER_WIDTH, max(8, round(TEASER_WIDTH * ratio))), Image.Resampling.BICUBIC)
    return large.filter(ImageFilter.GaussianBlur(TEASER_BLUR))


def color(picture: Image.Image) -> str:
    """One colour for the whole; none where one sees through."""
    if picture.mode == "RGBA" and picture.getchannel("A").histogram()[255] < picture.width * picture.height:
        return ""
    return "#" + picture.convert("RGB").resize((1, 1), Image.Resampling.BOX).tobytes().hex()


def save(picture: Image.Image, out: Path, name: str) -> dict[str, Any]:
    file = f"{name}.webp"
    picture.save(out / file, "WEBP", quality=QUALITY, method=EFFORT, exif=b"", icc_profile=b"", xmp=b"")
    size = (out / file).stat().st_size
    return {"file": file, "w": picture.width, "h": picture.height, "type": "image/webp", "bytes": size}


def save_podcast(picture: Image.Image, out: Path) -> dict[str, Any]:
    """Opaque, and never smaller, whatever it is made of."""
    side, file = PODCAST_SIDE, f"{PODCAST}.jpg"
    fitted = ImageOps.fit(picture, (side, side), Image.Resampling.LANCZOS)
    flat = Image.new("RGB", fitted.size, "white")
    flat.paste(fitted, mask=fitted if fitted.mode == "RGBA" else None)
    flat.save(out / file, "JPEG", quality=PODCAST_QUALITY, progressive=True)
    return {"file": file, "w": side, "h": side, "type": "image/jpeg", "bytes": (out / file).stat().st_size}


if __name__ == "__main__":
    sys.exit(main())
