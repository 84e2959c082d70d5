"""Settings, devices: where notices are shown, and the script that shows them."""

from uuid import UUID

from flask import Blueprint, current_app, flash, jsonify
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from app.accounts.views import json_input
from app.notifications import vapid
from app.notifications.operations import pushing
from app.notifications.push_address import PushAddress
from app.notifications.queries_push import devices
from app.platform.errors import NotFound
from app.platform.guards import Access, guard
from app.platform.pages import page, see
from app.platform.viewer import signed_in_viewer
from app.platform.web import user_agent

bp = Blueprint("devices", __name__)

HOME = "/settings/devices"


@bp.get("/settings/devices")
@guard(Access.SIGNED_IN)
def show() -> Response:
    person = signed_in_viewer()
    return page(
        "notifications/devices.html",
        devices=devices(person.id),
        key=vapid.public_key(),
        session_id=person.session_id,
    )


@bp.post("/settings/devices")
@guard(Access.SIGNED_IN)
def subscribe() -> Response:
    """By the page's script, or by the browser's own when its push service gave it another address."""
    person = signed_in_viewer()
    address = PushAddress.read(json_input.body()) if vapid.public_key() else None
    if address is None:
        raise json_input.NotUnderstood
    pushing.subscribe(person.id, person.session_id, address, user_agent())
    flash("This device shows notices now.", "good")
    return json_input.go_on(HOME)


@bp.get("/settings/devices/key")
@guard(Access.SIGNED_IN)
def key() -> Response:
    """What the service worker needs to subscribe anew; it has no page to read it from."""
    response: Response = jsonify(key=vapid.public_key(), csrf_token=generate_csrf())
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/settings/devices/<uuid:device_id>/forget")
@guard(Access.SIGNED_IN)
def forget(device_id: UUID) -> Response:
    pushing.forget(signed_in_viewer().id, device_id)
    flash("That device shows no more notices.", "good")
    return see(HOME)


@bp.post("/settings/devices/<uuid:device_id>/try")
@guard(Access.SIGNED_IN, limit="try_notice")
def try_out(device_id: UUID) -> Response:
    pushing.try_out(signed_in_viewer().id, device_id)
    flash("A notice is on its way to that device.", "good")
    return see(HOME)


@bp.get("/sw.js")
@guard(Access.ANONYMOUS)
def worker() -> Response:
    """At the root, because it may open pages of the whole house."""
    if not vapid.public_key():
        raise NotFound
    response: Response = current_app.send_static_file("js/sw.js")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Service-Worker-Allowed"] = "/"
    return response
