"""What people upload: taken in, checked, made showable, handed out."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.media import personal

    personal.init_app(app)
