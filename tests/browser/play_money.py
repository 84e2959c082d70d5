"""Those who move money, as the sites of browser tests know them. They begin when a test asks for them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.doubles.cards import CardsDouble, Listener
from tests.doubles.chain import USDC, ChainDouble
from tests.support import free_port


@dataclass(frozen=True)
class PlayMoney:
    site_port: int
    cards: CardsDouble
    chain: ChainDouble

    @property
    def settings(self) -> dict[str, Any]:
        """Of a site that takes both, as a house in demo mode does."""
        return {
            "port": self.site_port,
            "stripe_secret_key": self.cards.key,
            "stripe_webhook_secret": self.cards.secret,
            "stripe_api_base": self.cards.url,
            "stripe_page_base": self.cards.url,
            "solana_rpc_url": [self.chain.url],
            "solana_usdc_mint": str(USDC),
            "chain_port": self.chain.port,
        }


def play_money(folder: Path) -> PlayMoney:
    """The processor tells the site's own webhook."""
    port = free_port()
    cards = CardsDouble(folder / "cards", Listener(), f"http://127.0.0.1:{port}/webhooks/stripe")
    return PlayMoney(port, cards, ChainDouble(folder / "chain"))
