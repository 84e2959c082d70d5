"""The chart of accounts: what kinds there are, on which side they grow, whose they are."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from zlib import crc32

# Many sales at once touch the same account of the platform: it is kept in so many parts.
SHARDS = 8


class Side(IntEnum):
    """The sign that makes an account's balance read as people expect: debits are positive."""

    DEBIT = 1
    CREDIT = -1


class Kind(StrEnum):
    CARD_CLEARING = "card_clearing"
    CHAIN_HOT = "chain_hot"
    CHAIN_COLD = "chain_cold"
    BANK = "bank"
    OWNER = "owner"
    FAN_CREDIT = "fan_credit"
    CREATOR_PENDING = "creator_pending"
    CREATOR_AVAILABLE = "creator_available"
    CREATOR_HELD = "creator_held"
    PAYOUT_TRANSIT = "payout_transit"
    TAX_DUE = "tax_due"
    UNALLOCATED = "unallocated"
    UNKNOWN = "unknown"
    DISPUTED = "disputed"
    PLATFORM_FEE = "platform_fee"
    PROVIDER_FEE = "provider_fee"
    DISPUTE_LOSS = "dispute_loss"
    FORFEITED_CREDIT = "forfeited_credit"
    ROUNDING = "rounding"
    EXCHANGE = "exchange"
    ADJUSTMENT = "adjustment"
    POINTS_ISSUED = "points_issued"
    POINTS_HELD = "points_held"


@dataclass(frozen=True, slots=True)
class Line:
    """`split`: no single row that all would wait for; such an account cannot be covered or held."""

    label: str
    side: Side
    personal: bool = False
    split: bool = False


CHART = {
    Kind.CARD_CLEARING: Line("At the card processor", Side.DEBIT, split=True),
    Kind.CHAIN_HOT: Line("In the hot wallet", Side.DEBIT, split=True),
    Kind.CHAIN_COLD: Line("In cold storage", Side.DEBIT),
    Kind.BANK: Line("At the bank", Side.DEBIT),
    Kind.OWNER: Line("Put in by the house itself", Side.CREDIT),
    Kind.FAN_CREDIT: Line("Credit of a person", Side.CREDIT, personal=True),
    Kind.CREATOR_PENDING: Line("Earned, not yet free", Side.CREDIT, personal=True),
    Kind.CREATOR_AVAILABLE: Line("Free to be paid out", Side.CREDIT, personal=True),
    Kind.CREATOR_HELD: Line("Held back in a dispute", Side.CREDIT, personal=True),
    Kind.PAYOUT_TRANSIT: Line("On its way to a creator", Side.CREDIT, personal=True),
    Kind.TAX_DUE: Line("Tax to be passed on", Side.CREDIT, split=True),
    Kind.UNALLOCATED: Line("Come in from a person, not yet anybody's", Side.CREDIT, personal=True),
    Kind.UNKNOWN: Line("Come in, nobody knows from whom", Side.CREDIT),
    Kind.DISPUTED: Line("Taken by banks while a dispute is open", Side.DEBIT),
    Kind.PLATFORM_FEE: Line("Fees of the platform", Side.CREDIT, split=True),
    Kind.PROVIDER_FEE: Line("Fees paid to providers", Side.DEBIT, split=True),
    Kind.DISPUTE_LOSS: Line("Lost in disputes", Side.DEBIT),
    Kind.FORFEITED_CREDIT: Line("Credit given up by people who left", Side.CREDIT),
    Kind.ROUNDING: Line("Rounding", Side.DEBIT),
    Kind.EXCHANGE: Line("Exchanged", Side.DEBIT, split=True),
    Kind.ADJUSTMENT: Line("Adjustments", Side.DEBIT),
    Kind.POINTS_ISSUED: Line("Points given out", Side.DEBIT, split=True),
    Kind.POINTS_HELD: Line("Points of a person", Side.CREDIT, personal=True),
}


def shard_of(kind: Kind, cause: str) -> int:
    """The same cause finds the same part again."""
    return crc32(cause.encode()) % SHARDS if CHART[kind].split else 0
