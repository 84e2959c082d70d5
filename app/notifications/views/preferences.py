"""What one wants to hear, by which channel and when; and what was sent."""

from typing import Any

from flask import flash
from htmx_flask import request
from werkzeug.wrappers import Response

from app.notifications import channels
from app.notifications.forms import PreferencesForm, RhythmForm
from app.notifications.kinds import Channel, Family, all_kinds
from app.notifications.operations import preferences, rhythm
from app.notifications.queries import Switch, settings_of, switches
from app.notifications.queries_page import Place
from app.notifications.queries_sent import sent
from app.notifications.views import SETTINGS, bp
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, see
from app.platform.viewer import signed_in_viewer

PAGE = "notifications/preferences.html"
# What its column is headed by, and what is read out beside a switch.
CHANNELS = {
    Channel.PAGE: ("Here", "on this site"),
    Channel.MAIL: ("Mail", "by mail"),
    Channel.PUSH: ("Push", "by push"),
}


@bp.get(SETTINGS)
@guard(Access.SIGNED_IN)
def show() -> Response:
    return page(PAGE, **_context())


@bp.post(SETTINGS)
@guard(Access.SIGNED_IN)
def save() -> Response:
    person, form = signed_in_viewer(), PreferencesForm()
    form.offer([switch.name for switch in switches(person.id) if not switch.locked])
    if not form.validate():
        return form_page(PAGE, **_context(), form=form)
    turned = preferences.save(person.id, form.wanted)
    flash("Saved." if turned else "Nothing was changed.", "good" if turned else "info")
    return see(SETTINGS)


@bp.post(f"{SETTINGS}/rhythm")
@guard(Access.SIGNED_IN)
def choose_rhythm() -> Response:
    form = RhythmForm()
    if not form.validate():
        return form_page(PAGE, **_context(form))
    rhythm.choose(signed_in_viewer().id, form.wish)
    flash("Saved.", "good")
    return see(SETTINGS)


@bp.get(f"{SETTINGS}/sent")
@guard(Access.SIGNED_IN)
def log() -> Response:
    found, older = sent(signed_in_viewer().id, Place.read(request.args.get("before", "")))
    return page("notifications/sent.html", found=found, older=older)


def _context(rhythm_form: RhythmForm | None = None) -> dict[str, Any]:
    person = signed_in_viewer()
    rows: dict[str, dict[Channel, Switch]] = {}
    for switch in switches(person.id):
        rows.setdefault(switch.kind.name, {})[switch.channel] = switch
    offered = [kind for kind in all_kinds() if kind.role is None or person.has(kind.role)]
    shown = [(kind, rows[kind.name]) for kind in offered if kind.name in rows]
    families = [(one.label, [row for row in shown if row[0].family is one]) for one in Family]
    return {
        "families": [(label, found) for label, found in families if found],
        "columns": {channel: CHANNELS[channel] for channel in channels.available()},
        "rhythm": rhythm_form or RhythmForm.of(settings_of(person.id)),
    }
