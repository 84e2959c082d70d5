"""What the database holds after a request."""

from collections.abc import Sequence
from typing import Any

from flask import Flask
from sqlalchemy import Select, func, select

from app.extensions import Model, db


def stored(app: Flask, question: Select[Any]) -> Sequence[Any]:
    with app.app_context():
        return db.session.scalars(question).all()


def count(app: Flask, model: type[Model]) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0
