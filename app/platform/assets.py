"""Static files at addresses that change with their content, so that browsers keep them for good."""

import hashlib
from pathlib import Path

from flask import Flask
from werkzeug.wrappers import Response

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
        return app.send_static_file(filename)

    app.view_functions["static"] = static
    app.jinja_env.globals["asset"] = asset
