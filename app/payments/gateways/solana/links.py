"""Solana Pay: what a wallet reads from a QR code."""

from urllib.parse import quote, urlencode

from app.kit.money import DIGITS
from app.payments.solana.values import USDC
from app.platform.settings import settings


def whole(amount: int, coin: str) -> str:
    """As wallets read it: a zero before the point, no exponent, nothing behind the last digit."""
    digits = DIGITS[coin]
    before, behind = divmod(amount, 10**digits)
    return f"{before}.{behind:0{digits}d}".rstrip("0").rstrip(".")


def pay_link(wallet: str, amount: int, coin: str, reference: str, *, label: str, memo: str) -> str:
    """The recipient is a wallet, never a token account."""
    parts = {"amount": whole(amount, coin)}
    if coin == USDC:
        parts["spl-token"] = settings().solana_usdc_mint
    parts |= {"reference": reference, "label": label, "memo": memo}
    return f"solana:{wallet}?{urlencode(parts, quote_via=quote)}"
