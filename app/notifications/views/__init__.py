"""The pages of notifications."""

from importlib import import_module

from flask import Blueprint, Flask

from app.notifications.queries_page import new
from app.platform.navigation import Door, add_door, count_behind

bp = Blueprint("notifications", __name__)
MODULES = ("lines", "preferences", "unsubscribe")
HOME, SETTINGS = "/notifications", "/settings/notifications"


def init_app(app: Flask) -> None:
    for module in MODULES:
        import_module(f"{__name__}.{module}")  # each hangs its routes on `bp`
    app.register_blueprint(bp)
    for place in ("rail", "bar"):
        add_door(app, place, Door("Notifications", "bell", HOME, 35))
    count_behind(app, HOME, new)
    add_door(app, "settings", Door("Notifications", "bell", SETTINGS, 60))
