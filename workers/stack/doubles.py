"""The play services of demo mode: each stands in for one outside, until its owner names the real one."""

import secrets
from dataclasses import dataclass, field

from app.config import Settings
from workers.doubles.chain import USDC
from workers.stack import ports
from workers.stack.environment import Surroundings


@dataclass(frozen=True)
class Double:
    name: str
    module: str
    port_setting: str
    port: int
    # What tells the product where it is.
    settings: dict[str, str] = field(default_factory=dict)
    # What it wants to know itself.
    options: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)

    def listens(self) -> bool:
        return not ports.is_free(self.port)


def wanted(settings: Settings, surroundings: Surroundings) -> list[Double]:
    if not settings.demo:
        return []
    taken = {settings.port, settings.ws_port}
    found = []
    for setting, make in (("STRIPE_SECRET_KEY", _cards), ("SOLANA_RPC_URL", _chain)):
        if surroundings.embeds(setting):
            found.append(make(settings, surroundings, taken))
            taken.add(found[-1].port)
    return found


def _cards(settings: Settings, surroundings: Surroundings, taken: set[int]) -> Double:
    """Its money is available at once, so that whoever earns some can be paid out on the same evening."""
    port = _port("CARDS_PORT", settings.cards_port, surroundings, taken)
    secret = surroundings.given.get("STRIPE_WEBHOOK_SECRET") or f"whsec_{secrets.token_hex(16)}"
    addresses = {
        "STRIPE_API_BASE": f"http://127.0.0.1:{port}",
        # Another host than ours, as the real one's is.
        "STRIPE_PAGE_BASE": f"http://127.0.0.1:{port}",
        "STRIPE_SECRET_KEY": f"sk_test_{secrets.token_hex(12)}",
        "STRIPE_WEBHOOK_SECRET": secret,
        "CARDS_PORT": str(port),
    }
    environment = {
        "STRIPE_PAGE_BASE": settings.stripe_page_base or addresses["STRIPE_PAGE_BASE"],
        "STRIPE_WEBHOOK_SECRET": secret,
        "WEBHOOK_URL": f"http://127.0.0.1:{settings.port}/webhooks/stripe",
        "CLOCK_FILE": str(settings.clock_file or ""),
    }
    return Double(
        "cards",
        "workers.doubles.cards",
        "CARDS_PORT",
        port,
        addresses,
        ("--settle-days", "0"),
        environment,
    )


def _chain(settings: Settings, surroundings: Surroundings, taken: set[int]) -> Double:
    port = _port("CHAIN_PORT", settings.chain_port, surroundings, taken)
    addresses = {
        "SOLANA_RPC_URL": f"http://127.0.0.1:{port}",
        "SOLANA_USDC_MINT": USDC,
        "CHAIN_PORT": str(port),
    }
    environment = {"CLOCK_FILE": str(settings.clock_file or ""), "PUBLIC_URL": settings.public_url}
    return Double("chain", "workers.doubles.chain", "CHAIN_PORT", port, addresses, environment=environment)


def _port(setting: str, usual: int, surroundings: Surroundings, taken: set[int]) -> int:
    """The one that the owner gave, whatever holds it; else the usual one or, when it is taken, another."""
    if setting in surroundings.given or (usual not in taken and _free(usual)):
        return usual
    return ports.pick_free(frozenset(taken))


def _free(port: int) -> bool:
    return all(ports.can_listen(port, host) for host in ("127.0.0.1", "::1"))
