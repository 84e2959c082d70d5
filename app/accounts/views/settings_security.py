"""Settings, security: address, password, and the sections that other ways of proving oneself hang up here."""

from typing import Any

from flask import flash
from werkzeug.wrappers import Response

from app.accounts import queries
from app.accounts.forms.parts import typed
from app.accounts.forms.settings import ChangePasswordForm, EmailForm, SetPasswordForm
from app.accounts.operations import email, passwords
from app.accounts.sections import load_sections
from app.accounts.views import bp
from app.accounts.views.answers import dropping, refused
from app.kit import clock
from app.platform.errors import Refused
from app.platform.forms import Form
from app.platform.guards import FRESH_FOR, Access, guard, keep_writes
from app.platform.pages import form_page, page, see
from app.platform.viewer import signed_in_viewer
from app.platform.web import client

PAGE, HOME = "accounts/settings_security.html", "/settings/security"


@bp.get("/settings/security")
@guard(Access.SIGNED_IN)
def show_security() -> Response:
    return page(PAGE, **_page())


@bp.post("/settings/security/email")
@guard(Access.SIGNED_IN, fresh=True)
def ask_email_change() -> Response:
    form = EmailForm()
    if not form.validate():
        return form_page(PAGE, **_page(email_form=form))
    try:
        email.ask_change(signed_in_viewer().id, typed(form.email))
    except Refused as error:
        return refused(error, form, PAGE, **_page(email_form=form))
    flash(f"We sent a link to {typed(form.email)}. Open it to make the change.", "good")
    return see(HOME)


@bp.post("/settings/security/email/drop")
@guard(Access.SIGNED_IN)
def drop_email_change() -> Response:
    email.drop_change(signed_in_viewer().id)
    flash("Your address stays as it is.", "good")
    return see(HOME)


@bp.post("/settings/security/password")
@guard(Access.SIGNED_IN, fresh=True)
def change_password() -> Response:
    person, form = signed_in_viewer(), ChangePasswordForm()
    if not form.validate():
        return form_page(PAGE, **_page(password_form=form))
    pending, current, new = dropping(person.id), typed(form.current_password), typed(form.new_password)
    try:
        passwords.change(person.id, person.session_id, current, new, client())
    except Refused as error:
        keep_writes()
        return refused(error, form, PAGE, **_page(password_form=form))
    flash("Your password is changed. Every other device was signed out." + pending, "good")
    return see(HOME)


@bp.post("/settings/security/password/first")
@guard(Access.SIGNED_IN, fresh=True)
def set_first_password() -> Response:
    person, form = signed_in_viewer(), SetPasswordForm()
    if not form.validate():
        return form_page(PAGE, **_page(password_form=form))
    pending = dropping(person.id)
    try:
        passwords.set_first(person.id, person.session_id, typed(form.new_password), client())
    except Refused as error:
        return refused(error, form, PAGE, **_page(password_form=form))
    flash("Your password is set. From now on it is a way in." + pending, "good")
    return see(HOME)


def _page(email_form: EmailForm | None = None, password_form: Form | None = None) -> dict[str, Any]:
    person = signed_in_viewer()
    user = queries.the_user(person.id)
    kind = ChangePasswordForm if user.password_hash else SetPasswordForm
    return {
        "user": user,
        "fresh": clock.now() - person.authenticated_at <= FRESH_FOR,
        "pending_email": queries.pending_email(person.id),
        "email_form": email_form or EmailForm(formdata=None),
        "password_form": password_form if isinstance(password_form, kind) else kind(formdata=None),
        "address_sections": load_sections("address", person),
        "sections": load_sections("security", person),
    }
