"""Settings, payment methods: cards on file."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import flash
from htmx_flask import request
from werkzeug.wrappers import Response

from app.payments import queries
from app.payments.cards import customers, looking, words
from app.payments.cards.rail import is_on
from app.payments.errors import Impossible, StillInUse, Unsure
from app.payments.forms import RemoveForm
from app.payments.gateways.stripe import checkout
from app.payments.operations import methods
from app.payments.views import bp
from app.platform.errors import NotFound
from app.platform.guards import Access, guard
from app.platform.idempotency import FIELD
from app.platform.pages import form_page, page, safe_next, see
from app.platform.settings import settings
from app.platform.viewer import signed_in_viewer

HOME, PAGE = "/settings/payment-methods", "payments/methods.html"
NO_ANSWER = "The card processor does not answer at the moment. Try again in a minute."


@bp.get(HOME)
@guard(Access.SIGNED_IN)
def show_methods() -> Response:
    return page(PAGE, **_page())


@bp.post(HOME)
@guard(Access.SIGNED_IN)
def add_method() -> Response:
    """On the processor's page. Nothing is written: the next address makes the call, under this form's key."""
    if not is_on():
        raise NotFound
    wish = request.form.get(FIELD, "")
    return see(f"{HOME}/new?{urlencode({'wish': wish, 'next': _next(request.form)})}")


@bp.get(f"{HOME}/new")
@guard(Access.SIGNED_IN, limit="costly")
def open_setup() -> Response:
    person, wish = signed_in_viewer(), request.args.get("wish", "")
    if not is_on() or not 8 <= len(wish) <= 64 or not wish.isascii():
        raise NotFound
    back = f"{settings().base_url}{HOME}/back?{urlencode({'next': _next(request.args)})}"
    try:
        opened = checkout.open_setup(customers.called(person.id), f"{person.id}:{wish}", back)
    except (Unsure, Impossible):
        flash(NO_ANSWER, "bad")
        return see(HOME)
    return see(opened.url or HOME)


@bp.get(f"{HOME}/back")
@guard(Access.SIGNED_IN, limit="costly")
def back_from_setup() -> Response:
    """Whose card it is, the processor says; not who comes back."""
    page_id, known = request.args.get("page", ""), _on_file()
    if page_id.startswith(looking.PAGES) and page_id.isascii() and is_on():
        try:
            looking.page(page_id)
        except (Unsure, Impossible):
            flash("Your card will stand here in a moment.", "info")
    if _on_file() - known:
        flash("The card is on file.", "good")
    return see(_next(request.args))


@bp.post(f"{HOME}/<uuid:method_id>/prefer")
@guard(Access.SIGNED_IN)
def prefer_method(method_id: UUID) -> Response:
    methods.prefer(signed_in_viewer().id, method_id)
    flash("This card comes first from now on.", "good")
    return see(HOME)


@bp.post(f"{HOME}/<uuid:method_id>/remove")
@guard(Access.SIGNED_IN)
def remove_method(method_id: UUID) -> Response:
    try:
        methods.remove(signed_in_viewer().id, method_id, confirmed=bool(RemoveForm().confirmed.data))
    except StillInUse as used:
        return form_page(PAGE, in_use=(method_id, used.what), **_page())
    flash("The card is removed.", "good")
    return see(HOME)


def _next(asked: Mapping[str, str]) -> str:
    """Who needs a card for something goes on with that."""
    return safe_next(asked.get("next"), HOME)


def _on_file() -> set[UUID]:
    return {one.id for one in queries.methods(signed_in_viewer().id)}


def _page() -> dict[str, Any]:
    return {
        "methods": [(one, queries.expiry(one)) for one in queries.methods(signed_in_viewer().id)],
        "brand": words.brand,
        "open": is_on(),
        "next": _next(request.args),
    }
