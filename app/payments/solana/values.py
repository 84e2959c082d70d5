"""What happens on the chain, in plain values: what the gateway says and what operations take."""

from dataclasses import dataclass, field
from datetime import datetime

RAIL = "solana"
SOL, USDC = "SOL", "USDC"
COINS = (USDC, SOL)


@dataclass(frozen=True, slots=True)
class Found:
    """A signature that names an address. `final`: it will not go away any more."""

    signature: str
    slot: int
    # Of its block, where the node knows it.
    at: datetime | None
    memo: str
    failed: bool
    final: bool


@dataclass(frozen=True, slots=True)
class Transfer:
    """One instruction that moved something, wherever in its transaction it stands."""

    place: str
    # SOL, USDC, or the address of another token.
    coin: str
    amount: int
    source: str
    target: str
    # All keys that it names; our reference is among them.
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a transaction did to our wallet; one that failed did nothing but cost its fee."""

    signature: str
    at: datetime
    arrived: tuple[Transfer, ...] = ()
    left: tuple[Transfer, ...] = ()
    # Tokens that came to us and are none of our coins.
    foreign: tuple[Transfer, ...] = ()
    # By how much our balance of each coin changed, the network's fee aside.
    changes: dict[str, int] = field(default_factory=dict)
    # What the network took from us: nothing, where we did not sign it.
    fee: int = 0
    failed: bool = False

    def name(self, place: str) -> str:
        return f"{self.signature}:{place}"


@dataclass(frozen=True, slots=True)
class Said:
    """What one source says a coin is worth, as it wrote it."""

    price: str
    source: str


@dataclass(frozen=True, slots=True)
class Signed:
    """A transaction of ours. It can only ever land once, and not at all above `last_height`."""

    signature: str
    raw: str
    last_height: int
