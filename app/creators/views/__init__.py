"""Creators' pages as others see them, and the desk behind them."""

from importlib import import_module

from flask import Blueprint, Flask

bp = Blueprint("creators", __name__)
MODULES = ("page", "following", "start", "dashboard", "own_page", "tiers", "people")


def init_app(app: Flask) -> None:
    from app.creators.views import desk, page

    for module in MODULES:
        import_module(f"{__name__}.{module}")  # each hangs its routes on `bp`
    app.register_blueprint(bp)
    page.init_app(app)
    desk.init_app(app)
