"""Whether a process of ours answers over HTTP."""

from http.client import HTTPConnection, HTTPException

from workers.stack.sockets import LOOPBACK

# Addresses of which this machine's own is one.
INCLUDE_LOOPBACK = LOOPBACK | {"0.0.0.0", "::", "*"}  # noqa: S104 - asked about, not listened on


def status(host: str, port: int, path: str) -> int:
    """The status of the answer from a process that listens on this host; 0 when there is none."""
    connection = HTTPConnection("127.0.0.1" if host in INCLUDE_LOOPBACK else host, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()
