"""Creators' money: what they earned, what they are paid out, what they tell the tax office."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.accounts import standing
    from app.creators.figures import register
    from app.earnings import figures, jobs, personal, telling, views
    from app.earnings.operations import taking_back
    from app.ledger.references import refer

    personal.init_app(app)
    views.init_app(app)
    jobs.init_app()
    telling.init_app(app)
    register(app, figures.figures)
    standing.on_taken_back(taking_back.take_back)
    refer(app, "payout", "Payout", lambda key: f"/admin/payouts/{key}")
    refer(app, "adjustment", "Adjustment", lambda _: "/admin/adjustments")
