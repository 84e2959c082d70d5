"""Where a device is reached: as its browser says it, checked, and sealed."""

import base64
import json
from dataclasses import asdict, dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

from app.config import LOOPBACK
from app.platform.settings import settings, vault

PURPOSE = "push"
ADDRESS_MAX = 2_048
AUTH_BYTES = 16


@dataclass(frozen=True, slots=True)
class PushAddress:
    endpoint: str
    p256dh: str
    auth: str

    @classmethod
    def read(cls, given: dict[str, Any]) -> Self | None:
        """Of what `PushSubscription.toJSON()` says in a browser; None for what is no such thing."""
        keys = given.get("keys")
        found = (
            given.get("endpoint"),
            *((keys.get("p256dh"), keys.get("auth")) if isinstance(keys, dict) else ()),
        )
        if len(found) != 3 or not all(isinstance(one, str) and one.isascii() for one in found):
            return None
        address = cls(*map(str, found))
        return address if address._can_be_reached() else None

    @classmethod
    def unseal(cls, sealed: str) -> Self:
        return cls(**json.loads(vault().open(sealed, PURPOSE)))

    def seal(self) -> str:
        return vault().seal(json.dumps(asdict(self)), PURPOSE)

    def _can_be_reached(self) -> bool:
        try:
            EllipticCurvePublicKey.from_encoded_point(SECP256R1(), _bytes(self.p256dh))
            proper_keys = len(_bytes(self.auth)) == AUTH_BYTES
        except ValueError:
            return False
        return proper_keys and leads_outside(self.endpoint)


def leads_outside(endpoint: str) -> bool:
    """By its looks; where its name really leads is seen when somebody connects (gateways/push.py)."""
    try:
        parts = urlsplit(endpoint)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if (
        len(endpoint) > ADDRESS_MAX
        or not endpoint.isprintable()
        or " " in endpoint
        or "@" in parts.netloc
        or not host
    ):
        return False
    if settings().push_local and parts.scheme == "http":
        return host in LOOPBACK
    return parts.scheme == "https" and "." in host.strip(".")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
