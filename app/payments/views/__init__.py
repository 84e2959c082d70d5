"""The rails' own pages: paying, cards on file, what providers tell, what admins look at."""

from importlib import import_module

from flask import Blueprint, Flask

bp = Blueprint("payments", __name__)
MODULES = ("cards", "webhooks", "methods", "switches", "cases", "disputes", "solana")


def init_app(app: Flask) -> None:
    from app.invoices.views.admin import ROOMS
    from app.platform.navigation import Door, add_door
    from app.platform.viewer import Role

    for module in MODULES:
        import_module(f"{__name__}.{module}")  # each hangs its routes on `bp`
    app.register_blueprint(bp)
    add_door(app, "settings", Door("Payment methods", "credit-card", "/settings/payment-methods", 53))
    add_door(app, ROOMS, Door("Cases", "alert", "/admin/payments/cases", 30, Role.ADMIN))
    add_door(app, ROOMS, Door("Disputes", "shield", "/admin/payments/disputes", 20, Role.ADMIN))
    add_door(app, ROOMS, Door("Ways to pay", "credit-card", "/admin/payments/rails", 50, Role.ADMIN))
    add_door(app, "dashboard", Door("Ways to pay", "credit-card", "/dashboard/ways-to-pay", 58, Role.CREATOR))
