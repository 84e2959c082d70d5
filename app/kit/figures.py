"""Numbers as people say them."""

UNITS = ((1_000_000, "M"), (1_000, "K"))


def in_short(number: int) -> str:
    """950, 1.2K, 35K, 1.4M: never more than there are."""
    for size, letter in UNITS:
        if number >= size:
            tenths = number * 10 // size
            return (
                f"{tenths // 10}{letter}" if tenths >= 100 or tenths % 10 == 0 else f"{tenths / 10}{letter}"
            )
    return str(number)
