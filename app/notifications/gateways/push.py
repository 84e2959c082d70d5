"""One notice to one device, by way of its push service (RFC 8030, 8188, 8291, 8292).

The address of a push service is what a browser told us, so whoever has an account may name any: it is
spoken to by HTTPS alone, at a public address alone (looked at once connected, when no name can change its
mind any more), no redirect is followed, nothing of its answer is read but its head, and all of it within
seconds.
"""

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urlsplit

from py_vapid import Vapid02
from pywebpush import WebPusher

from app.kit import clock
from app.kit.network import is_public
from app.notifications import vapid
from app.notifications.push_address import PushAddress
from app.platform.settings import settings

EACH_STEP, ALL_OF_IT = 5.0, 10.0
# How long a push service keeps it for a device that is off, and how long our signature holds.
KEPT, SIGNED = timedelta(days=1), timedelta(hours=12)
NOT_THERE = {404, 410}
BUSY = 429


class Gone(Exception):
    """There is no such device any more."""


class Refused(Exception):
    """The push service will not take this, however often it is asked."""


@dataclass
class NotNow(Exception):
    """It cannot be reached, or cannot take it now; perhaps it says for how many seconds."""

    told: str
    seconds: float = 0.0


class _Outside(http.client.HTTPConnection):
    """Speaks to nobody within our own walls."""

    def connect(self) -> None:
        super().connect()
        if not settings().push_local and not is_public(str(self.sock.getpeername()[0])):
            self.close()
            raise Refused("its name leads to an address that is not public")

    def cut(self) -> None:
        """From another thread: whoever waits for it wakes up."""
        if self.sock is not None:
            with contextlib.suppress(OSError):  # over already
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


class _OutsideSecure(http.client.HTTPSConnection, _Outside):
    """Looks at the address before it says the first word of TLS."""


def send(address: PushAddress, words: bytes, *, topic: str = "") -> None:
    """Raises Gone, Refused or NotNow, unless the push service took it."""
    body = bytes(WebPusher(_as_told(address)).encode(words)["body"])
    head = {
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(int(KEPT.total_seconds())),
        **_signature(address.endpoint),
        **({"Topic": topic} if topic else {}),
    }
    try:
        status, asked = _post(urlsplit(address.endpoint), body, head)
    except (OSError, http.client.HTTPException) as error:
        raise NotNow(f"{type(error).__name__}: {error}") from error
    _judge(status, asked)


def _as_told(address: PushAddress) -> Mapping[str, object]:
    return {"endpoint": address.endpoint, "keys": {"p256dh": address.p256dh, "auth": address.auth}}


def _signature(endpoint: str) -> dict[str, str]:
    parts = urlsplit(endpoint)
    # A day of real time at most, whatever time the house plays: push services have clocks of their own.
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "sub": vapid.contact(), "exp": _soon()}
    signed: dict[str, str] = Vapid02.from_raw(settings().vapid_private_key.encode()).sign(claims)
    return signed


def _soon() -> int:
    return int((clock.SystemClock().now() + SIGNED).timestamp())


def _post(where: SplitResult, body: bytes, head: dict[str, str]) -> tuple[int, str]:
    """Status, and for how long it wants to be left alone."""
    line = _line(where)
    late = threading.Timer(ALL_OF_IT, line.cut)
    late.daemon = True
    late.start()
    try:
        line.request("POST", where._replace(scheme="", netloc="", fragment="").geturl() or "/", body, head)
        answer = line.getresponse()
        return answer.status, answer.headers.get("Retry-After", "")
    finally:
        late.cancel()
        line.close()


def _line(where: SplitResult) -> _Outside:
    host = where.hostname or ""
    if where.scheme == "https":
        return _OutsideSecure(host, where.port, timeout=EACH_STEP, context=ssl.create_default_context())
    return _Outside(host, where.port, timeout=EACH_STEP)


def _judge(status: int, asked: str) -> None:
    if 200 <= status < 300:
        return
    if status in NOT_THERE:
        raise Gone
    if status == BUSY or status >= 500:
        raise NotNow(f"answered {status}", _seconds(asked))
    raise Refused(f"answered {status}")


def _seconds(asked: str) -> float:
    """`Retry-After` names seconds, or a moment."""
    if asked.isascii() and asked.isdigit():
        return float(asked[:9])
    try:
        until = parsedate_to_datetime(asked)
        return max(0.0, (until - clock.SystemClock().now()).total_seconds())
    except (TypeError, ValueError):
        return 0.0
