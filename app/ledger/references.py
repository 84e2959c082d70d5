"""What an entry is about. Whoever owns a kind of thing says what it is called and where it is shown.

    references.refer(app, "invoice", "Invoice", lambda key: f"/invoices/{key}")

Entries name things by these kinds: Entry(..., refs={"invoice": invoice.id, "event": event.id}).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Flask, current_app

PLACE = "fanlight.ledger.references"

Href = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Reference:
    """`href` is None where nobody shows such things."""

    label: str
    key: str
    href: str | None


def refer(app: Flask, kind: str, label: str, href: Href) -> None:
    app.extensions.setdefault(PLACE, {})[kind] = (label, href)


def references(refs: Mapping[str, str]) -> list[Reference]:
    known: dict[str, tuple[str, Href]] = current_app.extensions.get(PLACE, {})
    return [_reference(kind, key, known.get(kind)) for kind, key in sorted(refs.items())]


def _reference(kind: str, key: str, known: tuple[str, Href] | None) -> Reference:
    if known is None:
        return Reference(kind.replace("_", " ").capitalize(), key, None)
    label, href = known
    return Reference(label, key, href(key))
