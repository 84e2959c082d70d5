"""Small films and sounds, real ones, made once a session."""

import re
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import imageio_ffmpeg

SECRET = "SECRET-OF-THE-MAKER"
PLACE = "+52.5200+013.4050/"
TOLD = ("-metadata", f"title={SECRET}", "-metadata", f"location={PLACE}", "-metadata", f"comment=At {PLACE}")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


def ffmpeg(*words: str) -> str:
    """What it says; an error of its own is a mistake of the test."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-y", *words]
    return subprocess.run(command, capture_output=True, check=True, timeout=120).stderr.decode(
        errors="replace"
    )


def told_of(content: bytes, suffix: str = ".mp4", *words: str) -> str:
    """Everything that ffmpeg finds in it, decoded to its end."""
    with tempfile.NamedTemporaryFile(suffix=suffix) as file:
        file.write(content)
        file.flush()
        return ffmpeg("-i", file.name, *words, "-f", "null", "-")


def seconds_of(content: bytes, suffix: str = ".mp4", *words: str) -> float:
    found = re.findall(r"time=(\d+):(\d+):([\d.]+)", told_of(content, suffix, *words))[-1]
    return int(found[0]) * 3_600 + int(found[1]) * 60 + float(found[2])


@cache
def made(*words: str, suffix: str = ".mp4") -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"made{suffix}")
        ffmpeg(*words, str(file))
        return file.read_bytes()


def picture(size: str = "640x360", seconds: float = 3, rate: int = 25) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"testsrc2=s={size}:r={rate}:d={seconds}")


def tone(seconds: float = 3) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"sine=f=440:d={seconds}")


def film(size: str = "320x180", seconds: float = 3, rate: int = 25) -> bytes:
    """With sound, and with all that should not get out."""
    return made(*picture(size, seconds, rate), *tone(seconds), *H264, "-c:a", "aac", *TOLD)


def silent_film(size: str = "320x180", seconds: float = 2) -> bytes:
    return made(*picture(size, seconds), *H264)


def turned_film() -> bytes:
    """Held upright: lying pictures, and a note to turn them."""
    with tempfile.NamedTemporaryFile(suffix=".mp4") as lying:
        lying.write(silent_film())
        lying.flush()
        return made("-display_rotation", "90", "-i", lying.name, "-c", "copy")


def song(seconds: float = 3, form: str = ".mp3") -> bytes:
    return made(*tone(seconds), *TOLD, suffix=form)


def song_with_cover() -> bytes:
    cover = ("-f", "lavfi", "-i", "color=c=red:s=64x64", "-map", "0", "-map", "1", "-frames:v", "1")
    return made(*tone(), *cover, "-c:v", "mjpeg", "-disposition:v", "attached_pic", *TOLD, suffix=".mp3")
