"""Lines of a CSV file that a sheet opens without harm."""

import csv
import io
from collections.abc import Iterable

# A sheet reads a cell of words that begins so as a formula; the wide ones where people write them.
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def line(cells: Iterable[object]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def words(text: str | None) -> str:
    """What people typed."""
    text = text or ""
    return f"'{text}" if text.startswith(FORMULAS) else text
