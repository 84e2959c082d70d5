"""A Solana wallet that really signs, for tests: the key stays here."""

import base64
from dataclasses import dataclass
from typing import Any, Self

from solders.keypair import Keypair

FIELDS = (
    ("uri", "URI"),
    ("version", "Version"),
    ("chainId", "Chain ID"),
    ("nonce", "Nonce"),
    ("issuedAt", "Issued At"),
    ("expirationTime", "Expiration Time"),
)


@dataclass(frozen=True)
class PythonWallet:
    key: Keypair

    @classmethod
    def new(cls) -> Self:
        return cls(Keypair())

    @property
    def address(self) -> str:
        return str(self.key.pubkey())

    def sign(self, message: bytes) -> bytes:
        return bytes(self.key.sign_message(message))

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """What a page sends after this wallet agreed to what it was asked."""
        return self.answer_with(asked, text_of(asked, self.address).encode())

    def answer_with(self, asked: dict[str, Any], message: bytes) -> dict[str, Any]:
        """The same for any text, rightly signed."""
        return {
            "nonce": asked["nonce"],
            "address": self.address,
            "signedMessage": base64.b64encode(message).decode(),
            "signature": base64.b64encode(self.sign(message)).decode(),
            "name": "Python Wallet",
        }


def text_of(asked: dict[str, Any], address: str) -> str:
    """Written here a second time, from the standard, so that the two cannot be wrong together."""
    lines = [f"{name}: {asked[key]}" for key, name in FIELDS]
    head = f"{asked['domain']} wants you to sign in with your Solana account:\n{address}"
    return "\n\n".join([head, asked["statement"], "\n".join(lines)])
