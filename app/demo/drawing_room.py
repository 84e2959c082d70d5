"""Where pictures, tunes and films are made and laid into storage, before any row tells of them."""

import io
import json
import os
import sys
import tempfile
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.demo import sound
from app.demo.plans import MediaPlan
from app.media import apart
from app.media.apart import MB, Bounds, ffmpeg
from app.media.kinds import Kind
from app.media.operations.uploading import original_key, rendition_folder
from app.platform.storage import Parts, Storage, storage

STUDIO = Bounds(seconds=300, memory=600 * MB)
MOST_AT_ONCE = 2
FILM_TYPE, TUNE_TYPE = "video/mp4", "audio/wav"


class StudioClosed(Exception):
    """The program that draws ended badly."""


@dataclass(frozen=True, slots=True)
class Laid:
    """A file that lies in storage. A picture comes with its renditions; of others, workers make them."""

    size: int
    content_type: str
    upload: Parts
    made: dict[str, Any] | None = None


def lay(media: Collection[MediaPlan]) -> dict[str, Laid]:
    """By the ids of what was planned. The same again replaces itself."""
    files, drawn = storage(), [one for one in media if one.drawn]
    hands = min(MOST_AT_ONCE, os.cpu_count() or 1)
    with ThreadPoolExecutor(hands) as pool:
        shares = [drawn[hand::hands] for hand in range(hands)]
        laid = {
            name: one for done in pool.map(lambda share: _draw(files, share), shares) for name, one in done
        }
    tunes = {str(one.id): _lay_tune(files, one) for one in media if one.kind is Kind.AUDIO}
    return laid | tunes


def _draw(files: Storage, share: Sequence[MediaPlan]) -> list[tuple[str, Laid]]:
    with tempfile.TemporaryDirectory(prefix="demo-") as name:
        folder = Path(name)
        (folder / "orders.json").write_text(json.dumps({str(one.id): one.order for one in share}))
        told = apart.run([sys.executable, "-m", "app.demo.art.studio", name], STUDIO)
        if told.returncode:
            raise StudioClosed(told.stderr.decode(errors="replace"))
        return [(str(one.id), _lay_drawn(files, one, folder / str(one.id))) for one in share]


def _lay_drawn(files: Storage, one: MediaPlan, folder: Path) -> Laid:
    if one.kind is Kind.VIDEO:
        return _lay_film(files, one, folder)
    made = json.loads((folder / "made.json").read_text())
    for rendition in made["names"].values():
        file = rendition.pop("file")
        rendition["key"] = rendition_folder(one.id) + file
        with (folder / file).open("rb") as stream:
            files.put(rendition["key"], stream, rendition["type"])
    with (folder / "original").open("rb") as stream:
        size = files.put(original_key(one.id), stream, "image/jpeg")
    return Laid(size, "image/jpeg", {}, made)


def _lay_film(files: Storage, one: MediaPlan, folder: Path) -> Laid:
    film = folder / "film.mp4"
    frames = ["-framerate", "12", "-i", str(folder / "%03d.jpg")]
    kept = ["-c:v", "libx264", "-crf", "16", "-pix_fmt", "yuv420p", "-f", "mp4", str(film)]
    ffmpeg.run([*frames, *kept], STUDIO, ffmpeg.nothing)
    return _lay_sent(files, one, film.read_bytes(), FILM_TYPE)


def _lay_tune(files: Storage, one: MediaPlan) -> Laid:
    return _lay_sent(files, one, sound.play(sound.Tune(one.seed)), TUNE_TYPE)


def _lay_sent(files: Storage, one: MediaPlan, content: bytes, content_type: str) -> Laid:
    """As if it had been uploaded just now."""
    upload = files.append(original_key(one.id), {}, io.BytesIO(content))
    return Laid(len(content), content_type, upload)
