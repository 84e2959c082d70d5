"""Who we are to push services (VAPID): a key of the house, and whom to write to about it."""

import base64
from email.utils import parseaddr
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.platform.mail import smtp
from app.platform.settings import settings


def public_key() -> str:
    """As browsers want it; empty where the house sends no notices to devices."""
    secret = settings().vapid_private_key
    return _public(secret) if secret else ""


def contact() -> str:
    return f"mailto:{parseaddr(smtp.sender(settings()))[1]}"


@lru_cache(maxsize=8)
def _public(secret: str) -> str:
    number = int.from_bytes(base64.urlsafe_b64decode(secret + "=" * (-len(secret) % 4)))
    point = ec.derive_private_key(number, ec.SECP256R1()).public_key()
    raw = point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
