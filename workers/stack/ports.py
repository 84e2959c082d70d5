"""Ports of this machine: which are free, and who holds one that is not."""

import contextlib
import os
import random
import socket

import psutil

# Below the range from which the kernel takes ports for outgoing connections.
FIRST, LAST = 15_000, 31_999
ATTEMPTS = 200
RANGE = "PORT_RANGE"


def can_listen(port: int, host: str) -> bool:
    """Whether a server could listen there, on a machine without IPv6 too."""
    return is_free(port, host) or (":" in host and not has_ipv6())


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def pick_free(taken: frozenset[int] = frozenset()) -> int:
    """A port that nobody listens on."""
    first, last = _bounds()
    for _ in range(ATTEMPTS):
        port = random.randint(first, last)  # noqa: S311
        if port not in taken and is_free(port):
            return port
    raise OSError(f"no free port between {first} and {last}")


def _bounds() -> tuple[int, int]:
    """Whoever starts several products at once gives each ports of its own: PORT_RANGE=15000-18999.

    A port that is free now may belong to one that is just starting again.
    """
    first, _, last = os.environ.get(RANGE, f"{FIRST}-{LAST}").partition("-")
    return int(first), int(last)


def holder(port: int) -> str:
    """Who listens on the port, as far as we may know: "process 123 (python)"."""
    with contextlib.suppress(psutil.AccessDenied, psutil.NoSuchProcess):
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN and connection.pid
            if listens and connection.laddr and connection.laddr.port == port:
                return f"process {connection.pid} ({psutil.Process(connection.pid).name()})"
    return "another process"
