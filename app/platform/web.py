"""The request as our code sees it: address, correlation id, kind of client."""

from dataclasses import dataclass

from flask import current_app, g, has_request_context
from htmx_flask import request

from app.kit import chance

MAX_ID = 64


def correlation_id() -> str:
    if not has_request_context():
        return str(g.get("correlation_id", "")) if g else ""
    if "correlation_id" not in g:
        given = request.headers.get("X-Request-ID", "")
        g.correlation_id = given if _well_formed(given) else chance.token(12)
    return str(g.correlation_id)


def _well_formed(value: str) -> bool:
    return 8 <= len(value) <= MAX_ID and value.isascii() and value.replace("-", "").replace("_", "").isalnum()


def client_address() -> str:
    return request.remote_addr or "0.0.0.0"  # noqa: S104 - an unknown address, nothing is bound to it


def user_agent() -> str:
    return request.headers.get("User-Agent", "")[:400]


def is_htmx() -> bool:
    return bool(request.htmx)


def wants_problem() -> bool:
    """API clients get problem JSON, people get pages."""
    if request.path.startswith("/api/"):
        return True
    accepts = request.accept_mimetypes
    return (
        accepts.best_match(["text/html", "application/json", "application/problem+json"], "text/html")
        != "text/html"
    )


@dataclass(frozen=True, slots=True)
class Client:
    """The machine at the other end, as operations need to know it."""

    address: str
    user_agent: str
    # The long-lived device cookie; made here for a browser that has none yet.
    device: str


def client() -> Client:
    return Client(client_address(), user_agent(), request.cookies.get(device_cookie()) or _new_device())


def _new_device() -> str:
    if "new_device" not in g:
        g.new_device = chance.token()
    return str(g.new_device)


def device_cookie() -> str:
    return "__Host-device" if current_app.config["SESSION_COOKIE_SECURE"] else "device"
