"""A site for tests of the web process: python -m tests.stack.slow_site PORT PROCESSES [broken] [alone]

/pid answers with the process that served it; /slow says "begun" in a file and waits for another.
There is one proxy in front, unless it stands alone.
"""

import sys
from pathlib import Path

from flask import Flask, request

import wsgi
from app.config import Settings
from tests.support import eventually


def make(_: Settings) -> Flask:
    import os

    app = Flask(__name__)

    @app.get("/pid")
    def pid() -> str:
        return str(os.getpid())

    @app.get("/slow")
    def slow() -> str:
        folder = Path(request.args["folder"])
        (folder / "begun").touch()
        eventually((folder / "go").exists)
        return "finished"

    @app.get("/address")
    def address() -> str:
        return f"{request.remote_addr} {request.scheme}"

    return app


def broken(_: Settings) -> Flask:
    raise RuntimeError("this site cannot be made")


if __name__ == "__main__":
    port, processes, *rest = sys.argv[1:]
    settings = Settings(
        port=int(port),
        web_processes=int(processes),
        trusted_proxies=0 if "alone" in rest else 1,
        database_url="postgresql://nobody@127.0.0.1:1/none",
        redis_url="redis://127.0.0.1:1/0",
        secret_key="0123456789abcdef0123456789abcdef",
        encryption_keys=["0123456789abcdef0123456789abcdef"],
    )
    sys.exit(wsgi.serve(settings, broken if "broken" in rest else make))
