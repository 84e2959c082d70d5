"""A forgotten password: asking for the link, and choosing a new one with it."""

from flask import flash
from htmx_flask import request
from werkzeug.wrappers import Response

from app.accounts.errors import LinkGone
from app.accounts.forms.parts import typed
from app.accounts.forms.sign_in import AskByMailForm, ResetForm
from app.accounts.operations import email_links, passwords
from app.accounts.operations.email_links import Purpose
from app.accounts.views import bp
from app.accounts.views.answers import asked_by_mail, refused
from app.platform.errors import Refused
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, see
from app.platform.web import client

ASK, CHOOSE = "accounts/reset.html", "accounts/reset_choose.html"


@bp.get("/reset")
@guard(Access.ANYONE)
def reset() -> Response:
    if "sent" in request.args:
        return page("accounts/reset_sent.html")
    return page(ASK, form=AskByMailForm(formdata=None))


@bp.post("/reset")
@guard(Access.ANYONE, limit="mail")
def ask_reset() -> Response:
    return asked_by_mail(passwords.ask_reset, ASK, "/reset?sent=1")


@bp.get("/reset/<token>")
@guard(Access.ANYONE)
def choose_password(token: str) -> Response:
    email_links.look(Purpose.RESET, token)
    return page(CHOOSE, form=ResetForm(formdata=None), token=token)


@bp.post("/reset/<token>")
@guard(Access.ANYONE, limit="sign_in")
def do_reset(token: str) -> Response:
    form = ResetForm()
    if not form.validate():
        return form_page(CHOOSE, form=form, token=token)
    try:
        passwords.reset(token, typed(form.password), client())
    except LinkGone:
        raise
    except Refused as error:
        return refused(error, form, CHOOSE, token=token)
    flash("Your new password is set. Sign in with it.", "good")
    return see("/login")
