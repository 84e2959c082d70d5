"""Joining, and the live word about a handle."""

from flask import session as cookie
from htmx_flask import request
from werkzeug.wrappers import Response

from app.accounts import browser
from app.accounts.errors import HandleTaken, RegistrationClosed
from app.accounts.forms.joining import JoinForm
from app.accounts.forms.parts import typed
from app.accounts.operations import handles, joining, verification
from app.accounts.views import bp
from app.accounts.views.answers import refused
from app.platform import flags, front
from app.platform.errors import Refused
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, partial, safe_next, see
from app.platform.settings import settings
from app.platform.viewer import viewer
from app.platform.web import client, is_htmx

PAGE, FORM = "accounts/join.html", "accounts/_join_form.html"
# Kept in the visitor's own cookie, for the page that says where to look.
JOINED_AS = "joined_as"


@bp.get("/join")
@guard(Access.ANYONE)
def join() -> Response:
    if viewer():
        return see(safe_next(request.args.get("next"), front.home()))
    if not flags.flag(joining.OPEN_REGISTRATION):
        return page("accounts/join_closed.html")
    return page(PAGE, form=JoinForm(formdata=None), min_age=settings().min_age)


@bp.post("/join")
@guard(Access.ANYONE)
def do_join() -> Response:
    if viewer():
        return see(front.home())
    form = JoinForm()
    try:
        if form.validate():
            joining.join(form.newcomer, client())
            return _look_into_your_mail(typed(form.email))
    except RegistrationClosed:
        return see("/join")
    except Refused as error:
        return refused(error, form, PAGE, partial=FORM, min_age=settings().min_age)
    return form_page(PAGE, partial=FORM, form=form, min_age=settings().min_age)


@bp.get("/join/sent")
@guard(Access.ANYONE)
def join_sent() -> Response:
    email = cookie.get(JOINED_AS)
    if not email:
        return see("/join")
    return page("accounts/join_sent.html", email=email, again="again" in request.args)


@bp.post("/join/sent")
@guard(Access.ANYONE, limit="mail")
def send_again() -> Response:
    email = cookie.get(JOINED_AS)
    if not email:
        return see("/join")
    verification.ask_again(email)
    return see("/join/sent?again=1")


@bp.get("/join/handle")
@guard(Access.ANYONE)
def check_handle() -> Response:
    """For htmx beside the field; opened by hand it leads to the form."""
    if not is_htmx():
        return see("/join")
    handle = request.args.get("handle", "").strip().removeprefix("@")
    trouble: Refused | None = None
    try:
        if handle:
            handles.check(handle, owner=person.id if (person := viewer()) else None)
    except Refused as error:
        trouble = error
    suggestion = trouble.suggestion if isinstance(trouble, HandleTaken) else None
    return partial("accounts/_handle_check.html", handle=handle[:40], trouble=trouble, suggestion=suggestion)


def _look_into_your_mail(email: str) -> Response:
    cookie[JOINED_AS] = email
    browser.remember_device()
    return see("/join/sent")
