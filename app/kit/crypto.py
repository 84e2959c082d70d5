"""Envelope encryption of what the database should not be able to read by itself.

Every value has a data key of its own; the data key is wrapped by a master key. Rotation adds a
master key in front of the list and rewraps, without touching the values.
"""

import base64
import hashlib
import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from itsdangerous import Signer

from app.kit import chance

VERSION = b"\x01"
KEY_ID, NONCE, WRAPPED = 4, 12, 32 + 16

# What it signs for us and for other libraries: form tokens, tickets, links. By itself it takes SHA-1.
Signer.default_digest_method = staticmethod(hashlib.sha256)


class CannotOpen(Exception):
    """The value was sealed by an unknown key, for another purpose, or was changed."""


def derive_key(secret: str, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(secret.encode())


def digest(value: bytes | str) -> bytes:
    """For random tokens that are looked up: a plain hash is enough, there is nothing to guess."""
    return hashlib.sha256(value.encode() if isinstance(value, str) else value).digest()


def keyed_digest(key: bytes, value: str) -> bytes:
    return hmac.new(key, value.encode(), hashlib.sha256).digest()


class Vault:
    def __init__(self, secrets: list[str]) -> None:
        self._masters = {self._key_id(s): AESGCM(derive_key(s, "vault")) for s in secrets}
        self._current = self._key_id(secrets[0])

    @staticmethod
    def _key_id(secret: str) -> bytes:
        return hashlib.sha256(b"vault key id" + secret.encode()).digest()[:KEY_ID]

    def seal(self, text: str, purpose: str) -> str:
        """`purpose` is bound in: a sealed birth date does not open as a sealed TOTP secret."""
        data_key, nonce = chance.token_bytes(32), chance.token_bytes(NONCE)
        body = AESGCM(data_key).encrypt(nonce, text.encode(), purpose.encode())
        return base64.urlsafe_b64encode(VERSION + self._wrap(data_key) + nonce + body).decode()

    def open(self, sealed: str, purpose: str) -> str:
        header, nonce, body = self._split(sealed)
        try:
            return AESGCM(self._unwrap(header)).decrypt(nonce, body, purpose.encode()).decode()
        except InvalidTag:
            raise CannotOpen("changed, or sealed for another purpose") from None

    def rewrap(self, sealed: str) -> str:
        """The same value under the current master key."""
        header, nonce, body = self._split(sealed)
        if header[:KEY_ID] == self._current:
            return sealed
        wrapped = self._wrap(self._unwrap(header))
        return base64.urlsafe_b64encode(VERSION + wrapped + nonce + body).decode()

    def _wrap(self, data_key: bytes) -> bytes:
        nonce = chance.token_bytes(NONCE)
        return self._current + nonce + self._masters[self._current].encrypt(nonce, data_key, self._current)

    def _unwrap(self, header: bytes) -> bytes:
        key_id, nonce, wrapped = header[:KEY_ID], header[KEY_ID : KEY_ID + NONCE], header[KEY_ID + NONCE :]
        master = self._masters.get(key_id)
        if master is None:
            raise CannotOpen("the master key is not among ENCRYPTION_KEYS")
        try:
            return master.decrypt(nonce, wrapped, key_id)
        except InvalidTag:
            raise CannotOpen("the data key was changed") from None

    @staticmethod
    def _split(sealed: str) -> tuple[bytes, bytes, bytes]:
        try:
            raw = base64.urlsafe_b64decode(sealed)
        except ValueError:
            raise CannotOpen("not a sealed value") from None
        header_end = 1 + KEY_ID + NONCE + WRAPPED
        if raw[:1] != VERSION or len(raw) < header_end + NONCE:
            raise CannotOpen("not a sealed value")
        return raw[1:header_end], raw[header_end : header_end + NONCE], raw[header_end + NONCE :]
