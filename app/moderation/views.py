"""Reporting something, and the queue in which moderators look at what was reported."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from flask import Blueprint, Flask, flash
from htmx_flask import request
from werkzeug.wrappers import Response

from app.kit.ids import parse_id
from app.moderation import queries, subjects
from app.moderation.errors import OwnCase
from app.moderation.forms import ReportForm
from app.moderation.operations import reports
from app.platform.errors import NotFound, Refused
from app.platform.guards import Access, guard
from app.platform.navigation import Door, add_door
from app.platform.pages import form_page, page, see
from app.platform.viewer import Role, signed_in_viewer

bp = Blueprint("moderation", __name__)

HOME, OWN = "/admin/reports", "/reports"
# To those who reported.
TOLD = {"waiting": "Somebody will look", "upheld": "We agreed, and acted", "dismissed": "It stays"}
STATES = {"waiting": "Waiting", "upheld": "Upheld", "dismissed": "Dismissed"}


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    for place in ("rail", "account"):
        add_door(app, place, Door("Reports", "flag", HOME, 80, Role.MODERATOR))
    add_door(app, "settings", Door("Your reports", "flag", OWN, 75))


@bp.get("/report/<kind>/<uuid:subject_id>")
@guard(Access.SIGNED_IN)
def ask(kind: str, subject_id: UUID) -> Response:
    known, subject = reports.find_subject(kind, subject_id, signed_in_viewer().id)
    return page("moderation/report.html", known=known, subject=subject, kind=kind, form=ReportForm())


@bp.post("/report/<kind>/<uuid:subject_id>")
@guard(Access.SIGNED_IN, limit="report")
def send(kind: str, subject_id: UUID) -> Response:
    form, person = ReportForm(), signed_in_viewer()
    known, subject = reports.find_subject(kind, subject_id, person.id)
    try:
        if form.validate():
            reports.report(person.id, kind, subject_id, form.reason.data, form.note.data or "")
            flash("Thank you. Somebody will look at it, and you get a mail.", "good")
            return see(OWN)
    except NotFound:
        raise
    except Refused as refused:
        form.refuse(refused)
    return form_page("moderation/report.html", known=known, subject=subject, kind=kind, form=form)


@bp.get("/reports")
@guard(Access.SIGNED_IN)
def show_own() -> Response:
    before = parse_id(request.args.get("before", ""))
    lines, older = queries.find_own(signed_in_viewer().id, before=before)
    return page(
        "moderation/own.html",
        lines=lines,
        older=older,
        paged=before is not None,
        states=TOLD,
        kinds=subjects.kinds(),
        reasons=reports.REASONS,
    )


@bp.get("/admin/reports")
@guard(Access.MODERATOR)
def show_all() -> Response:
    state = _choice("state", STATES) or "waiting"
    kind = _choice("kind", subjects.kinds())
    after = parse_id(request.args.get("after", ""))
    lines, older = queries.find_reports(state, kind, after=after)
    return page(
        "moderation/reports.html",
        lines=lines,
        older=older,
        paged=after is not None,
        state=state,
        kind=kind,
        states=STATES,
        kinds=subjects.kinds(),
        reasons=reports.REASONS,
    )


@bp.get("/admin/reports/<uuid:report_id>")
@guard(Access.MODERATOR)
def show(report_id: UUID) -> Response:
    return page("moderation/decide.html", **_about(report_id))


@bp.post("/admin/reports/<uuid:report_id>/open")
@guard(Access.MODERATOR)
def look(report_id: UUID) -> Response:
    try:
        return see(reports.look_closer(signed_in_viewer().id, report_id))
    except OwnCase as refused:
        return form_page("moderation/decide.html", refused=refused.message, **_about(report_id))


@bp.post("/admin/reports/<uuid:report_id>/uphold")
@guard(Access.MODERATOR)
def uphold(report_id: UUID) -> Response:
    decision = partial(reports.uphold, seen=request.form.get("seen"))
    return _decide(report_id, decision, "Taken down. Who made it is told by mail.")


@bp.post("/admin/reports/<uuid:report_id>/dismiss")
@guard(Access.MODERATOR)
def dismiss(report_id: UUID) -> Response:
    decision = partial(reports.dismiss, seen=request.form.get("seen"))
    return _decide(report_id, decision, "Dismissed. Nothing is taken down by this report.")


def _decide(report_id: UUID, decision: Callable[[UUID, UUID], None], done: str) -> Response:
    try:
        decision(signed_in_viewer().id, report_id)
    except NotFound:
        raise
    except Refused as refused:
        return form_page("moderation/decide.html", refused=refused.message, **_about(report_id))
    flash(done, "good")
    return see(HOME)


def _about(report_id: UUID) -> dict[str, Any]:
    line = queries.find_report(report_id)
    known = subjects.reportable(line.subject_kind)
    subject, moderator = known.look(line.subject_id) if known else None, signed_in_viewer()
    # What is shown, and nothing that is said meanwhile, counts as seen.
    copies, others = queries.copies(line), queries.others(line)
    return {
        "line": line,
        "known": known,
        "subject": subject,
        "copies": copies,
        "changed": subject is not None and copies not in ([], [subject.in_full]),
        "files": known.files(line.subject_id) if known and line.state == reports.WAITING else None,
        "own_case": subject is not None and subject.owner_id == moderator.id,
        "may_suspend": moderator.has(Role.ADMIN),
        "others": others,
        "seen": reports.standing(line, others, copies),
        "reasons": reports.REASONS,
        "states": STATES,
    }


def _choice(name: str, known: dict[str, str]) -> str | None:
    given = request.args.get(name, "")
    return given if given in known else None
