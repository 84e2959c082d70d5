"""For the house's own tax office: what was collected where, and who earned what."""

from flask import stream_with_context
from htmx_flask import request
from werkzeug.wrappers import Response

from app.earnings import periods, queries_books, reports
from app.earnings.operations import tax_profiles
from app.earnings.views import bp
from app.kit import clock, sheets
from app.kit.countries import COUNTRIES
from app.kit.money import plain
from app.platform.errors import NotFound
from app.platform.guards import Access, guard
from app.platform.pages import page
from app.platform.transaction import transaction
from app.platform.viewer import signed_in_viewer

HOME = "/admin/tax"
COLUMNS = ("quarter", "country", "currency", "net", "tax")


@bp.get("/admin/tax")
@guard(Access.ADMIN)
def show_taxes() -> Response:
    this = clock.now().year
    years = list(range(this, max(periods.BEGINNING.year, this - 9) - 1, -1))
    asked = request.args.get("year", "")
    year = next((one for one in years if str(one) == asked), this)
    return page(
        "earnings/admin/tax.html",
        year=year,
        years=years,
        taxes=queries_books.taxes(periods.year(year)),
        countries=COUNTRIES,
    )


@bp.get("/admin/tax/<int:year>.csv")
@guard(Access.ADMIN)
def taxes_csv(year: int) -> Response:
    found = queries_books.taxes(periods.year(_begun(year)))
    rows = (
        (
            f"{year}-{one.quarter}",
            one.country or "",
            one.currency,
            plain(one.net, one.currency),
            plain(one.tax, one.currency),
        )
        for one in found
    )
    response = Response("".join(sheets.line(row) for row in (COLUMNS, *rows)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="tax-{year}.csv"'
    return response


@bp.get("/admin/tax/sellers/<int:year>.csv")
@guard(Access.ADMIN, fresh=True)
def sellers_csv(year: int) -> Response:
    """With names and numbers of everybody: so the admin confirms that it is them, and it is on record."""
    lines = reports.sellers(_begun(year))
    with transaction():
        tax_profiles.report_taken(signed_in_viewer().id, year)
    response = Response(stream_with_context(lines), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="sellers-{year}.csv"'
    return response


def _begun(year: int) -> int:
    if not periods.BEGINNING.year <= year <= clock.now().year:
        raise NotFound
    return year
