"""The cookie side of signing in: one signed cookie that holds the session's token and the form token."""

from flask import g
from flask import session as cookie
from flask_login import login_user, logout_user
from werkzeug.wrappers import Response

from app.accounts import session_cache
from app.platform.viewer import Viewer
from app.platform.web import device_cookie

CHALLENGE = "second_factor"
FORM_TOKEN = "csrf_token"  # noqa: S105 - its name
DEVICE_SECONDS = 400 * 24 * 3600


def sign_in(token: str, *, remember: bool) -> None:
    """Everything that the cookie held before is dropped: nothing planted earlier survives a sign-in."""
    cookie.clear()
    cookie.permanent = remember
    person = session_cache.load(token)
    if person is not None:
        login_user(person)
        remember_device()


def renew(token: str) -> None:
    """The same session under a fresh token; what other tabs of it hold may still be sent."""
    form_token = cookie.get(FORM_TOKEN)
    sign_in(token, remember=cookie.permanent)
    if form_token:
        cookie[FORM_TOKEN] = form_token


def sign_out() -> None:
    logout_user()
    cookie.clear()


def has_ended(person: Viewer) -> bool:
    """Asked past what is remembered; and if so, this browser is signed out from here on."""
    if session_cache.load(person.session_token):
        return False
    session_cache.drop({"subject_id": str(person.session_id)})
    sign_out()
    return True


def wait_for_code(challenge: str) -> None:
    """The first proof was right; what stands for it stays in this browser until the second one."""
    cookie[CHALLENGE] = challenge


def waiting_challenge() -> str:
    return str(cookie.get(CHALLENGE, ""))


def remember_device() -> None:
    g.remember_device = True


def keep_device(response: Response) -> Response:
    """Marks a browser that joined or signed in, so that its next sign-in is not called new."""
    if g.get("remember_device") and "new_device" in g:
        response.set_cookie(
            device_cookie(),
            g.new_device,
            max_age=DEVICE_SECONDS,
            secure=device_cookie().startswith("__Host-"),
            httponly=True,
            samesite="Lax",
        )
    return response
