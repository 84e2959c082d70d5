"""Links from mails about an address: opened by GET, used by POST, because mail scanners open everything."""

from flask import flash
from werkzeug.wrappers import Response

from app.accounts import browser
from app.accounts.errors import AddressTaken, LinkGone
from app.accounts.operations import email, email_links, verification
from app.accounts.operations.email_links import Purpose
from app.accounts.views import bp
from app.accounts.views.answers import link_gone
from app.platform import front
from app.platform.guards import Access, guard
from app.platform.pages import page, see
from app.platform.viewer import signed_in_viewer, viewer
from app.platform.web import client


@bp.get("/verify/<token>")
@guard(Access.ANYONE)
def verify(token: str) -> Response:
    return _offer(Purpose.VERIFY, token, "accounts/verify.html")


@bp.post("/verify/<token>")
@guard(Access.ANYONE, limit="sign_in")
def do_verify(token: str) -> Response:
    try:
        verified = verification.verify(token, None if viewer() else client())
    except LinkGone as error:
        return link_gone(error)
    if verified.started:
        browser.sign_in(verified.started.token, remember=False)
    flash("Your e-mail address is confirmed.", "good")
    person = viewer()
    return see(front.home_for(person) if person else "/login")


@bp.post("/verify")
@guard(Access.SIGNED_IN, limit="mail")
def resend() -> Response:
    verification.send_again(signed_in_viewer().id)
    flash("We sent the link again. Look into your mail.", "good")
    return see("/settings/security")


@bp.get("/email/confirm/<token>")
@guard(Access.ANYONE)
def confirm_email(token: str) -> Response:
    return _offer(Purpose.CHANGE_EMAIL, token, "accounts/confirm_email.html")


@bp.post("/email/confirm/<token>")
@guard(Access.ANYONE, limit="sign_in")
def do_confirm_email(token: str) -> Response:
    try:
        email.confirm_change(token)
    except (LinkGone, AddressTaken) as error:
        return link_gone(error)
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
    try:
        reset_token = email.undo_change(token)
    except (LinkGone, AddressTaken) as error:
        return link_gone(error)
    return page("accounts/email_undone.html", reset_url=f"/reset/{reset_token}")


def _offer(purpose: Purpose, token: str, template: str) -> Response:
    try:
        link = email_links.look(purpose, token)
    except LinkGone as error:
        return link_gone(error)
    return page(template, token=token, email=link.email)
