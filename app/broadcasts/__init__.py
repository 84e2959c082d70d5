"""A creator tells many at once: broadcasts, what newcomers are welcomed with, answers kept for later."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.accounts import standing
    from app.broadcasts import jobs, personal, queries, telling, views
    from app.broadcasts.operations import sending
    from app.chat import filling

    personal.init_app(app)
    views.init_app(app)
    jobs.init_app()
    telling.init_app(app)
    standing.on_taken_back(sending.take_back_since)
    filling.fill_by("saved", queries.saved_words)
