"""The pages of rooms."""

from importlib import import_module

from flask import Blueprint, Flask

from app.creators.views.desk import HOME
from app.platform.navigation import Door, add_door
from app.platform.viewer import Role

bp = Blueprint("rooms", __name__)
MODULES = ("room", "message", "desk")


def init_app(app: Flask) -> None:
    for module in MODULES:
        import_module(f"{__name__}.{module}")  # each hangs its routes on `bp`
    app.register_blueprint(bp)
    add_door(app, "dashboard", Door("Live room", "mic", f"{HOME}/room", 65, Role.CREATOR))
