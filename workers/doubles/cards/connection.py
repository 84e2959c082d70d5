"""Ending a conversation in the middle, as networks do."""

import contextlib
import socket
import time
from typing import NoReturn

from flask import request


class HungUp(Exception):
    """Nobody is there any more who could be answered."""


def hang_up(seconds: float) -> NoReturn:
    """Let the other side wait for so long, then close the connection without a word."""
    time.sleep(seconds)
    with contextlib.suppress(OSError):
        request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    raise HungUp
