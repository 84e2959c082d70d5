"""What every answer says to the browser about safety."""

from flask import Flask, g
from htmx_flask import request
from werkzeug.wrappers import Response

from app.config import Settings
from app.platform.viewer import viewer
from app.platform.web import correlation_id

STATIC_FOREVER = "public, max-age=31536000, immutable"


def init_headers(app: Flask) -> None:
    chosen: Settings = app.extensions["fanlight.settings"]
    fixed = {
        "Content-Security-Policy": content_policy(chosen),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }
    if chosen.secure:
        fixed["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"

    @app.after_request
    def _add(response: Response) -> Response:
        for name, value in fixed.items():
            response.headers.setdefault(name, value)
        response.headers["X-Request-ID"] = correlation_id()
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = _cache_rule()
        return response


def content_policy(chosen: Settings) -> str:
    """No inline script or style, no eval, nothing from elsewhere but the socket."""
    socket = chosen.socket_url.rsplit("/ws", 1)[0]
    rules = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": f"'self' {socket}",
        "media-src": "'self'",
        "manifest-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _cache_rule() -> str:
    if request.endpoint == "static" and "v" in request.args:
        return STATIC_FOREVER
    if g.get("without_session"):
        return "public, max-age=0, must-revalidate"
    return "no-store" if viewer() else "no-cache, private"
