"""Signing in with a password, proving again who one is, signing out."""

from contextlib import suppress
from typing import Any

from flask import flash
from htmx_flask import request
from werkzeug.wrappers import Response

from app.accounts import browser, queries, queries_factors
from app.accounts.forms.parts import typed
from app.accounts.forms.sign_in import ConfirmForm, SignInForm
from app.accounts.operations import second_step, sessions, sign_in
from app.accounts.operations.joining import OPEN_REGISTRATION
from app.accounts.operations.sign_in import CodeNeeded, SignedIn
from app.accounts.sections import load_sections
from app.accounts.views import bp
from app.accounts.views.answers import refused
from app.platform import flags, front
from app.platform.errors import NotFound, Refused
from app.platform.guards import Access, guard, keep_writes
from app.platform.pages import form_page, page, safe_next, see
from app.platform.viewer import signed_in_viewer, viewer
from app.platform.web import client

LOGIN, LOGIN_FORM = "accounts/login.html", "accounts/_login_form.html"
CONFIRM = "accounts/confirm.html"


@bp.get("/login")
@guard(Access.ANYONE)
def login() -> Response:
    person = viewer()
    # A page that just heard of its end may be here before this process has.
    if person and not ("ended" in request.args and browser.has_ended(person)):
        return see(_destination())
    return page(LOGIN, form=SignInForm(formdata=None), **_beside())


@bp.post("/login")
@guard(Access.ANYONE, limit="sign_in", once=False)
def do_login() -> Response:
    if viewer():
        return see(_destination())
    form = SignInForm()
    if not form.validate():
        return form_page(LOGIN, partial=LOGIN_FORM, form=form, **_beside())
    try:
        outcome = _enter(form)
    except Refused as error:
        keep_writes()
        return refused(error, form, LOGIN, partial=LOGIN_FORM, **_beside())
    if isinstance(outcome, CodeNeeded):
        browser.wait_for_code(outcome.challenge)
        return see("/login/code")
    browser.sign_in(outcome.started.token, remember=form.remember.data)
    return see(_destination())


@bp.get("/login/confirm")
@guard(Access.SIGNED_IN)
def confirm() -> Response:
    return page(CONFIRM, form=ConfirmForm(formdata=None), **_ways_to_confirm())


@bp.post("/login/confirm")
@guard(Access.SIGNED_IN, limit="sign_in", once=False)
def do_confirm() -> Response:
    form, person = ConfirmForm(), signed_in_viewer()
    if not form.validate():
        return form_page(CONFIRM, form=form, **_ways_to_confirm())
    try:
        token = second_step.confirm(
            person.id, person.session_id, typed(form.password), form.code.data or "", client()
        )
    except Refused as error:
        keep_writes()
        return refused(error, form, CONFIRM, **_ways_to_confirm())
    browser.renew(token)
    return see(_destination())


@bp.post("/logout")
@guard(Access.ANYONE)
def logout() -> Response:
    """Whoever is signed out already is where they wanted to be."""
    if person := viewer():
        with suppress(NotFound):
            sessions.end(person.session_id, owner=person.id, because=sessions.SIGNED_OUT)
        browser.sign_out()
        flash("You are signed out.", "good")
    return see("/login")


def _enter(form: SignInForm) -> SignedIn | CodeNeeded:
    return sign_in.with_password(
        typed(form.identifier),
        typed(form.password),
        remember=form.remember.data,
        client=client(),
        then=safe_next(request.args.get("next"), ""),
    )


def _destination() -> str:
    return safe_next(request.args.get("next"), front.home())


def _beside() -> dict[str, Any]:
    """What stands around the form: the other ways in, and why somebody was sent here."""
    return {
        "sections": load_sections("sign_in", None),
        "next": safe_next(request.args.get("next"), ""),
        "ended": "ended" in request.args,
        "may_join": flags.flag(OPEN_REGISTRATION),
    }


def _ways_to_confirm() -> dict[str, Any]:
    person = signed_in_viewer()
    return {
        "has_password": queries.the_user(person.id).password_hash is not None,
        "factors": queries_factors.factors(person.id),
        "sections": load_sections("confirm", person),
        "next": safe_next(request.args.get("next"), ""),
    }
