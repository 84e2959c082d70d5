"""HLS playlists: plain text that names other files, which lie beside it."""

from collections.abc import Callable


def readdressed(playlist: str, address_of: Callable[[str], str]) -> str:
    """The same playlist with addresses in place of names."""
    lines = (
        address_of(line) if line and not line.startswith("#") else line for line in playlist.splitlines()
    )
    return "\n".join(lines) + "\n"
