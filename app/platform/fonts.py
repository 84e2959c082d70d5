"""Fonts for many scripts: one for Latin, Greek and Cyrillic, the others for letters of their own."""

from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

MAIN = "noto_sans"
# The first and last letter of what each other font is for.
OTHERS = {
    "heebo": (0x0590, 0x05FF),
    "noto_sans_arabic": (0x0600, 0x077F),
    "noto_sans_devanagari": (0x0900, 0x097F),
    "noto_sans_thai": (0x0E00, 0x0E7F),
}
WITHOUT_SPACES = {"noto_sans_thai"}


def others(text: str) -> Iterator[str]:
    """What its letters need beside the main one."""
    for name, (first, last) in OTHERS.items():
        if any(first <= ord(sign) <= last for sign in text):
            yield name


@cache
def file(name: str) -> Path:
    spec = find_spec(f"fontpkg_{name}")
    assert spec is not None and spec.origin is not None
    files = (Path(spec.origin).parent / "files").glob("*.ttf")
    return next(file for file in sorted(files) if "Italic" not in file.name)
