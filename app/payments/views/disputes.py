"""Disputes at banks, for admins: which are open, until when they may be answered, and what is said."""

from typing import Any
from uuid import UUID

from flask import flash
from htmx_flask import request
from werkzeug.wrappers import Response

from app.invoices import words
from app.kit import clock
from app.kit.ids import parse_id
from app.payments import queries_disputes as queries
from app.payments.forms import AnswerForm
from app.payments.operations import answering
from app.payments.views import bp
from app.platform.errors import NotFound, Refused
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, see
from app.platform.viewer import signed_in_viewer

HOME, PAGE = "/admin/payments/disputes", "payments/admin/dispute.html"


@bp.get(HOME)
@guard(Access.ADMIN)
def list_disputes() -> Response:
    closed, before = request.args.get("state") == "closed", parse_id(request.args.get("before", ""))
    found, older = queries.disputes(before, closed=closed)
    return page(
        "payments/admin/disputes.html",
        found=found,
        older=older,
        paged=before is not None,
        state="closed" if closed else "open",
        words=words,
    )


@bp.get(f"{HOME}/<uuid:dispute_id>")
@guard(Access.ADMIN)
def show_dispute(dispute_id: UUID) -> Response:
    about = _about(dispute_id)
    return page(PAGE, form=AnswerForm(formdata=None, data={"words": about["facts"]}), **about)


@bp.post(f"{HOME}/<uuid:dispute_id>/answer")
@guard(Access.ADMIN)
def answer_dispute(dispute_id: UUID) -> Response:
    form = AnswerForm()
    if not form.validate():
        return form_page(PAGE, form=form, **_about(dispute_id))
    try:
        answering.answer(dispute_id, signed_in_viewer().id, form.words.data or "")
    except NotFound:
        raise
    except Refused as refused:
        form.refuse(refused)
        return form_page(PAGE, form=form, **_about(dispute_id))
    flash("Sent to the bank. Its word may take weeks.", "good")
    return see(f"{HOME}/{dispute_id}")


def _about(dispute_id: UUID) -> dict[str, Any]:
    found = queries.story(dispute_id)
    dispute = found.dispute
    late = dispute.answer_by is not None and dispute.answer_by <= clock.now()
    answerable = dispute.state == "open" and dispute.answered_at is None and not late
    return {
        "found": found,
        "dispute": dispute,
        "answerable": answerable,
        "facts": found.facts,
        "words": words,
    }
