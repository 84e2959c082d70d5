"""What creators publish and fans read."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.posts import personal

    personal.init_app(app)
