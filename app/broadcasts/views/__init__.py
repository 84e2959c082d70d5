"""The pages of what is told to many."""

from importlib import import_module

from flask import Blueprint, Flask

from app.platform.navigation import Door, add_door
from app.platform.viewer import Role

bp = Blueprint("broadcasts", __name__)
MODULES = ("desk", "sending", "welcome", "saved", "news")
HOME = "/dashboard/messages"


def init_app(app: Flask) -> None:
    for module in MODULES:
        import_module(f"{__name__}.{module}")  # each hangs its routes on `bp`
    app.register_blueprint(bp)
    add_door(app, "dashboard", Door("Messages", "send", HOME, 65, Role.CREATOR))
