"""A visitor who sends a letter a second, for tests of who lets them go."""

import socket
import time

LET_GO_WITHIN = 30.0


def is_let_go(visitor: socket.socket, beginning: bytes) -> bool:
    began = time.monotonic()
    visitor.sendall(beginning)
    visitor.settimeout(1.0)
    while time.monotonic() - began < LET_GO_WITHIN:
        try:
            visitor.sendall(b"a")
            if not visitor.recv(100):
                return True
        except TimeoutError:
            continue
        except OSError:
            return True
    return False
