"""What pages need to know of a picture, a video or a sound, as plain data that others keep in their rows."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.media.models import Media

Described = dict[str, Any]
# One rendition: its key in storage, type, size, and what else is known of it.
File = dict[str, Any]
TEASER = "teaser"


def describe(media: Media) -> Described:
    return {
        "id": str(media.id),
        "kind": media.kind,
        "w": media.width or 0,
        "h": media.height or 0,
        "ms": media.duration_ms,
        "color": media.color,
        "alt": media.alt,
        "public": media.public,
        "secret": media.secret,
        "names": {name: _without_parts(one) for name, one in media.renditions.items()},
    }


def all_there(described: Iterable[Described]) -> bool:
    """None is still being made ready, and none failed."""
    return all(one["names"] for one in described)


def _without_parts(rendition: File) -> File:
    """A long film has thousands of segments; who delivers them reads the row itself."""
    return {word: value for word, value in rendition.items() if word != "parts"}


def files_of(renditions: Mapping[str, File]) -> dict[str, File]:
    """By the rendition's name and by the file's own. Parts of a playlist lie beside it, each with its own."""
    files = {}
    for name, rendition in renditions.items():
        folder, _, own_name = rendition["key"].rpartition("/")
        files[name] = files[own_name] = rendition
        for part, size in rendition.get("parts", {}).items():
            files[part] = {"key": f"{folder}/{part}", "type": part_type(part), "bytes": size}
    return files


def part_type(name: str) -> str:
    return "application/vnd.apple.mpegurl" if name.endswith(".m3u8") else "video/mp2t"


def is_public(described: Described, name: str) -> bool:
    """The blurred teaser of a closed thing is for everybody: it shows nothing but colours."""
    return bool(described["public"]) or name == TEASER


def pictures(described: Described) -> list[tuple[str, int]]:
    """The names of its sizes that differ, with their widths, smallest first."""
    names = described["names"]
    found = {names[name]["w"]: name for name in ("w1600", "w800", "w320") if name in names}
    return [(found[width], width) for width in sorted(found)]


def best(described: Described, width: int) -> str | None:
    """The name of the smallest picture that is at least this wide, else of the widest."""
    sizes = pictures(described) or [(n, 0) for n in ("poster", "square256") if n in described["names"]]
    return next((name for name, wide in sizes if wide >= width), sizes[-1][0] if sizes else None)
