"""What people are told about, and by which channel."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.accounts import letters as accounts_letters
    from app.notifications import jobs, letters, own, personal, reaching, views

    views.init_app(app)
    personal.init_app(app)
    jobs.register_cleanup()
    accounts_letters.on_written(letters.written)
    own.register(app)
    reaching.init_app(app)
