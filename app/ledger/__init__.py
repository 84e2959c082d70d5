"""Every movement of money and points: balanced double entries that only grow, and what they add up to."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.ledger import cli, jobs, personal, views

    views.init_app(app)
    cli.init_app(app)
    jobs.init_app(app)
    personal.init_app(app)
