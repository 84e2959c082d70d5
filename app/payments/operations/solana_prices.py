"""What a coin is worth, and how many of them make an amount. Whole numbers; never a float."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from math import ceil, floor

from sqlalchemy import delete

from app.extensions import db
from app.kit import clock
from app.kit.ids import new_id
from app.kit.money import DIGITS, USUAL
from app.payments import queries_solana as queries
from app.payments.models import Rate
from app.payments.operations import cases
from app.payments.solana.values import RAIL, SOL, USDC, Said
from app.platform.settings import settings

# Older ones are nobody's price any more.
LIVES = timedelta(minutes=5)
KEPT = timedelta(days=30)
# Sources that differ by more do not agree.
NEAR = Fraction(1, 50)
# What one source alone says may not be further from the last one, as long as that is not older than this.
FURTHEST, REMEMBERED = Fraction(1, 5), timedelta(hours=1)
STATED, FIXED = "stated", "fixed"


@dataclass(frozen=True, slots=True)
class Price:
    """Of one whole coin, in whole units of a currency."""

    text: str
    source: str
    at: datetime


def current(coin: str, currency: str) -> Price | None:
    """None where nobody says, or not lately: then this coin cannot be paid with."""
    if (coin, currency) == (USDC, "USD"):
        return Price("1", STATED, clock.now())
    if _is_fixed():
        fixed = (coin, currency) == (SOL, "USD")
        return Price(str(settings().solana_demo_price), FIXED, clock.now()) if fixed else None
    found = queries.price(coin, currency, clock.now() - LIVES)
    return Price(found.price, found.source, found.at) if found else None


def wanted() -> list[tuple[str, str]]:
    """Which prices somebody has to be asked for."""
    if _is_fixed() or not settings().solana_rate_url:
        return []
    pairs = [(coin, currency) for coin in (SOL, USDC) for currency in sorted(queries.currencies())]
    return [pair for pair in pairs if pair != (USDC, "USD")]


def remember(coin: str, currency: str, said: Sequence[Said]) -> None:
    """What more than half of the sources say, or the only one if it does not jump."""
    name = f"{coin}/{currency} {clock.now():%Y-%m-%d %H}"
    believed = _agreed(said)
    if believed is None:
        told = ", ".join(f"{one.price} ({one.source})" for one in said)
        cases.open_case(RAIL, "prices_differ", name, said=told)
        return
    last = queries.price(coin, currency, clock.now() - REMEMBERED)
    if len(said) == 1 and last is not None and not _is_near(believed.price, last.price, FURTHEST):
        cases.open_case(
            RAIL, "price_jumped", name, was=last.price, said=believed.price, source=believed.source
        )
        return
    db.session.add(
        Rate(
            id=new_id(),
            coin=coin,
            currency=currency,
            price=believed.price,
            source=believed.source,
            at=clock.now(),
        )
    )


def forget_old() -> None:
    db.session.execute(delete(Rate).where(Rate.at < clock.now() - KEPT))


def units(amount: int, currency: str, coin: str, price: str) -> int:
    """So many smallest parts of the coin, less than one too many."""
    return ceil(Fraction(amount) / _worth_of_unit(currency, coin, price))


def worth(count: int, currency: str, coin: str, price: str) -> int:
    """In minor units, less than one too few."""
    return floor(count * _worth_of_unit(currency, coin, price))


def _agreed(said: Sequence[Said]) -> Said | None:
    """The middle one of those that are close together, where they are more than half of all."""
    in_order = sorted(said, key=lambda one: Fraction(one.price))
    close = [[one for one in in_order if _is_near(one.price, middle.price, NEAR)] for middle in in_order]
    most = max(close, key=len)
    return most[(len(most) - 1) // 2] if 2 * len(most) > len(said) else None


def _is_near(price: str, other: str, by: Fraction) -> bool:
    return abs(Fraction(price) / Fraction(other) - 1) <= by


def _worth_of_unit(currency: str, coin: str, price: str) -> Fraction:
    return Fraction(price) * Fraction(10) ** (DIGITS.get(currency, USUAL) - DIGITS[coin])


def _is_fixed() -> bool:
    return settings().demo and not settings().solana_rate_url
