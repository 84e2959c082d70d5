"""Keys made of SECRET_KEY, one for each purpose, and of those that it replaced."""

from app.kit.crypto import derive_key
from app.platform.settings import settings


def key_for(purpose: str) -> bytes:
    return derive_key(settings().secret_key, purpose)


def keys_for(purpose: str) -> list[bytes]:
    """The oldest first, the one of today last."""
    return [derive_key(key, purpose) for key in (*settings().earlier_secret_keys, settings().secret_key)]
