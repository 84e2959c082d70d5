"""A Wallet Standard wallet in the browser whose key stays here: it really signs, or does what it must not."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.accounts.python_wallet import PythonWallet, text_of

SCRIPT = Path(__file__).with_suffix(".js").read_text()

# What the wallet makes of the text that it was asked to sign.
Bend = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass
class FakeWallet:
    """`features`: what it can do. `refuses`: its user says no. `bend`: signs another input than asked."""

    name: str = "Glow"
    key: PythonWallet = field(default_factory=PythonWallet.new)
    features: tuple[str, ...] = ("solana:signIn", "solana:signMessage")
    refuses: bool = False
    late: bool = False
    bend: Bend = dict

    def install(self, tab: Page) -> None:
        """For every page that this tab opens from now on."""
        tab.expose_function(f"sign_in_with_{self.name}", self._sign_in)
        tab.expose_function(f"sign_with_{self.name}", self._sign)
        described = {
            "name": self.name,
            "address": self.key.address,
            "publicKey": list(bytes(self.key.key.pubkey())),
            "features": self.features,
            "late": self.late,
        }
        tab.add_init_script(f"({SCRIPT})({json.dumps(described)})")

    def _sign_in(self, asked: dict[str, Any]) -> dict[str, Any] | None:
        return self._sign(list(text_of(self.bend(asked), self.key.address).encode()))

    def _sign(self, message: list[int]) -> dict[str, Any] | None:
        if self.refuses:
            return None
        return {"message": message, "signature": list(self.key.sign(bytes(message)))}
