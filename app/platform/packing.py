"""Text leaves packed, for browsers that take it so, whether or not a proxy stands in front.

A page may hold a secret of its reader beside words that somebody else chose, and from the length of the
packed page one could guess at the secret (BREACH). So the length says little: each answer carries a name of
random length, as gzip allows and browsers skip.
"""

import gzip
import io
from functools import cache
from pathlib import Path

from flask import Flask
from htmx_flask import request
from werkzeug.wrappers import Response

from app.kit import chance
from app.platform.sharing import is_shared

# Below this, what is packed fits into the same packet as what is not.
LEAST = 1_000
QUICKLY, ONCE_FOR_MANY, ONCE_FOR_GOOD = 4, 6, 9
PADDING = 100
TYPES = frozenset(
    {
        "application/json",
        "application/manifest+json",
        "application/problem+json",
        "application/rss+xml",
        "image/svg+xml",
        "text/css",
        "text/html",
        "text/javascript",
        "text/plain",
    }
)


def init_packing(app: Flask) -> None:
    app.after_request(_pack)


def _pack(response: Response) -> Response:
    if response.mimetype not in TYPES or response.is_streamed or response.direct_passthrough:
        return response
    vary(response)
    if taken() and response.status_code not in {204, 206, 304} and "Content-Encoding" not in response.headers:
        data = response.get_data()
        if len(data) >= LEAST:
            level = ONCE_FOR_MANY if is_shared() else QUICKLY
            put_in(response, gzipped(data, level, padding=chance.below(PADDING) + 1))
    return response


def taken() -> bool:
    """Whether the browser takes it packed; asked of most by nobody who does not say the word."""
    return (
        "gzip" in request.headers.get("Accept-Encoding", "") and request.accept_encodings.quality("gzip") > 0
    )


def vary(response: Response) -> None:
    """In the one line that Flask goes on with; it would drop a second."""
    response.headers["Vary"] = ", ".join([*response.headers.getlist("Vary"), "Accept-Encoding"])


def put_in(response: Response, packed: bytes) -> None:
    response.set_data(packed)
    response.headers["Content-Encoding"] = "gzip"
    etag, weak = response.get_etag()
    if etag and not weak:
        response.set_etag(etag, weak=True)  # it names the text, no longer each byte


@cache
def packed_file(path: Path, version: str) -> bytes | None:
    """Packed well, once. A file that is no shorter for it is sent as it is."""
    data = path.read_bytes()
    packed = gzipped(data, ONCE_FOR_GOOD)
    return packed if len(data) >= LEAST and len(packed) < len(data) * 0.9 else None


def gzipped(data: bytes, level: int, padding: int = 0) -> bytes:
    whole = io.BytesIO()
    with gzip.GzipFile("_" * padding, "wb", level, whole, mtime=0) as packing:
        packing.write(data)
    return whole.getvalue()
