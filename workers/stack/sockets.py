"""The listening sockets of the web process."""

import errno
import socket

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
BACKLOG = 1024
# This machine has no IPv6, or has it switched off.
NO_IPV6 = {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL}


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets that accept for this host; both families of loopback, as browsers try both for localhost."""
    if host not in LOOPBACK:
        return [_listen_on(host, port)]
    sockets = [_listen_on("127.0.0.1", port)]
    try:
        sockets.append(_listen_on("::1", port))
    except OSError as error:
        if error.errno not in NO_IPV6:
            sockets[0].close()
            raise
    return sockets


def _listen_on(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            everywhere = host in {"::", "*"}
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if everywhere else 1)
        listener.bind(address)
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener
