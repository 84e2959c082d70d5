"""A little extra for somebody."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.tips import personal

    personal.init_app(app)
