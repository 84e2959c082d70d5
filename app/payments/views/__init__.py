"""The rails' own pages: paying, cards on file, what providers tell, what admins look at."""

from importlib import import_module

from flask import Blueprint, Flask

bp = Blueprint("payments", __name__)
MODULES = ("cards", "webhooks", "methods")


def init_app(app: Flask) -> None:
    from app.platform.navigation import Door, add_door

    for module in MODULES:
        import_module(f"{__name__}.{module}")  # each hangs its routes on `bp`
    app.register_blueprint(bp)
    add_door(app, "settings", Door("Payment methods", "credit-card", "/settings/payment-methods", 53))
