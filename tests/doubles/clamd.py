"""A scanner that speaks clamd's own protocol, and knows one virus: the test file that all of them know.

It is as strict as the real one: what is no INSTREAM command, or longer than it takes, it says so of.
"""

import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

# In two halves, so that no scanner stumbles over this file.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + rb"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
COMMAND = b"zINSTREAM\0"
LENGTH = struct.Struct(">I")


class Talk(socketserver.StreamRequestHandler):
    most: ClassVar[int] = 25_000_000

    def handle(self) -> None:
        if self.rfile.read(len(COMMAND)) != COMMAND:
            self.wfile.write(b"UNKNOWN COMMAND\0")
            return
        self.wfile.write(self._scan() + b"\0")

    def _scan(self) -> bytes:
        content = b""
        while (length := LENGTH.unpack(self.rfile.read(LENGTH.size))[0]) > 0:
            content += self.rfile.read(length)
            if len(content) > self.most:
                return b"INSTREAM size limit exceeded. ERROR"
        return b"stream: Eicar-Test-Signature FOUND" if EICAR in content else b"stream: OK"


@contextmanager
def listening(*, most: int = Talk.most) -> Iterator[str]:
    """Its address. Each talk has a thread of its own, as with the real one."""
    talk = type("Talk", (Talk,), {"most": most})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), talk) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        host, port = server.socket.getsockname()
        try:
            yield f"{host}:{port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def mute() -> Iterator[str]:
    """Somebody who takes every call, and hangs up without a word."""
    with socket.create_server(("127.0.0.1", 0)) as door:

        def hang_up() -> None:
            while True:
                try:
                    door.accept()[0].close()
                except OSError:
                    return

        threading.Thread(target=hang_up, daemon=True).start()
        host, port = door.getsockname()
        yield f"{host}:{port}"
        door.shutdown(socket.SHUT_RDWR)
