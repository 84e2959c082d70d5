"""Subscribing, renewing, changing and ending; gifts and promo codes."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.subscriptions import personal

    personal.init_app(app)
