"""The pages of posts: written, read, listed."""

from importlib import import_module

from flask import Blueprint, Flask

from app.platform import front

bp = Blueprint("posts", __name__)
MODULES = ("feed", "desk", "editor", "page", "adults", "liking", "comments", "polls", "buying", "syndication")


def init_app(app: Flask) -> None:
    front.set_home(app, "/feed")
    for module in MODULES:
        import_module(f"{__name__}.{module}")  # each hangs its routes on `bp`
    app.register_blueprint(bp)
    import_module(f"{__name__}.tabs").init_app(app)
