"""What the tax office wants to know of a creator, and their yearly reports."""

from typing import Any

from flask import flash, make_response, stream_with_context
from htmx_flask import request
from werkzeug.wrappers import Response

from app.earnings import queries, reports
from app.earnings.forms import TaxForm
from app.earnings.operations import tax_profiles
from app.earnings.views import bp, earner
from app.kit import clock
from app.kit.countries import COUNTRIES
from app.platform.errors import NotFound
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, see

PAGE, HOME = "earnings/tax.html", "/dashboard/earnings/tax"
BY_NAME = sorted(COUNTRIES.items(), key=lambda one: one[1])


@bp.get("/dashboard/earnings/tax")
@guard(Access.SIGNED_IN)
def show_tax() -> Response:
    profile = queries.tax_profile(earner())
    asked = request.args.get("country", "")
    country = asked if asked in COUNTRIES else (profile.country if profile else "")
    return page(PAGE, **_about(country))


@bp.post("/dashboard/earnings/tax")
@guard(Access.SIGNED_IN, fresh=True)
def save_tax() -> Response:
    country = request.form.get("country", "")
    if country not in COUNTRIES:
        return see(HOME)
    form = TaxForm()
    form.ask(country)
    if not form.validate():
        return form_page(PAGE, **_about(country, form))
    tax_profiles.save(earner(), country, {name: text or "" for name, text in form.values.items()})
    flash("Saved, and kept encrypted.", "good")
    return see(HOME)


@bp.get("/dashboard/earnings/tax/<int:year>.csv")
@guard(Access.SIGNED_IN, limit="costly")
def year_csv(year: int) -> Response:
    lines = reports.lines(earner(), _begun(year))
    response = Response(stream_with_context(lines), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="earnings-{year}.csv"'
    return response


@bp.get("/dashboard/earnings/tax/<int:year>.pdf")
@guard(Access.SIGNED_IN, limit="costly")
def year_pdf(year: int) -> Response:
    response = make_response(reports.draw(earner(), _begun(year)))
    response.mimetype = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="earnings-{year}.pdf"'
    return response


def _begun(year: int) -> int:
    if year not in reports.years(earner()):
        raise NotFound("There is a report for each year in which you earned something.")
    return year


def _about(country: str, form: TaxForm | None = None) -> dict[str, Any]:
    creator_id = earner()
    profile = queries.tax_profile(creator_id)
    if form is None and country:
        form = TaxForm(formdata=None, data=tax_profiles.opened(profile))
        form.ask(country)
    return {
        "form": form,
        "country": country,
        "countries": BY_NAME,
        "named": COUNTRIES.get(country, ""),
        "profile": profile,
        "years": reports.years(creator_id),
        "this_year": clock.now().year,
    }
