"""What is owed and paid: one state machine for all that costs money. Knows no seller and no provider."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.creators import earning
    from app.invoices import fees, jobs, personal, rails, telling, views
    from app.invoices.credit import CREDIT_RAIL
    from app.ledger.references import refer

    personal.init_app(app)
    views.init_app(app)
    jobs.init_app()
    telling.init_app(app)
    rails.register(app, CREDIT_RAIL)
    earning.register(app, fees.told)
    for kind in ("invoice", "payment", "refund", "dispute"):
        refer(app, kind, kind.capitalize(), lambda key: f"/admin/payments?q={key}")
