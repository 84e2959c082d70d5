"""Which callers are machines of ours: probes and the collector of metrics."""

import hmac
from ipaddress import ip_address

from htmx_flask import request

from app.config import LOOPBACK
from app.platform.settings import settings
from app.platform.web import client_address


def from_this_machine() -> bool:
    """By address and by name: what a proxy hands on comes from here too, but asks for the site's own name."""
    try:
        near = ip_address(client_address()).is_loopback
    except ValueError:
        return False
    return near and _asked_name() in LOOPBACK


def shows_token() -> bool:
    expected = settings().metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return bool(expected) and hmac.compare_digest(given.encode(), expected.encode())


def _asked_name() -> str:
    host: str = request.host
    return host[1:].split("]", maxsplit=1)[0] if host.startswith("[") else host.split(":", maxsplit=1)[0]
