"""What a coin is worth, and how many of them make an amount. Whole numbers; never a float."""

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
from app.payments.solana.values import RAIL, SOL, USDC
from app.platform.settings import settings

# Older ones are nobody's price any more.
LIVES = timedelta(minutes=5)
KEPT = timedelta(days=30)
# A price may not be further from the last one, as long as that is not older than this.
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


def remember(coin: str, currency: str, text: str, source: str) -> bool:
    """Whether it is believed."""
    last = queries.price(coin, currency, clock.now() - REMEMBERED)
    if last is not None and abs(Fraction(text) / Fraction(last.price) - 1) > FURTHEST:
        name = f"{coin}/{currency} {clock.now():%Y-%m-%d %H}"
        cases.open_case(RAIL, "price_jumped", name, was=last.price, said=text, source=source)
        return False
    db.session.add(Rate(id=new_id(), coin=coin, currency=currency, price=text, source=source, at=clock.now()))
    return True


def forget_old() -> None:
    db.session.execute(delete(Rate).where(Rate.at < clock.now() - KEPT))


def units(amount: int, currency: str, coin: str, price: str) -> int:
    """So many smallest parts of the coin, less than one too many."""
    return ceil(Fraction(amount) / _worth_of_unit(currency, coin, price))


def worth(count: int, currency: str, coin: str, price: str) -> int:
    """In minor units, less than one too few."""
    return floor(count * _worth_of_unit(currency, coin, price))


def _worth_of_unit(currency: str, coin: str, price: str) -> Fraction:
    return Fraction(price) * Fraction(10) ** (DIGITS.get(currency, USUAL) - DIGITS[coin])


def _is_fixed() -> bool:
    return settings().demo and not settings().solana_rate_url
