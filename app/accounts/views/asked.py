"""What this browser was asked to prove lately. The secrets live in its own signed cookie.

So an answer counts only in the browser that asked: a text signed or a passkey touched for one
browser is worth nothing in another.
"""

from flask import session as cookie

from app.accounts.errors import ChallengeGone

KEY = "asked"
# Several tabs, and several tries in one; the oldest goes first.
KEPT = 6


def keep(name: str, secret: str) -> None:
    """`name` is what the answer will show: a nonce, a challenge."""
    cookie[KEY] = [*cookie.get(KEY, []), [name, secret]][-KEPT:]


def secret_of(name: str) -> str:
    for known, secret in cookie.get(KEY, []):
        if known == name:
            return str(secret)
    raise ChallengeGone
