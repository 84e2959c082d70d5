"""What people upload: taken in, checked, made showable, handed out."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.creators import pictures
    from app.media import addresses, cli, doors, holders, jobs, personal, templating  # noqa: F401 - jobs register
    from app.media.operations import portraits
    from app.media.views import direct, fetching, library, uploads
    from app.platform import access, signals
    from app.platform.navigation import Door, add_door
    from app.platform.viewer import Role

    holders.register(addresses.OWN, doors.own, loose=True)
    pictures.fetched_at(addresses.on_page)
    pictures.on_let_go(portraits.let_go)
    signals.on(access.TOPIC, doors.access_ended)
    add_door(app, "dashboard", Door("Media", "image", "/dashboard/media", 30, Role.CREATOR))
    templating.init_app(app)
    cli.init_app(app)
    personal.init_app(app)
    for views in (direct, fetching, library, uploads):
        app.register_blueprint(views.bp)
