"""Static files at addresses that change with their content, so that browsers keep them for good."""

import hashlib
from pathlib import Path

from flask import Flask
from htmx_flask import request
from markupsafe import Markup
from werkzeug.wrappers import Response

from app.platform import packing
from app.platform.guards import Access, guard

HASH_LENGTH = 10
FOREVER = "public, max-age=31536000, immutable"
ASKED_FOR_AGAIN = "public, no-cache"


def init_assets(app: Flask) -> None:
    folder = Path(app.static_folder or "static")
    versions: dict[str, str] = {}

    def known_version(name: str) -> str:
        if name not in versions:
            versions[name] = version(folder / name)
        return versions[name]

    def asset(name: str) -> str:
        return f"/static/{name}?v={known_version(name)}"

    def module(name: str) -> Markup:
        """A page is there before it is made lively: what it looks like is fetched first."""
        return Markup('<script src="{}" type="module" fetchpriority="low"></script>').format(asset(name))

    @guard(Access.ANONYMOUS, limit=None)
    def static(filename: str) -> Response:
        response = app.send_static_file(filename)
        if response.mimetype in packing.TYPES:
            _pack(response, folder / filename)
        # A page of another release asks for what is not here: what it gets instead, it shall not keep.
        asked = request.args.get("v")
        response.headers["Cache-Control"] = FOREVER if asked == known_version(filename) else ASKED_FOR_AGAIN
        return response

    app.view_functions["static"] = static
    app.jinja_env.globals.update(asset=asset, module=module)


def version(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:HASH_LENGTH]


def _pack(response: Response, path: Path) -> None:
    packing.vary(response)
    if response.status_code == 200 and packing.taken():
        packed = packing.packed_file(path, str(response.get_etag()[0]))
        if packed:
            response.close()
            packing.put_in(response, packed)
