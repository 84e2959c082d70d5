"""What a creator's yearly report has to say about them, by where they live. Pure."""

import re
from dataclasses import dataclass

from app.invoices.tax_rates import EU


@dataclass(frozen=True, slots=True)
class Asked:
    """`names` of fields (forms.py) in their order, those that may stay empty among them."""

    about: str
    names: tuple[str, ...]
    optional: frozenset[str]
    labels: dict[str, str]


US = Asked(
    "As on form W-9: who you are, and the number under which you pay tax.",
    ("legal_name", "business_name", "address", "tin"),
    frozenset({"business_name"}),
    {"tin": "Social security number, or employer identification number"},
)
UNION = Asked(
    "As platforms in the European Union report it (DAC7): who you are, where, and your numbers.",
    ("legal_name", "address", "born", "tin", "vat_id"),
    frozenset({"vat_id"}),
    {
        "born": "Date of birth, or your company number in its register",
        "tin": "Tax number",
        "vat_id": "VAT number",
    },
)
ELSEWHERE = Asked(
    "Who you are, and where; your tax number, if you have one.",
    ("legal_name", "address", "tin"),
    frozenset({"tin"}),
    {"tin": "Tax number"},
)
US_NUMBER = re.compile(r"\d{3}-?\d{2}-?\d{4}|\d{2}-?\d{7}", re.ASCII)


def asked_in(country: str) -> Asked:
    if country == "US":
        return US
    return UNION if country in EU else ELSEWHERE


def wrong_number(country: str, number: str) -> str | None:
    """Why it cannot be the number it should be."""
    if country == "US" and not US_NUMBER.fullmatch(number):
        return "It has nine digits, such as 123-45-6789 or 12-3456789."
    return None
