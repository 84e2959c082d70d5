"""Creators' pages, tiers, and who follows whom."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.creators import personal

    personal.init_app(app)
