"""An authenticator in Python: real keys, real signatures, and every part of an answer can be bent."""

import hashlib
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

ORIGIN = "http://localhost:3000"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "===")


@dataclass
class SoftAuthenticator:
    """One credential. Change `origin`, `rp_id`, `flags` or `counter` before it answers."""

    origin: str = ORIGIN
    rp_id: str = "localhost"
    flags: int = PRESENT | VERIFIED
    counter: int = 0
    credential_id: bytes = field(default_factory=lambda: os.urandom(16))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    user_handle: bytes = b""

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        self.user_handle = unb64(options["user"]["id"])
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id
        data = self._authenticator_data(ATTESTED) + attested + self._public_key()
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client_data = self._client_data("webauthn.create", options["challenge"])
        return self._answer(
            clientDataJSON=b64(client_data), attestationObject=b64(attestation), transports=["internal"]
        )

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        data = self._authenticator_data()
        client_data = self._client_data("webauthn.get", options["challenge"])
        signature = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))
        return self._answer(
            clientDataJSON=b64(client_data),
            authenticatorData=b64(data),
            signature=b64(signature),
            userHandle=b64(self.user_handle),
        )

    def _answer(self, **response: Any) -> dict[str, Any]:
        own = b64(self.credential_id)
        return {"id": own, "rawId": own, "type": "public-key", "response": response}

    def _authenticator_data(self, more: int = 0) -> bytes:
        head = hashlib.sha256(self.rp_id.encode()).digest()
        return head + bytes([self.flags | more]) + self.counter.to_bytes(4, "big")

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _public_key(self) -> bytes:
        numbers = self.key.public_key().public_numbers()
        point = {-2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        return cbor2.dumps({1: 2, 3: -7, -1: 1, **point})
