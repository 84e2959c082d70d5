"""The ways money comes in and goes out: rails, what they ask of providers and hear from them."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.payments import personal

    personal.init_app(app)
