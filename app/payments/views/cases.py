"""Differences of money that somebody has to look at."""

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import flash
from htmx_flask import request
from werkzeug.wrappers import Response

from app.invoices import rails
from app.kit.ids import parse_id
from app.kit.money import readable
from app.payments import case_words, queries
from app.payments import queries_solana as chain
from app.payments.forms import CloseForm
from app.payments.operations import cases
from app.payments.views import bp
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, see
from app.platform.viewer import signed_in_viewer

HOME, PAGE = "/admin/payments/cases", "payments/admin/case.html"


@bp.get(HOME)
@guard(Access.ADMIN)
def list_cases() -> Response:
    state = "closed" if request.args.get("state") == "closed" else "open"
    before = parse_id(request.args.get("before", ""))
    found, older = queries.cases(state, before)
    return page(
        "payments/admin/cases.html",
        found=found,
        older=older,
        paged=before is not None,
        state=state,
        words=case_words,
        rails=rails.names(),
    )


@bp.get(f"{HOME}/<uuid:case_id>")
@guard(Access.ADMIN)
def show_case(case_id: UUID) -> Response:
    return page(PAGE, **_about(case_id, CloseForm(formdata=None)))


@bp.post(f"{HOME}/<uuid:case_id>/close")
@guard(Access.ADMIN)
def close_case(case_id: UUID) -> Response:
    form = CloseForm()
    if not form.validate():
        return form_page(PAGE, **_about(case_id, form))
    cases.close(case_id, signed_in_viewer().id, form.note.data or "")
    flash("The case is closed.", "good")
    return see(HOME)


def _about(case_id: UUID, form: CloseForm) -> dict[str, Any]:
    found = queries.case(case_id)
    return {
        "case": found,
        "detail": _in_words(found.detail),
        "form": form,
        "going_back": chain.send(case_id) if found.kind in chain.NOBODYS else None,
        "words": case_words,
        "rails": rails.names(),
    }


def _in_words(detail: dict[str, Any]) -> list[tuple[str, str]]:
    currency = detail.get("currency") or detail.get("coin")
    return [
        (name, _said(name, value, currency)) for name, value in sorted(detail.items()) if value is not None
    ]


def _said(name: str, value: object, currency: str | None) -> str:
    """Whole numbers are amounts of its currency, where it names one."""
    if currency and isinstance(value, int):
        return readable(value, currency)
    if name == "at":
        return f"{datetime.fromisoformat(str(value)):%-d %B %Y, %H:%M UTC}"
    return str(value)
