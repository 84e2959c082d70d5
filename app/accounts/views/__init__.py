"""The pages of coming in and of the account's daily life."""

from importlib import import_module

from flask import Blueprint, Flask

from app.platform.navigation import Door, add_door

bp = Blueprint("accounts", __name__)
MODULES = (
    "join",
    "person",
    "reset",
    "settings_hidden",
    "settings_profile",
    "settings_security",
    "settings_sessions",
    "sign_in",
    "verify",
)


def init_app(app: Flask) -> None:
    for module in MODULES:
        import_module(f"{__name__}.{module}")  # each hangs its routes on `bp`
    app.register_blueprint(bp)
    add_door(app, "account", Door("Settings", "settings", "/settings", 90))
    add_door(app, "settings", Door("Profile", "user", "/settings/profile", 10))
    add_door(app, "settings", Door("Security", "shield", "/settings/security", 20))
    add_door(app, "settings", Door("Sessions", "monitor", "/settings/sessions", 30))
    add_door(app, "settings", Door("Hidden people", "eye-off", "/settings/hidden", 65))
    for place in ("rail", "tabs"):
        add_door(app, place, Door("You", "user", "/settings/profile", 90, leads_to="settings"))
