"""What people report, and what becomes of it."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.moderation import people, personal, subjects, telling, views

    subjects.register(app, "person", people.PERSON)
    views.init_app(app)
    personal.init_app(app)
    telling.init_app(app)
