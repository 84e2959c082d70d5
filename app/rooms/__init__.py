"""Live rooms: a creator's channel, where many talk at once."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.platform import partitions
    from app.rooms import closing, live, personal, reporting, views

    partitions.keep("room_messages")
    personal.init_app(app)
    closing.init_app()
    live.init_app()
    reporting.init_app(app)
    views.init_app(app)
