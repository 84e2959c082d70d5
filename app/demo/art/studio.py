"""`python -m app.demo.art.studio FOLDER`: draws what FOLDER/orders.json asks for, and makes its renditions.

Each picture gets a folder of its own, named like its order, with the original and what was made of it; what
that is stands in its made.json. A process of its own, so that two of them use two processors.
"""

import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from PIL import Image

from app.demo.art.drawing import Loop, Picture, draw, frames
from app.media.apart import picture_program as program

QUALITY = 92


def main() -> None:
    folder = Path(sys.argv[1])
    for name, order in json.loads((folder / "orders.json").read_text()).items():
        _fulfil(folder / name, **order)


def _fulfil(folder: Path, purpose: str, motif: str, seed: str, size: tuple[int, int], words: str) -> None:
    folder.mkdir()
    if purpose == "film":
        for number, frame in enumerate(frames(Loop(motif, seed))):
            frame.save(folder / f"{number:03}.jpg", quality=QUALITY, subsampling=0)
        return
    original = folder / "original"
    picture = draw(Picture(motif, seed, (size[0], size[1]), words))
    picture.save(original, "JPEG", quality=QUALITY, subsampling=0)
    made = _renditions(picture, folder, purpose)
    content = original.read_bytes()
    made |= {"size": len(content), "digest": hashlib.sha256(content).hexdigest()}
    (folder / "made.json").write_text(json.dumps(made))


def _renditions(picture: Image.Image, folder: Path, purpose: str) -> dict[str, Any]:
    """What the program for uploads makes, without reading what was just drawn."""
    if purpose == "avatar":
        names = {
            name: program.save(_square(picture, side), folder, name) for name, side in program.SQUARES.items()
        }
    else:
        names = _sizes(picture, folder) | {"teaser": program.save(program.teaser(picture), folder, "teaser")}
    return {"w": picture.width, "h": picture.height, "color": program.color(picture), "names": names}


def _square(picture: Image.Image, side: int) -> Image.Image:
    return picture.resize((side, side), Image.Resampling.LANCZOS)


def _sizes(picture: Image.Image, folder: Path) -> dict[str, Any]:
    """Two sizes that come out the same are the same file: to encode is what takes time."""
    made: dict[str, Any] = {}
    for name, most in program.WIDTHS.items():
        width = min(most, picture.width)
        same = next((one for one in made.values() if one["w"] == width), None)
        if same:
            file = f"{name}.webp"
            shutil.copy(folder / same["file"], folder / file)
            made[name] = same | {"file": file}
        else:
            size = (width, round(picture.height * width / picture.width))
            smaller = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
            made[name] = program.save(smaller, folder, name)
    return made


if __name__ == "__main__":
    main()
