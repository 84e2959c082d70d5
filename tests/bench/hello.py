"""The baseline of all pages: a bare Flask page on the same web server."""

from flask import Flask


def hello() -> Flask:
    app = Flask("hello")
    app.add_url_rule("/", "hello", lambda: "Hello")
    app.add_url_rule("/healthz", "alive", lambda: "alive")
    return app
