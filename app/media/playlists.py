"""HLS playlists: plain text that names other files, which lie beside it."""

from collections.abc import Callable, Iterable

ONCE = ("#EXTM3U", "#EXT-X-VERSION", "#EXT-X-INDEPENDENT-SEGMENTS")


def readdressed(playlist: str, address_of: Callable[[str], str]) -> str:
    """The same playlist with addresses in place of names."""
    lines = (
        address_of(line) if line and not line.startswith("#") else line for line in playlist.splitlines()
    )
    return "\n".join(lines) + "\n"


def joined(playlists: Iterable[str]) -> str:
    """One that names what each of them names."""
    kept: list[str] = []
    for line in "\n".join(playlists).splitlines():
        if line and not (line.startswith(ONCE) and line in kept):
            kept.append(line)
    return "\n".join(kept) + "\n"
