"""Admins see every payout, and correct balances, two of them together."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash
from htmx_flask import request
from werkzeug.wrappers import Response

from app.earnings import queries, words
from app.earnings.forms import AdjustmentForm
from app.earnings.operations import adjusting
from app.earnings.operations.adjusting import Proposal
from app.earnings.views import bp
from app.invoices import words as invoice_words
from app.kit.ids import parse_id
from app.ledger import queries as ledger
from app.ledger.chart import Kind
from app.platform.errors import NotFound, Refused
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, see
from app.platform.viewer import signed_in_viewer

ADJUSTMENTS, PAYOUTS = "/admin/adjustments", "/admin/payouts"
PAGE = "earnings/admin/adjustments.html"


@bp.get("/admin/payouts")
@guard(Access.ADMIN)
def list_payouts() -> Response:
    before, state = parse_id(request.args.get("before", "")), request.args.get("state", "")
    chosen = state if state in words.STATES else ""
    found, older = queries.all_payouts(chosen, before)
    return page(
        "earnings/admin/payouts.html",
        found=found,
        older=older,
        paged=before is not None,
        chosen=chosen,
        words=words,
    )


@bp.get("/admin/payouts/<uuid:payout_id>")
@guard(Access.ADMIN)
def show_payout(payout_id: UUID) -> Response:
    return page(
        "earnings/admin/payout.html",
        one=queries.payout(payout_id),
        entries=ledger.entries_about("payout", payout_id),
        words=words,
        kind_of=invoice_words.kind,
    )


@bp.get("/admin/adjustments")
@guard(Access.ADMIN)
def show_adjustments() -> Response:
    return page(PAGE, **_about(AdjustmentForm(formdata=None)))


@bp.post("/admin/adjustments")
@guard(Access.ADMIN, fresh=True)
def propose_adjustment() -> Response:
    form = AdjustmentForm()
    if not form.validate():
        return form_page(PAGE, **_about(form))
    handle = (form.handle.data or "").removeprefix("@")
    proposal = Proposal(
        handle, Kind(form.account.data), form.minor, form.currency.data, form.reason.data or ""
    )
    try:
        adjusting.propose(signed_in_viewer().id, proposal)
    except Refused as refused:
        form.refuse(refused)
        return form_page(PAGE, **_about(form))
    flash("Proposed. Another admin has to agree before anything moves.", "good")
    return see(ADJUSTMENTS)


@bp.post("/admin/adjustments/<uuid:adjustment_id>/agree")
@guard(Access.ADMIN, fresh=True)
def agree_adjustment(adjustment_id: UUID) -> Response:
    return _decide(adjustment_id, adjusting.agree, "Done. It is in the books, and they are told.")


@bp.post("/admin/adjustments/<uuid:adjustment_id>/refuse")
@guard(Access.ADMIN, fresh=True)
def refuse_adjustment(adjustment_id: UUID) -> Response:
    return _decide(adjustment_id, adjusting.refuse, "Refused. Nothing moved.")


def _decide(adjustment_id: UUID, decide: Callable[[UUID, UUID], None], done: str) -> Response:
    try:
        decide(adjustment_id, signed_in_viewer().id)
    except NotFound:
        raise
    except Refused as refused:
        form = AdjustmentForm(formdata=None)
        return form_page(PAGE, refused=refused.message, **_about(form))
    flash(done, "good")
    return see(ADJUSTMENTS)


def _about(form: AdjustmentForm) -> dict[str, Any]:
    return {
        "form": form,
        "waiting": queries.adjustments(open_=True),
        "decided": queries.adjustments(open_=False),
        "words": words,
    }
