"""People talk: conversations of two, with their messages."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.chat import (
        carrying,
        jobs,  # noqa: F401 - the worker tells
        personal,
        reporting,
        selling,
        telling,
        tipping,
        views,
    )
    from app.chat.operations import choosing
    from app.creators import ties
    from app.platform import partitions

    partitions.keep("messages")
    personal.init_app(app)
    views.init_app(app)
    reporting.init_app(app)
    carrying.init_app()
    selling.init_app(app)
    tipping.init_app(app)
    telling.init_app(app)
    ties.on_reranked(choosing.follow_its_tier)
