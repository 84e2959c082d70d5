"""Amounts of money: whole numbers of the smallest unit, and how people read them."""

# How many digits stand behind the point, where it is not two.
DIGITS = {"JPY": 0, "KRW": 0, "CLP": 0, "VND": 0, "PTS": 0, "USDC": 6, "SOL": 9}
SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
USUAL = 2


def readable(amount: int, currency: str) -> str:
    """`readable(499, "USD")` is `$4.99`; what has no sign of its own is named behind the figure."""
    digits = DIGITS.get(currency, USUAL)
    whole, rest = divmod(abs(amount), 10**digits)
    behind = f"{rest:0{digits}d}" if digits else ""
    if digits > USUAL:  # nobody reads nine digits; two are kept for the eye
        behind = behind.rstrip("0").ljust(USUAL, "0")
    figure = f"{whole:,}" + (f".{behind}" if behind else "")
    sign, minus = SIGNS.get(currency), "-" if amount < 0 else ""
    return f"{minus}{sign}{figure}" if sign else f"{minus}{figure} {currency}"


def plain(amount: int, currency: str) -> str:
    """As one types it: `parse` reads it back."""
    digits = DIGITS.get(currency, USUAL)
    whole, behind = divmod(abs(amount), 10**digits)
    minus = "-" if amount < 0 else ""
    return f"{minus}{whole}.{behind:0{digits}d}" if digits else f"{minus}{whole}"


def parse(text: str, currency: str) -> int | None:
    """What somebody typed as a price, in minor units; None when it is not one. No rounding, no guessing."""
    digits = DIGITS.get(currency, USUAL)
    typed = text.strip().replace(",", ".").lstrip("".join(SIGNS.values())).strip()
    whole, point, behind = typed.partition(".")
    if not (whole + behind).isascii() or not (whole + behind).isdigit() or (point and not behind):
        return None
    if len(behind) > digits or len(whole) > 9:
        return None
    return int(whole or "0") * int(10**digits) + int(behind.ljust(digits, "0") or "0")
