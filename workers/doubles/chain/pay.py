"""Solana Pay's transfer requests.

solana:<recipient>?amount=&spl-token=&reference=&label=&message=&memo=
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import parse_qsl, unquote, urlsplit

from solders.pubkey import Pubkey

# A zero before the point is wanted, an exponent is not allowed.
AMOUNT = re.compile(r"\d+(\.\d+)?")


class Unpayable(Exception):
    """What a wallet says of a link that it cannot follow."""


@dataclass(frozen=True)
class Ask:
    recipient: Pubkey
    # In whole SOL or tokens; None leaves it to who pays.
    amount: Decimal | None
    # None means SOL.
    mint: Pubkey | None
    references: tuple[Pubkey, ...]
    label: str
    message: str
    memo: str


def read(link: str) -> Ask:
    parts = urlsplit(link)
    if parts.scheme != "solana":
        raise Unpayable("This is not a Solana Pay link.")
    path = unquote(parts.path)
    if path.startswith("https:"):
        raise Unpayable("This link asks for a transaction. The play wallet only knows transfers.")
    given = parse_qsl(parts.query, keep_blank_values=True)
    single = {name: value for name, value in given if name != "reference"}
    if len(single) != sum(1 for name, _ in given if name != "reference"):
        raise Unpayable("This link says something twice.")
    return Ask(
        recipient=_key(path, "recipient"),
        amount=amount(single["amount"]) if "amount" in single else None,
        mint=_key(single["spl-token"], "spl-token") if "spl-token" in single else None,
        references=tuple(_key(value, "reference") for name, value in given if name == "reference"),
        label=single.get("label", ""),
        message=single.get("message", ""),
        memo=single.get("memo", ""),
    )


def amount(text: str) -> Decimal:
    if not AMOUNT.fullmatch(text):
        raise Unpayable("The amount is not a number as wallets write it, such as 0.5.")
    return Decimal(text)


def units(wanted: Decimal, decimals: int) -> int:
    """In the smallest part of the token, which nothing can be less than."""
    whole = wanted.scaleb(decimals)
    if whole != whole.to_integral_value():
        raise Unpayable(f"The amount has more than {decimals} digits behind the point.")
    return int(whole)


def _key(text: str, name: str) -> Pubkey:
    try:
        return Pubkey.from_string(text)
    except ValueError:
        raise Unpayable(f"The link's {name} is not an address.") from None
