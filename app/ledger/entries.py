"""What is posted, in words of the domain."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.ledger.chart import CHART, Kind, Side


@dataclass(frozen=True, slots=True)
class Account:
    """Without an owner it is the platform's; which part of a split one is meant, the cause decides."""

    kind: Kind
    currency: str
    owner_id: UUID | None = None
    shard: int | None = None

    def __post_init__(self) -> None:
        if CHART[self.kind].personal != (self.owner_id is not None):
            raise ValueError(f"{self.kind} {'needs' if CHART[self.kind].personal else 'has no'} owner")

    @property
    def side(self) -> Side:
        return CHART[self.kind].side

    @property
    def split(self) -> bool:
        return CHART[self.kind].split


@dataclass(frozen=True, slots=True)
class Leg:
    """Debit positive, credit negative. `covered`: the account may not fall below what is free of it."""

    account: Account
    amount: int
    covered: bool = False

    def __post_init__(self) -> None:
        if type(self.amount) is not int or self.amount == 0:
            raise ValueError("an amount is a whole number and not nothing")
        if self.covered and self.account.split:
            raise ValueError(f"{self.account.kind} is split: nobody knows at once what is on it")


@dataclass(frozen=True, slots=True)
class Entry:
    """`cause` is what happened, once: "invoice:<id>:paid". A `hold` is settled by the leg on its account."""

    cause: str
    kind: str
    legs: tuple[Leg, ...]
    reverses: UUID | None = None
    actor_id: UUID | None = None
    refs: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    occurred_at: datetime | None = None
    hold: UUID | None = None

    def __post_init__(self) -> None:
        sums = Counter[str]()
        for leg in self.legs:
            sums[leg.account.currency] += leg.amount
        if any(sums.values()) or not self.merged:
            raise ValueError(f"{self.cause} does not balance: {dict(sums)}")

    @property
    def merged(self) -> list[Leg]:
        """One leg an account, in the order in which they were named."""
        by_account: dict[Account, list[Leg]] = {}
        for leg in self.legs:
            by_account.setdefault(leg.account, []).append(leg)
        sums = {account: sum(leg.amount for leg in legs) for account, legs in by_account.items()}
        return [
            Leg(account, sums[account], covered=any(leg.covered for leg in legs))
            for account, legs in by_account.items()
            if sums[account]
        ]

    @property
    def refusable(self) -> bool:
        """For another reason than that it stands in the books already."""
        return bool(self.reverses or self.hold or any(leg.covered for leg in self.legs))
