"""Links from mails about an address: opened by GET, used by POST, because mail scanners open everything."""

from flask import flash
from htmx_flask import request
from werkzeug.wrappers import Response

from app.accounts import browser
from app.accounts.errors import AddressTaken, LinkGone
from app.accounts.forms.sign_in import AskByMailForm
from app.accounts.operations import email, email_links, verification
from app.accounts.operations.email_links import Purpose
from app.accounts.views import bp
from app.accounts.views.answers import asked_by_mail
from app.platform import front
from app.platform.guards import Access, guard
from app.platform.pages import page, see
from app.platform.viewer import viewer
from app.platform.web import client

ASK = "accounts/verify_ask.html"


@bp.get("/verify")
@guard(Access.ANYONE)
def verify_ask() -> Response:
    if "sent" in request.args:
        return page("accounts/verify_sent.html")
    return page(ASK, form=AskByMailForm(formdata=None))


@bp.post("/verify")
@guard(Access.ANYONE, limit="mail")
def ask_verify() -> Response:
    return asked_by_mail(verification.ask_again, ASK, "/verify?sent=1")


@bp.get("/verify/<token>")
@guard(Access.ANYONE)
def verify(token: str) -> Response:
    return _offer(Purpose.VERIFY, token, "accounts/verify.html")


@bp.post("/verify/<token>")
@guard(Access.ANYONE, limit="sign_in")
def do_verify(token: str) -> Response:
    verified = verification.verify(token, None if viewer() else client())
    if verified.started:
        browser.sign_in(verified.started.token, remember=False)
    person = viewer()
    flash("Your e-mail address is confirmed." + ("" if person else " Now sign in."), "good")
    return see(front.home() if person else "/login")


@bp.get("/email/confirm/<token>")
@guard(Access.ANYONE)
def confirm_email(token: str) -> Response:
    return _offer(Purpose.CHANGE_EMAIL, token, "accounts/confirm_email.html")


@bp.post("/email/confirm/<token>")
@guard(Access.ANYONE, limit="sign_in")
def do_confirm_email(token: str) -> Response:
    email.confirm_change(token)
    flash("Your new e-mail address is in use from now on.", "good")
    return see("/settings/security" if viewer() else "/login")


@bp.get("/email/undo/<token>")
@guard(Access.ANYONE)
def undo_email(token: str) -> Response:
    return _offer(Purpose.UNDO_EMAIL, token, "accounts/undo_email.html")


@bp.post("/email/undo/<token>")
@guard(Access.ANYONE, limit="sign_in")
def do_undo_email(token: str) -> Response:
    """The next step is shown, not redirected to: an address that is a secret is never stored."""
    undone = email.undo_change(token)
    reset_url = f"/reset/{undone.reset_token}" if undone.reset_token else None
    return page("accounts/email_undone.html", reset_url=reset_url, removed=undone.removed, done=undone.done)


@bp.errorhandler(LinkGone)
@bp.errorhandler(AddressTaken)
def link_gone(error: LinkGone | AddressTaken) -> Response:
    """Whichever page of the blueprint the link was for."""
    return page("accounts/link_gone.html", status=error.status, message=error.message)


def _offer(purpose: Purpose, token: str, template: str) -> Response:
    return page(template, token=token, email=email_links.look(purpose, token).email)
