"""The signed session cookie and the form token, checked and signed once a minute instead of once a page.

Both are pure functions of what the browser sends: the same cookie means the same session. Deriving
keys and checking signatures anew cost more than all other guards of a page together.
"""

import hashlib
import time
from functools import lru_cache

from flask import Flask, Request, Response, current_app
from flask import session as cookie
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_wtf.csrf import generate_csrf
from itsdangerous import URLSafeTimedSerializer

KEEP_SECONDS = 60.0
KEEP_ENTRIES = 20_000
FORM_TOKEN = "csrf_token"  # noqa: S105 - a name
# Values that a request cannot change in place, and so for the next one.
PLAIN = (str, int, type(None))


class RememberedCookies(SecureCookieSessionInterface):
    digest_method = staticmethod(hashlib.sha256)

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, dict[str, object]]] = {}

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        sent = request.cookies.get(self.get_cookie_name(app), "")
        known = self._known.get(sent)
        if known and known[0] > time.monotonic():
            return self.session_class(known[1])
        opened = super().open_session(app, request)
        if opened and all(isinstance(value, PLAIN) for value in opened.values()):
            self._remember(sent, opened)
        return opened

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if session.modified:
            super().save_session(app, session, response)
        elif session.accessed:
            # In one line with the others: caches in front look at the last line alone (nginx before 1.23).
            response.headers["Vary"] = ", ".join([*response.headers.getlist("Vary"), "Cookie"])

    def _remember(self, sent: str, opened: SessionMixin) -> None:
        if len(self._known) >= KEEP_ENTRIES:
            self._known.clear()
        self._known[sent] = (time.monotonic() + KEEP_SECONDS, dict(opened))


def init_cookies(app: Flask) -> None:
    app.session_interface = RememberedCookies()
    app.jinja_env.globals[FORM_TOKEN] = csrf_token
    app.context_processor(lambda: {FORM_TOKEN: csrf_token})


def csrf_token() -> str:
    """What a form carries. The first of a session is made, and kept in the cookie, by Flask-WTF."""
    raw = cookie.get(FORM_TOKEN)
    return _signed(str(current_app.secret_key), raw) if raw else str(generate_csrf())


@lru_cache(maxsize=KEEP_ENTRIES)
def _signed(secret: str, raw: str) -> str:
    signed: str | bytes = URLSafeTimedSerializer(secret, salt="wtf-csrf-token").dumps(raw)
    return signed if isinstance(signed, str) else signed.decode()
