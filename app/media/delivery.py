"""Handing out bytes: ranges, validators, and nginx in front where a setting says so."""

import re
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from threading import Lock
from typing import IO
from urllib.parse import quote

from flask import Response as FlaskResponse
from htmx_flask import request
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response

from app.media.shown import File
from app.platform.errors import Unavailable
from app.platform.settings import settings
from app.platform.storage import storage

CHUNK = 256 * 1024
# One answer about a closed file is never longer, so that the next question comes soon.
RANGE_MOST = 8 * 1024 * 1024
# What a server in front has taken from us goes out, whatever happens meanwhile: of a whole file no more than
# this. A longer one goes out by us, who ask again and again; who plays it asks for ranges, which are nginx's.
WHOLE_MOST = 16 * 1024 * 1024
ASK_SECONDS = 1.0
# Their addresses are for good, but somebody may have to take one down.
PUBLIC = "public, max-age=2592000, immutable"
# Kept by this browser alone, and asked about again each time it is wanted.
CLOSED = "private, no-cache"
# No file is so long that more digits would mean anything.
RANGE = re.compile(r"bytes=(?:([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18}))")
# Opened by itself it can do nothing, whatever it holds. Around what they show or play alone browsers put a
# page of their own, with a style in it, and a player that fetches the file again, as this site. A drawing is
# a page itself, and gets neither.
ALONE = "default-src 'none'; sandbox"
SHOWN_ALONE = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
PLAYED_ALONE = "default-src 'none'; style-src 'unsafe-inline'; media-src 'self'; sandbox allow-same-origin"
ALONE_BY_TYPE = {
    "image/jpeg": SHOWN_ALONE,
    "image/webp": SHOWN_ALONE,
    "video/mp4": PLAYED_ALONE,
    "audio/mp4": PLAYED_ALONE,
}

StillOpen = Callable[[], bool]
Part = tuple[int, int]


class Places:
    """For long answers, each of which keeps a thread: the other half of the threads is for everybody else."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._taken = 0

    def take(self) -> None:
        with self._lock:
            if self._taken >= max(1, settings().web_threads // 2):
                raise Unavailable("Too many downloads at once. Try again in a moment.", retry_after=5)
            self._taken += 1

    def leave(self) -> None:
        with self._lock:
            self._taken -= 1


_places = Places()


def send(file: File, *, cache: str, still_open: StillOpen | None = None) -> Response:
    """`still_open` is asked between the parts of a long answer, and makes ranges short."""
    asked_for = request._get_current_object()  # once: each look through the proxy takes its time
    size = int(file["bytes"])
    etag = _etag(file["key"], size)
    about = {"ETag": etag, "Cache-Control": cache, "Accept-Ranges": "bytes"}
    if etag in asked_for.headers.get("If-None-Match", ""):
        return FlaskResponse(status=304, headers=about)
    about["Content-Security-Policy"] = ALONE_BY_TYPE.get(file["type"], ALONE)
    response: Response = FlaskResponse(headers=about, content_type=file["type"])
    asked = _asked_range(asked_for.headers, etag)
    if asked is None:
        return _whole(response, file, still_open)
    part = _part(asked, size, capped=still_open is not None)
    if part is None:
        response.status_code = 416
        response.headers["Content-Range"] = f"bytes */{size}"
        return response
    return _partial(response, file, part)


@lru_cache(maxsize=20_000)
def _etag(key: str, size: int) -> str:
    *_, folder, name = key.split("/")
    return f'"{quote(folder)}-{quote(name)}-{size:x}"'


def _whole(response: Response, file: File, still_open: StillOpen | None) -> Response:
    size = int(file["bytes"])
    if still_open is not None and size > WHOLE_MOST:
        # nginx shall not take it all at once and hand it out by and by.
        response.headers["X-Accel-Buffering"] = "no"
        return _fill(response, file, (0, size - 1), still_open)
    if front := settings().x_accel_prefix:
        response.headers["X-Accel-Redirect"] = f"{front}whole/{quote(file['key'])}"
        return response
    return _fill(response, file, (0, size - 1))


def _partial(response: Response, file: File, part: Part) -> Response:
    """nginx reads the visitor's own Range; one that is cut short goes to it in a header of ours."""
    if front := settings().x_accel_prefix:
        response.headers["X-Accel-Redirect"] = f"{front}part/{quote(file['key'])}"
        response.headers["X-Media-Range"] = f"bytes={part[0]}-{part[1]}"
        return response
    response.status_code = 206
    response.headers["Content-Range"] = f"bytes {part[0]}-{part[1]}/{file['bytes']}"
    return _fill(response, file, part)


def _fill(response: Response, file: File, part: Part, still_open: StillOpen | None = None) -> Response:
    first, last = part
    response.content_length = last - first + 1
    if request.method != "HEAD":
        content = storage().open(file["key"])
        if still_open is not None:
            _places.take()
            response.call_on_close(_places.leave)
        response.response = _read(content, first, last - first + 1, still_open)
        # What passes directly is closed without a word to us.
        response.direct_passthrough = still_open is None
    return response


def _asked_range(headers: Headers, etag: str) -> re.Match[str] | None:
    """None when the whole is wanted: also by whoever holds a part of something else by now."""
    wanted = headers.get("Range")
    if wanted is None or headers.get("If-Range", etag) != etag:
        return None
    return RANGE.fullmatch(wanted)


def _part(asked: re.Match[str], size: int, *, capped: bool) -> Part | None:
    """First and last byte of the answer; None when nothing of the file was asked for."""
    first, last, from_end = asked.groups()
    if first:
        begin, end = int(first), min(int(last or size), size - 1)
    else:
        begin, end = max(0, size - int(from_end)), size - 1
    if begin > end:
        return None
    return begin, min(end, begin + RANGE_MOST - 1) if capped else end


def _read(file: IO[bytes], first: int, length: int, still_open: StillOpen | None) -> Iterator[bytes]:
    with file:
        file.seek(first)
        sent, asked = 0, time.monotonic()
        while sent < length:
            if sent and still_open and (sent % RANGE_MOST == 0 or time.monotonic() - asked > ASK_SECONDS):
                if not still_open():
                    return  # shorter than promised: the browser notices, and asks again
                asked = time.monotonic()
            chunk = file.read(min(CHUNK, length - sent))
            if not chunk:
                return
            sent += len(chunk)
            yield chunk
