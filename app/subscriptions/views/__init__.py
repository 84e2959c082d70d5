"""Subscriptions on pages: to join, to look after, to offer."""

from importlib import import_module

from flask import Blueprint, Flask

bp = Blueprint("subscriptions", __name__)
MODULES = ("joining", "mine", "offering", "subscribers", "gifts")


def init_app(app: Flask) -> None:
    from app.creators.tabs import Tab, register
    from app.platform.navigation import Door, add_door
    from app.platform.viewer import Role
    from app.subscriptions.views import cards

    for module in MODULES:
        import_module(f"{__name__}.{module}")  # each hangs its routes on `bp`
    app.register_blueprint(bp)
    register(app, Tab("tiers", "Tiers", 90, cards.show))
    for place in ("account", "settings"):
        add_door(app, place, Door("Subscriptions", "star", "/subscriptions", 48))
    add_door(app, "settings", Door("Gifts", "gift", "/gifts", 49))
    add_door(app, "dashboard", Door("Subscribers", "heart", "/dashboard/subscribers", 55, Role.CREATOR))
    add_door(app, "dashboard", Door("Codes", "scissors", "/dashboard/promos", 56, Role.CREATOR))
