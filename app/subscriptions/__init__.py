"""Subscribing, renewing, changing and ending; gifts and promo codes."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.creators import figures as dashboard
    from app.creators import ties
    from app.invoices import products
    from app.payments.operations import methods
    from app.subscriptions import figures, jobs, leaving, personal, selling, telling, views
    from app.subscriptions.operations import standing

    personal.init_app(app)
    views.init_app(app)
    jobs.init_app()
    telling.init_app(app)
    for product in selling.PRODUCTS:
        products.register(app, product)
    methods.charged_by("subscriptions", selling.pays_for, standing.move_to_card)
    dashboard.register(app, figures.figures)
    ties.on_blocked(leaving.blocked)
    ties.on_closed(leaving.page_closed)
