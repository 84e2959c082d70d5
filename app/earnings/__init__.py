"""Creators' money: what they earned, what they are paid out, what they tell the tax office."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.earnings import personal

    personal.init_app(app)
