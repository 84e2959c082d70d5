"""Every refusal and failure becomes a page that helps, a partial for htmx, or problem JSON."""

import json
import logging
from urllib.parse import quote

from flask import Flask, flash, g, make_response, render_template
from flask_wtf.csrf import CSRFError
from htmx_flask import request
from markupsafe import escape
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from app.platform.errors import FreshSignInNeeded, Refused, SecondFactorNeeded, SignInNeeded
from app.platform.front import home
from app.platform.pages import safe_next, see
from app.platform.viewer import Viewer, viewer
from app.platform.web import correlation_id, is_htmx, page_behind, wants_problem

log = logging.getLogger(__name__)

# Title, and what to do about it. Nobody is blamed.
TEXTS: dict[int, tuple[str, str]] = {
    400: ("That did not arrive in one piece", "Go back, reload the page and send it again."),
    401: ("Sign in to go on", "Your place is kept: after signing in you come back here."),
    402: ("This one opens with a payment", "Choose how you would like to open it."),
    403: ("This door is closed to you", "If it should be open, ask whoever runs this house."),
    404: ("There is nothing here", "The address may be old or mistyped, or the page is not yours to see."),
    405: ("That cannot be done at this address", "Go back and use the buttons of the page."),
    409: ("Something changed in the meantime", "Reload the page and look again before you send."),
    413: ("That is too big", "Choose a smaller file."),
    415: ("That kind of file is not taken here", "The page names the kinds that are."),
    422: ("Something in the form needs another look", "Go back and check what you typed."),
    429: ("A moment, please", "Too many tries in a short time. Wait a little and try again."),
    500: ("Something broke on our side", "It is noted. Nothing of yours was lost; try again in a moment."),
    503: ("Back in a moment", "A part of the house is restarting. Nothing was lost; try again shortly."),
}

# Whose forms are for strangers only.
DOORS = {"/join", "/login", "/login/code"}

# When even the templates are broken.
BARE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body><main><h1>{title}</h1><p>{message}</p><p>Reference {reference}</p></main></body></html>
"""


def init_errors(app: Flask) -> None:
    app.register_error_handler(SignInNeeded, _sign_in)
    app.register_error_handler(FreshSignInNeeded, _confirm)
    app.register_error_handler(SecondFactorNeeded, _second_factor)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _database_away)
    app.register_error_handler(PoolTimeout, _database_away)
    app.register_error_handler(DataError, _unfit_data)
    app.register_error_handler(DBAPIError, _database_error)
    app.register_error_handler(Exception, _broken)


def answer(
    status: int, message: str | None = None, code: str | None = None, retry_after: int | None = None
) -> Response:
    title, hint = TEXTS.get(status, TEXTS[500 if status >= 500 else 400])
    if wants_problem():
        response = _problem(status, title, message or hint, code)
    else:
        response = make_response(_html(status, title, message or hint, hint if message else None), status)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    response.headers["Cache-Control"] = "no-store"
    return response


def _html(status: int, title: str, message: str, hint: str | None) -> str:
    if status >= 500 and not isinstance(g.get("_login_user"), Viewer):
        g.without_session = True  # finding out who looks may be what failed
    try:
        return render_template(
            "errors/_fragment.html" if is_htmx() else "errors/error.html",
            status=status,
            title=title,
            message=message,
            hint=hint,
            correlation_id=correlation_id(),
            actions=[("To the front page", "/")],
        )
    except Exception:
        # Whatever broke the page may break its error page too: somebody still gets words and a reference.
        log.exception("the error page failed")
        told = {"title": escape(title), "message": escape(message), "reference": escape(correlation_id())}
        return BARE.format(**told)


def _problem(status: int, title: str, detail: str, code: str | None) -> Response:
    body = {"type": f"/api/docs#{code or status}", "title": title, "status": status, "detail": detail}
    body |= {"code": code or str(status), "correlation_id": correlation_id()}
    return Response(json.dumps(body), status, mimetype="application/problem+json")


def _refused(error: Refused) -> Response:
    return answer(error.status, error.message, error.code, getattr(error, "retry_after", None))


def _sign_in(error: SignInNeeded) -> Response:
    if wants_problem():
        return _refused(error)
    return see(f"/login?next={quote(page_behind())}")


def _confirm(error: FreshSignInNeeded) -> Response:
    if wants_problem():
        return _refused(error)
    return see(f"/login/confirm?next={quote(page_behind())}")


def _second_factor(error: SecondFactorNeeded) -> Response:
    if wants_problem():
        return _refused(error)
    flash(error.message, "info")
    return see("/settings/security")


def _stale_form(error: CSRFError) -> Response:
    person = viewer()
    if person is not None and request.path in DOORS and request.form.get("csrf_token"):
        # Signed in meanwhile, in another tab: the form's wish came true without it.
        return see(safe_next(request.args.get("next"), home()))
    return answer(
        400, "The form had grown old or came from elsewhere. Reload the page and send it again.", "csrf"
    )


def _http(error: HTTPException) -> Response:
    if error.code is not None and error.code < 400:
        return error.get_response()
    response = answer(error.code or 500)
    for name, value in error.get_headers():
        if name != "Content-Type":
            response.headers[name] = value
    return response


def _database_away(error: Exception) -> Response:
    log.error("database unavailable", extra={"error": str(error).split("\n")[0]})
    return answer(503, code="database_unavailable", retry_after=2)


def _unfit_data(error: DataError) -> Response:
    """A number that no column holds and the like: nobody means it, and no form says it."""
    log.warning("unfit data", exc_info=error)
    return answer(400, code="unfit_data")


def _database_error(error: DBAPIError) -> Response:
    return _database_away(error) if error.connection_invalidated else _broken(error)


def _broken(error: Exception) -> Response:
    log.exception("request failed")
    return answer(500)
