"""The cookie side of signing in: one signed cookie that holds the session's token and the form token."""

from flask import g
from flask import session as cookie
from flask_login import login_user, logout_user
from werkzeug.wrappers import Response

from app.accounts import session_cache
from app.platform.web import device_cookie

DEVICE_SECONDS = 400 * 24 * 3600


def sign_in(token: str, *, remember: bool) -> None:
    """Everything that the cookie held before is dropped: nothing planted earlier survives a sign-in."""
    cookie.clear()
    cookie.permanent = remember
    person = session_cache.find(token)
    if person is not None:
        login_user(person)
        g.signed_in_now = True


def sign_out() -> None:
    logout_user()
    cookie.clear()


def keep_device(response: Response) -> Response:
    """Marks a browser that signed in, so that its next sign-in is not called new."""
    if g.get("signed_in_now") and "new_device" in g:
        response.set_cookie(
            device_cookie(),
            g.new_device,
            max_age=DEVICE_SECONDS,
            secure=device_cookie().startswith("__Host-"),
            httponly=True,
            samesite="Lax",
        )
    return response
