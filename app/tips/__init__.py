"""A little extra for somebody."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.tips import personal, selling, views

    personal.init_app(app)
    selling.init_app(app)
    views.init_app(app)
