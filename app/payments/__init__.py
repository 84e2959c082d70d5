"""The ways money comes in and goes out: rails, what they ask of providers and hear from them."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.invoices import rails
    from app.payments import cli, payouts, personal, telling, views
    from app.payments.cards import jobs, play_money  # noqa: F401 - jobs register themselves
    from app.payments.cards.paying_out import CARD_SENDER
    from app.payments.cards.rail import CARD_RAIL
    from app.payments.solana import cli as solana_cli
    from app.payments.solana import jobs as _  # noqa: F401 - jobs register themselves
    from app.payments.solana.rail import SOLANA_RAIL, panel
    from app.payments.solana.sending import SENDER

    personal.init_app(app)
    telling.init_app(app)
    rails.register(app, CARD_RAIL)
    rails.register(app, SOLANA_RAIL)
    payouts.register(app, CARD_SENDER)
    payouts.register(app, SENDER)
    cli.init_app(app)
    solana_cli.init_app(app)
    app.jinja_env.globals.update(solana_panel=panel)
    views.init_app(app)
