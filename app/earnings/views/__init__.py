"""Creators' money on pages: what they earned, how they are paid out; and what admins decide about it."""

from importlib import import_module
from uuid import UUID

from flask import Blueprint, Flask

from app.creators.views.desk import own_page
from app.invoices.views.admin import ROOMS
from app.platform.navigation import Door, add_door
from app.platform.viewer import Role, signed_in_viewer

bp = Blueprint("earnings", __name__)
MODULES = ("earned", "statements", "payouts", "tax", "admin", "reports")


def init_app(app: Flask) -> None:
    for module in MODULES:
        import_module(f"{__name__}.{module}")  # each hangs its routes on `bp`
    app.register_blueprint(bp)
    add_door(app, "dashboard", Door("Earnings", "coins", "/dashboard/earnings", 20))
    add_door(app, "dashboard", Door("Payouts", "wallet", "/dashboard/payouts", 25))
    add_door(app, ROOMS, Door("Payouts", "wallet", "/admin/payouts", 30, Role.ADMIN))
    add_door(app, ROOMS, Door("Adjustments", "coins", "/admin/adjustments", 70, Role.ADMIN))
    add_door(app, ROOMS, Door("Tax", "receipt", "/admin/tax", 80, Role.ADMIN))


def earner() -> UUID:
    """Whose books this request is about: of a creator, or of who has a page still and lost the role."""
    person = signed_in_viewer()
    return person.id if person.has(Role.CREATOR) else own_page().id
