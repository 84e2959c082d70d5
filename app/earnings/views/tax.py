"""What the tax office wants to know of a creator, and their yearly reports."""

from typing import Any

from flask import flash, make_response, stream_with_context
from htmx_flask import request
from werkzeug.wrappers import Response

from app.earnings import queries, reports
from app.earnings.forms import TaxForm
from app.earnings.operations import tax_profiles
from app.earnings.views import bp
from app.kit import clock
from app.kit.countries import COUNTRIES
from app.platform.errors import NotFound
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, see
from app.platform.viewer import signed_in_viewer

PAGE, HOME = "earnings/tax.html", "/dashboard/earnings/tax"
BY_NAME = sorted(COUNTRIES.items(), key=lambda one: one[1])


@bp.get("/dashboard/earnings/tax")
@guard(Access.CREATOR)
def show_tax() -> Response:
    profile = queries.tax_profile(signed_in_viewer().id)
    asked = request.args.get("country", "")
    country = asked if asked in COUNTRIES else (profile.country if profile else "")
    return page(PAGE, **_about(country))


@bp.post("/dashboard/earnings/tax")
@guard(Access.CREATOR, fresh=True)
def save_tax() -> Response:
    country = request.form.get("country", "")
    if country not in COUNTRIES:
        return see(HOME)
    form = TaxForm()
    form.ask(country)
    if not form.validate():
        return form_page(PAGE, **_about(country, form))
    tax_profiles.save(
        signed_in_viewer().id, country, {name: text or "" for name, text in form.values.items()}
    )
    flash("Saved, and kept encrypted.", "good")
    return see(HOME)


@bp.get("/dashboard/earnings/tax/<int:year>.csv")
@guard(Access.CREATOR, limit="costly")
def year_csv(year: int) -> Response:
    lines = reports.lines(signed_in_viewer().id, _begun(year))
    response = Response(stream_with_context(lines), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="earnings-{year}.csv"'
    return response


@bp.get("/dashboard/earnings/tax/<int:year>.pdf")
@guard(Access.CREATOR, limit="costly")
def year_pdf(year: int) -> Response:
    response = make_response(reports.draw(signed_in_viewer().id, _begun(year)))
    response.mimetype = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="earnings-{year}.pdf"'
    return response


def _begun(year: int) -> int:
    if year not in reports.years(signed_in_viewer().id):
        raise NotFound("There is a report for each year in which you earned something.")
    return year


def _about(country: str, form: TaxForm | None = None) -> dict[str, Any]:
    person = signed_in_viewer()
    profile = queries.tax_profile(person.id)
    if form is None and country:
        form = TaxForm(formdata=None, data=tax_profiles.opened(profile))
        form.ask(country)
    return {
        "form": form,
        "country": country,
        "countries": BY_NAME,
        "named": COUNTRIES.get(country, ""),
        "profile": profile,
        "years": reports.years(person.id),
        "this_year": clock.now().year,
    }
