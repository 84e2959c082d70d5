"""The request as our code sees it: address, correlation id, kind of client."""

from dataclasses import dataclass

from flask import current_app, g, has_request_context
from htmx_flask import request

from app.kit import chance, languages

MAX_ID = 64
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def correlation_id() -> str:
    known: str | None = g.get("correlation_id") if g else None
    if known is None and has_request_context():
        given = request.headers.get("X-Request-ID", "")
        known = g.correlation_id = given if _well_formed(given) else chance.token(12)
    return known or ""


def _well_formed(value: str) -> bool:
    return 8 <= len(value) <= MAX_ID and value.isascii() and value.replace("-", "").replace("_", "").isalnum()


def client_address() -> str:
    address: str | None = request.remote_addr
    return address or "0.0.0.0"  # noqa: S104 - an unknown address, nothing is bound to it


def user_agent() -> str:
    sent: str = request.headers.get("User-Agent", "")
    return sent[:400]


def is_htmx() -> bool:
    return bool(request.htmx)


def wants_problem() -> bool:
    """API clients and scripts of pages, which send JSON, get problem JSON; people get pages."""
    if request.path.startswith("/api/") or request.is_json:
        return True
    offered = ["text/html", "application/json", "application/problem+json"]
    chosen: str = request.accept_mimetypes.best_match(offered, "text/html")
    return chosen != "text/html"


def page_behind() -> str:
    """The page of ours that the visitor looks at: this one, or the one whose form was sent."""
    if request.method in SAFE and not is_htmx():
        return str(request.full_path.rstrip("?"))
    source: str = request.htmx.current_url or request.referrer or "/"
    return "/" + source.removeprefix(request.host_url).lstrip("/")


def is_sent_from(path: str) -> bool:
    """A form over that page, not one on a page of its own."""
    return is_htmx() and page_behind().partition("?")[0].partition("#")[0] == path


@dataclass(frozen=True, slots=True)
class Client:
    """The machine at the other end, as operations need to know it."""

    address: str
    user_agent: str
    # The long-lived device cookie; made here for a browser that has none yet.
    device: str
    # What its person seems to read, of the languages that we know; of what it said nothing else is kept.
    languages: tuple[str, ...] = ()


def client() -> Client:
    device = request.cookies.get(device_cookie()) or _new_device()
    return Client(client_address(), user_agent(), device, _languages())


def _languages() -> tuple[str, ...]:
    """The most wanted first."""
    return tuple(languages.known(tag for tag, wanted in request.accept_languages if wanted > 0))


def _new_device() -> str:
    if "new_device" not in g:
        g.new_device = chance.token()
    return str(g.new_device)


def device_cookie() -> str:
    return "__Host-device" if current_app.config["SESSION_COOKIE_SECURE"] else "device"
