"""Which files are taken: known by what they hold, not by what they are called."""

from enum import StrEnum

MB = 1024 * 1024
# Enough to tell every kind.
HEAD = 512


class Kind(StrEnum):
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"


class Purpose(StrEnum):
    POST = "post"
    AVATAR = "avatar"
    COVER = "cover"
    MESSAGE = "message"

    @property
    def is_portrait(self) -> bool:
        return self in {Purpose.AVATAR, Purpose.COVER}


LARGEST = {Kind.IMAGE: 50 * MB, Kind.AUDIO: 500 * MB, Kind.VIDEO: 2_048 * MB}
# Of what people send to each other.
LARGEST_SENT = {Kind.IMAGE: 50 * MB, Kind.AUDIO: 100 * MB, Kind.VIDEO: 500 * MB}
LONGEST_MS = 4 * 3_600 * 1_000

IMAGES = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
SOUNDS = {
    b"ID3": "audio/mpeg",
    b"\xff\xfb": "audio/mpeg",
    b"\xff\xf3": "audio/mpeg",
    b"\xff\xf2": "audio/mpeg",
    b"\xff\xf1": "audio/aac",
    b"\xff\xf9": "audio/aac",
    b"fLaC": "audio/flac",
    b"OggS": "audio/ogg",
}
PICTURE_BRANDS = {b"avif", b"avis"}
SOUND_BRANDS = {b"M4A ", b"M4B "}
# With what QuickTime began before there were brands.
OLD_BOXES = {b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}
# Packets of a transport stream, each with this sign: bare, and after the time that camcorders put before it.
SIGN, PACKET, TIMED_PACKET, TIME = 0x47, 188, 192, 4
PACKETS_SEEN = 3


def by_content(head: bytes) -> tuple[Kind, str] | None:
    """Kind and type of what begins so; None for what is not taken."""
    for beginning, name in IMAGES.items():
        if head.startswith(beginning):
            return Kind.IMAGE, name
    for beginning, name in SOUNDS.items():
        if head.startswith(beginning):
            return Kind.AUDIO, name
    if head[:4] == b"RIFF":
        return {
            b"WEBP": (Kind.IMAGE, "image/webp"),
            b"WAVE": (Kind.AUDIO, "audio/wav"),
            b"AVI ": (Kind.VIDEO, "video/x-msvideo"),
        }.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _by_brand(head[8:12])
    return _by_stream(head)


def _by_stream(head: bytes) -> tuple[Kind, str] | None:
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return Kind.VIDEO, "video/x-matroska"
    if head[4:8] in OLD_BOXES:
        return Kind.VIDEO, "video/quicktime"
    if head.startswith(b"\x00\x00\x01\xba"):
        return Kind.VIDEO, "video/mpeg"
    if _packets(head, 0, PACKET) or _packets(head, TIME, TIMED_PACKET):
        return Kind.VIDEO, "video/mp2t"
    return None


def _packets(head: bytes, begin: int, length: int) -> bool:
    return head[begin::length][:PACKETS_SEEN] == bytes([SIGN]) * PACKETS_SEEN


def _by_brand(brand: bytes) -> tuple[Kind, str] | None:
    if brand in PICTURE_BRANDS:
        return Kind.IMAGE, "image/avif"
    if brand in SOUND_BRANDS:
        return Kind.AUDIO, "audio/mp4"
    if brand.startswith((b"hei", b"hev", b"mif", b"msf")):
        return None  # HEIC: nothing of ours reads it
    return Kind.VIDEO, "video/mp4"
