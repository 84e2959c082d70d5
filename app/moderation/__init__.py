"""What people report, and what becomes of it."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.moderation import personal

    personal.init_app(app)
