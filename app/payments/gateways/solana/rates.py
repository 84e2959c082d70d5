"""What a coin is worth, as public sources say it.

An address holds {coin} and {currency}; behind its # stands where in the answer the price is:
https://api.coinbase.com/v2/prices/{coin}-{currency}/spot#data.amount
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urldefrag, urlsplit

import httpx2

from app.payments.errors import Unsure
from app.payments.solana.values import Said
from app.platform.transaction import in_transaction

TIMEOUT = 5.0
LONGEST_PRICE = 30


def ask(addresses: Sequence[str], coin: str, currency: str) -> list[Said]:
    """What all sources say that answer. `Unsure` when none does."""
    if in_transaction():
        raise RuntimeError("a price was asked for inside transaction()")
    said = []
    for address in addresses:
        url, path = urldefrag(address.replace("{coin}", coin).replace("{currency}", currency))
        with suppress(httpx2.HTTPError, ValueError, KeyError, IndexError, TypeError, InvalidOperation):
            answer = httpx2.get(url, timeout=TIMEOUT, follow_redirects=False)
            answer.raise_for_status()
            price = _price(json.loads(answer.text, parse_float=str), path)
            said.append(Said(price, str(urlsplit(url).hostname)))
    if not said:
        raise Unsure(f"nobody says what {coin} is worth in {currency}")
    return said


def _price(said: Any, path: str) -> str:
    """`result.*.c.0`: keys and places, * for whatever comes first."""
    for step in path.split("."):
        if step == "*":
            said = next(iter(said.values()))
        else:
            said = said[int(step)] if isinstance(said, list) else said[step]
    text = str(said)
    price = Decimal(text)
    if not price.is_finite() or price <= 0 or max(len(text), abs(price.adjusted())) > LONGEST_PRICE:
        raise ValueError("no price")
    return text
