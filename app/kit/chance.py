"""Where randomness comes from. One source, so that a test can replace it."""

import base64
import secrets
from collections.abc import Callable

_source: Callable[[int], bytes] = secrets.token_bytes

# No 0/O, 1/I/L: these are read from paper and typed.
READABLE = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def use(source: Callable[[int], bytes]) -> None:
    global _source  # noqa: PLW0603 - the one place where randomness is swapped
    _source = source


def token_bytes(length: int = 32) -> bytes:
    return _source(length)


def token(length: int = 32) -> str:
    """An unguessable URL-safe string made of `length` random bytes."""
    return base64.urlsafe_b64encode(_source(length)).rstrip(b"=").decode()


def readable(length: int) -> str:
    return "".join(READABLE[secrets.randbelow(len(READABLE))] for _ in range(length))


def below(bound: int) -> int:
    """For spreading things out, not for secrets."""
    return int.from_bytes(_source(4)) % bound
