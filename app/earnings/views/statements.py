"""Month by month, and each as a paper."""

from flask import make_response
from werkzeug.wrappers import Response

from app.earnings import periods, statements
from app.earnings.views import bp, earner
from app.platform.errors import NotFound
from app.platform.guards import Access, guard
from app.platform.pages import page


@bp.get("/dashboard/earnings/statements")
@guard(Access.SIGNED_IN)
def show_statements() -> Response:
    return page("earnings/statements.html", months=statements.all_months(earner()))


@bp.get("/dashboard/earnings/statements/<month>.pdf")
@guard(Access.SIGNED_IN, limit="costly")
def statement(month: str) -> Response:
    chosen = periods.month(month)
    if chosen is None:
        raise NotFound("There is a statement for each month that has begun.")
    response = make_response(statements.draw(earner(), chosen))
    response.mimetype = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="statement-{chosen.name}.pdf"'
    return response
