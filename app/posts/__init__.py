"""What creators publish and fans read."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.posts import personal, popularity, reading, searching, selling, sharing, telling, views, writing  # noqa: F401 - by the clock

    personal.init_app(app)
    views.init_app(app)
    reading.init_app(app)
    writing.init_app(app)
    searching.init_app(app)
    sharing.init_app(app)
    selling.init_app(app)
    telling.init_app(app)
