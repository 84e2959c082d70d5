"""The pages of messages."""

from importlib import import_module

from flask import Blueprint, Flask

from app.chat.queries import unread
from app.platform.navigation import Door, add_door, count_behind

bp = Blueprint("messages", __name__)
MODULES = ("list", "conversation", "message", "tipping", "present", "settings")


def init_app(app: Flask) -> None:
    for module in MODULES:
        import_module(f"{__name__}.{module}")  # each hangs its routes on `bp`
    app.register_blueprint(bp)
    for place in ("rail", "tabs"):
        add_door(app, place, Door("Messages", "message", "/messages", 30))
    count_behind(app, "/messages", unread)
    add_door(app, "settings", Door("Messages", "message", "/settings/messages", 65))
