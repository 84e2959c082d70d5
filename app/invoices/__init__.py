"""What is owed and paid: one state machine for all that costs money. Knows no seller and no provider."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.invoices import jobs, personal, rails  # noqa: F401 - jobs register themselves
    from app.invoices.credit import CREDIT_RAIL

    personal.init_app(app)
    rails.register(app, CREDIT_RAIL)
