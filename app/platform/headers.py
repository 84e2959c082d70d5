"""What every answer says to the browser about safety."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Flask, g
from flask_login import user_logged_out
from htmx_flask import request
from werkzeug.wrappers import Response

from app.config import LOOPBACK, Settings
from app.platform.sharing import SHARED, is_shared
from app.platform.viewer import viewer
from app.platform.web import correlation_id

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Pages that the browser kept for its Back button; cookies and storage hold nothing of the person.
FORGET_PAGES = '"cache"'
# What of it counts for styles, scripts and fonts; the rest is about pages, and a first visit fetches a dozen.
OF_FILES = ("X-Content-Type-Options", "Cross-Origin-Resource-Policy", "Strict-Transport-Security")


class Safety:
    """Around the whole application, so that no answer gets out without, whoever made it."""

    def __init__(self, application: "WSGIApplication", fixed: dict[str, str]) -> None:
        self._application = application
        self._fixed = [(name.lower(), (name, value)) for name, value in fixed.items()]

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *trouble: Any) -> Any:
            said = {name.lower() for name, _ in headers}
            headers.extend(pair for name, pair in self._fixed if name not in said)
            return start_response(status, headers, *trouble)

        return self._application(environ, start)


def init_headers(app: Flask) -> None:
    app.wsgi_app = Safety(app.wsgi_app, safety(app.extensions["fanlight.settings"]))  # type: ignore[method-assign]
    app.after_request(_add)
    user_logged_out.connect(_signed_out, app)


def _signed_out(_: Flask, **__: object) -> None:
    g.signed_out = True


def _add(response: Response) -> Response:
    headers = response.headers
    headers.add("X-Request-ID", correlation_id())
    if g.get("signed_out"):
        headers["Clear-Site-Data"] = FORGET_PAGES
    if "Cache-Control" not in headers:
        headers.add("Cache-Control", _cache_rule(response.status_code))
    return response


def safety(chosen: Settings) -> dict[str, str]:
    """What every answer says, unless it says something else itself."""
    fixed = {
        "Content-Security-Policy": content_policy(chosen),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(self), payment=(), usb=()",
    }
    # Browsers would keep it for every port of this machine, and what listens there.
    if chosen.secure and urlsplit(chosen.base_url).hostname not in LOOPBACK:
        fixed["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return fixed


def safety_of_files(chosen: Settings) -> dict[str, str]:
    return {name: value for name, value in safety(chosen).items() if name in OF_FILES}


def content_policy(chosen: Settings) -> str:
    """No inline script or style, no eval, nothing from elsewhere but the socket and the files' store."""
    socket = chosen.socket_url.rsplit("/ws", 1)[0]
    rules = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": f"'self' {socket} {chosen.storage_origin}".rstrip(),
        "media-src": "'self'",
        "manifest-src": "'self'",
        "form-action": f"'self' {' '.join(chosen.payment_origins)}".rstrip(),
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _cache_rule(status: int) -> str:
    if "token" in (request.view_args or {}):
        return "no-store"  # the address itself is a secret
    if is_shared():
        return SHARED if status == 200 else "public, max-age=0, must-revalidate"
    return "no-store" if viewer() else "no-cache, private"
