"""Whether a release does what a visitor needs first. Asked at its own ports, before anybody sees it."""

import base64
import re
import secrets
import ssl
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import urlsplit

from workers.stack.errors import StackError

# Asked with the name of a release, /healthz says whether it is this one.
RELEASE = "X-Release"
STYLES = re.compile(r'href="(/static/[^"]+\.css[^"]*)"')
HERE = "127.0.0.1"


def look(web: int, realtime: int, release: str, base_url: str) -> None:
    """StackError with the first thing that is not as it should be."""
    _expect(*_ask(web, "/readyz"), status=200, has="ready", what="/readyz")
    if not is_release(HTTPConnection(HERE, web, timeout=10), release):
        raise StackError(f"What answers on port {web} is not {release}.")
    _, landing = _expect(*_ask(web, "/"), status=200, has="<h1", what="the landing page")
    _expect(*_ask(web, "/login"), status=200, has='name="password"', what="the login page")
    styles = STYLES.search(landing)
    if styles is None:
        raise StackError("The landing page names no styles.")
    _expect(*_ask(web, styles[1]), status=200, has="{", what=styles[1])
    _expect(*_ask(web, "/nothing-is-here"), status=404, has="<h1", what="a page that is not there")
    _expect(*_ask(web, "/settings/profile"), status=303, has="", what="a page of somebody's own, signed out")
    _shake_hands(realtime, base_url)


def is_release(connection: HTTPConnection, release: str, host: str = HERE) -> bool:
    """Whether this release answers there."""
    try:
        connection.request("GET", "/healthz", headers={"Host": host, RELEASE: release})
        answer = connection.getresponse()
        return answer.status == 200 and answer.headers[RELEASE] == release
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def is_seen(port: int, base_url: str, release: str) -> bool:
    """Whether visitors get this release from nginx. No certificate has to prove this machine to itself."""
    unchecked = ssl.create_default_context()
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    url = urlsplit(base_url)
    connection = _Named(HERE, port, timeout=10, context=unchecked)
    connection.asked_for = url.hostname or HERE
    return is_release(connection, release, url.netloc)


class _Named(HTTPSConnection):
    """To this machine, by the name of the site."""

    asked_for = HERE

    def connect(self) -> None:
        HTTPConnection.connect(self)
        self.sock = self._context.wrap_socket(self.sock, server_hostname=self.asked_for)  # type: ignore[attr-defined]


def _ask(port: int, path: str, **headers: str) -> tuple[HTTPResponse, str]:
    connection = HTTPConnection(HERE, port, timeout=10)
    try:
        connection.request("GET", path, headers={"Host": HERE, "Accept": "text/html", **headers})
        answer = connection.getresponse()
        return answer, "" if answer.status == 101 else answer.read().decode(errors="replace")
    except (OSError, HTTPException) as error:
        raise StackError(f"{path} on port {port}: {error}") from None
    finally:
        connection.close()


def _expect(answer: HTTPResponse, text: str, *, status: int, has: str, what: str) -> tuple[HTTPResponse, str]:
    if answer.status != status:
        raise StackError(f"{what}: {answer.status} instead of {status}.")
    if has not in text:
        raise StackError(f"{what}: nothing of {has} in it.")
    return answer, text


def _shake_hands(port: int, base_url: str) -> None:
    key = base64.b64encode(secrets.token_bytes(16)).decode()
    headers = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": key,
        "Sec-WebSocket-Version": "13",
        "Origin": base_url,
    }
    answer, _ = _ask(port, "/ws", **headers)
    if answer.status != 101:
        raise StackError(f"The live socket: {answer.status} instead of 101.")
