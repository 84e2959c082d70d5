"""What people are told about, and by which channel."""

from flask import Flask


def init_app(app: Flask) -> None:
    pass
