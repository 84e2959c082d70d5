"""Which new passwords are taken: length and attackers' lists count, composition does not (NIST 800-63B)."""

import gzip
from functools import cache
from importlib.resources import files

from app.accounts.errors import WeakPassword
from app.accounts.passwords import normalise
from app.platform.settings import settings

LENGTH_MIN, LENGTH_MAX = 8, 200
# Shorter parts of a name occur in good passwords by accident.
TELLING_PART = 4


def check_new(password: str, *, known: tuple[str, ...] = ()) -> None:
    """`known`: what others know of this person, handle and e-mail, and would try first."""
    plain = normalise(password)
    if len(plain) < LENGTH_MIN:
        raise WeakPassword(f"Use at least {LENGTH_MIN} characters.")
    if len(plain) > LENGTH_MAX:
        raise WeakPassword(f"Use at most {LENGTH_MAX} characters.")
    lowered = plain.casefold()
    if lowered in common_passwords() or len(set(lowered)) < 3:
        raise WeakPassword("This password is among the first that attackers try. Choose another one.")
    if any(part in lowered for part in _telling(known)):
        raise WeakPassword("Leave your handle and your e-mail address out of the password.")
    if len(lowered.replace(normalise(settings().site_name).casefold(), "")) < LENGTH_MIN:
        raise WeakPassword("The name of this place does not count. Make the rest of the password longer.")


@cache
def common_passwords() -> frozenset[str]:
    packed = (files("app.accounts") / "data" / "common_passwords.txt.gz").read_bytes()
    return frozenset(gzip.decompress(packed).decode().split("\n")) - {""}


def _telling(known: tuple[str, ...]) -> set[str]:
    parts = {part for word in known for part in (word, word.split("@")[0])}
    return {normalise(part).casefold() for part in parts if len(part) >= TELLING_PART}
