"""Asks clamd whether a file is harmless: its INSTREAM command, over TCP or a socket on this machine.

    if scanner.found_virus(path): ...

A file of which it cannot say so is not taken for harmless: ScannerAway, and it waits.
"""

import logging
import socket
import struct
from pathlib import Path

from app.platform.settings import settings

log = logging.getLogger(__name__)

CONNECT_SECONDS, ANSWER_SECONDS = 5, 120
CHUNK = 256 * 1024
LENGTH = struct.Struct(">I")
ANSWER_MOST = 4_096


class ScannerAway(Exception):
    """Nobody answers, or the answer is none."""


def found_virus(path: Path) -> bool:
    """False as well where no scanner is set up."""
    address = settings().clamd_address
    if not address:
        return False
    try:
        answer = _ask(address, path)
    except OSError as error:
        raise ScannerAway(str(error)) from error
    if answer.endswith(" FOUND"):
        log.warning("virus found", extra={"answer": answer})
        return True
    if answer.endswith(": OK"):
        return False
    # "INSTREAM size limit exceeded" above all: StreamMaxLength in clamd.conf is too small.
    log.error("the virus scanner could not scan", extra={"answer": answer})
    raise ScannerAway(answer)


def _ask(address: str, path: Path) -> str:
    with _connected(address) as talk, path.open("rb") as file:
        try:
            talk.sendall(b"zINSTREAM\0")
            while chunk := file.read(CHUNK):
                talk.sendall(LENGTH.pack(len(chunk)) + chunk)
            talk.sendall(LENGTH.pack(0))
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has said why, and listens no more
        return _answer(talk)


def _answer(talk: socket.socket) -> str:
    said = b""
    while len(said) < ANSWER_MOST and not said.endswith(b"\0"):
        more = talk.recv(ANSWER_MOST)
        if not more:
            break
        said += more
    return said.rstrip(b"\0").decode(errors="replace").strip()


def _connected(address: str) -> socket.socket:
    if address.startswith("/"):
        talk = socket.socket(socket.AF_UNIX)
        talk.settimeout(CONNECT_SECONDS)
        talk.connect(address)
    else:
        host, _, port = address.rpartition(":")
        talk = socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS)
    talk.settimeout(ANSWER_SECONDS)
    return talk
