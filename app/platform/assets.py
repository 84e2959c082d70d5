"""Static files at addresses that change with their content, so that browsers keep them for good."""

import hashlib
from pathlib import Path

from flask import Flask
from werkzeug.wrappers import Response

from app.platform import packing
from app.platform.guards import Access, guard

HASH_LENGTH = 10


def init_assets(app: Flask) -> None:
    folder = Path(app.static_folder or "static")
    versions: dict[str, str] = {}

    def asset(name: str) -> str:
        if name not in versions:
            versions[name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()[:HASH_LENGTH]
        return f"/static/{name}?v={versions[name]}"

    @guard(Access.ANONYMOUS, limit=None)
    def static(filename: str) -> Response:
        response = app.send_static_file(filename)
        if response.mimetype in packing.TYPES:
            _pack(response, folder / filename)
        return response

    app.view_functions["static"] = static
    app.jinja_env.globals["asset"] = asset


def _pack(response: Response, path: Path) -> None:
    packing.vary(response)
    if response.status_code == 200 and packing.taken():
        packed = packing.packed_file(path, str(response.get_etag()[0]))
        if packed:
            response.close()
            packing.put_in(response, packed)
