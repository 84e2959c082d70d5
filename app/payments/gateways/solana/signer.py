"""Who signs for the house. What sends money knows an address and a signature, and no key."""

from functools import lru_cache
from pathlib import Path
from typing import Protocol

from solders.keypair import Keypair

from app.kit.crypto import derive_key
from app.platform.settings import settings, vault

PURPOSE = "solana wallet"
PLAY = "play wallet of the house"


class Signer(Protocol):
    @property
    def address(self) -> str: ...

    def sign(self, message: bytes) -> bytes: ...


class KeySigner:
    """A key in memory: from a sealed file, or the play wallet of demo mode."""

    def __init__(self, key: Keypair) -> None:
        self._key = key

    @property
    def address(self) -> str:
        return str(self._key.pubkey())

    def sign(self, message: bytes) -> bytes:
        return bytes(self._key.sign_message(message))


def signer() -> Signer | None:
    """None where the house only watches its wallet: then it can take money and send none."""
    chosen = settings()
    if chosen.solana_wallet_file:
        return _from_file(chosen.solana_wallet_file)
    if chosen.demo and not chosen.solana_wallet:
        return KeySigner(Keypair.from_seed(derive_key(chosen.secret_key, PLAY)))
    return None


@lru_cache(maxsize=2)
def _from_file(path: Path) -> KeySigner:
    opened = vault().open(path.read_text().strip(), PURPOSE)
    return KeySigner(Keypair.from_bytes(bytes.fromhex(opened)))


def write_new(path: Path) -> str:
    """A new wallet in a file that only ENCRYPTION_KEYS opens; its address."""
    made = Keypair()
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(vault().seal(bytes(made).hex(), PURPOSE) + "\n")
    return str(made.pubkey())


def address() -> str:
    """The house's wallet; empty where it has none."""
    found = signer()
    return found.address if found else settings().solana_wallet
