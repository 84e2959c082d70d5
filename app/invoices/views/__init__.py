"""Invoices on pages: to pay, to look back at, to help with."""

from flask import Blueprint, Flask

bp = Blueprint("invoices", __name__)


def init_app(app: Flask) -> None:
    from app.invoices.views import admin, billing, fees, history, paying, sales  # noqa: F401
    from app.platform.navigation import Door, add_door
    from app.platform.viewer import Role

    app.register_blueprint(bp)
    for place in ("account", "settings"):
        add_door(app, place, Door("Transactions", "receipt", "/transactions", 50))
        add_door(app, place, Door("Purchases", "collection", "/purchases", 51))
    add_door(app, "settings", Door("Billing", "credit-card", "/settings/billing", 52))
    for place in ("rail", "settings"):
        add_door(app, place, Door("Payments", "receipt", admin.HOME, 91, Role.ADMIN, leads_to=admin.ROOMS))
    add_door(app, admin.ROOMS, Door("Invoices", "receipt", admin.HOME, 10, Role.ADMIN))
    add_door(app, admin.ROOMS, Door("Fees", "coins", fees.HOME, 60, Role.ADMIN))
    app.jinja_env.globals.update(payment_rooms=admin.rooms)
