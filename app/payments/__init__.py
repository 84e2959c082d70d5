"""The ways money comes in and goes out: rails, what they ask of providers and hear from them."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.invoices import rails
    from app.payments import personal, views
    from app.payments.cards import jobs  # noqa: F401 - jobs register themselves
    from app.payments.cards.rail import CARD_RAIL

    personal.init_app(app)
    rails.register(app, CARD_RAIL)
    views.init_app(app)
