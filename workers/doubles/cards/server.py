"""The whole as one WSGI application: API, pages, control."""

from collections.abc import Callable

from flask import Flask, Response

from workers.doubles.cards.api import Api
from workers.doubles.cards.connection import HungUp
from workers.doubles.cards.control import Control
from workers.doubles.cards.pages import Pages
from workers.doubles.cards.store import Store

POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"


def make_app(store: Store, wake: Callable[[], None]) -> Flask:
    app = Flask(__name__)
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.register_blueprint(Api(store, wake).blueprint())
    app.register_blueprint(Pages(store, wake).blueprint())
    app.register_blueprint(Control(store, wake).blueprint())
    app.add_url_rule("/healthz", "health", lambda: "ok")
    app.register_error_handler(HungUp, lambda _: Response(status=500))
    app.after_request(_protect)
    return app


def _protect(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    return response
