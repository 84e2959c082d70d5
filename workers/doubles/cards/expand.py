"""`expand`: ids replaced by the objects that they name."""

from workers.doubles.cards import sessions
from workers.doubles.cards.errors import Body, invalid
from workers.doubles.cards.listing import whole
from workers.doubles.cards.store import Books

DEEPEST = 4
# By whose id, and in which field.
EXPANDABLE = {
    "balance_transaction": ("source",),
    "charge": ("balance_transaction", "customer", "failure_balance_transaction", "payment_intent"),
    "checkout.session": ("customer", "payment_intent", "setup_intent"),
    "dispute": ("charge", "payment_intent"),
    "payment_intent": ("customer", "latest_charge", "payment_method"),
    "payment_method": ("customer",),
    "payout": ("balance_transaction", "failure_balance_transaction"),
    "refund": ("balance_transaction", "charge", "failure_balance_transaction", "payment_intent"),
    "setup_intent": ("customer", "payment_method"),
    "transfer": ("balance_transaction", "destination", "source_transaction"),
    "transfer_reversal": ("balance_transaction", "transfer"),
}


def expand(books: Books, body: Body, paths: list[str]) -> None:
    for path in paths:
        parts = path.split(".")
        if len(parts) > DEEPEST:
            raise invalid(f"You cannot expand more than {DEEPEST} levels.", "expand")
        _expand(books, body, parts, path)


def _expand(books: Books, body: Body, parts: list[str], path: str) -> None:
    name, rest = parts[0], parts[1:]
    if body.get("object") == "list" and name == "data":
        for each in body["data"]:
            _expand(books, each, rest, path)
        return
    if (body.get("object"), *parts) == ("checkout.session", "total_details", "breakdown"):
        if body[name]:  # one that only keeps a card has no totals
            body[name] = body[name] | {"breakdown": sessions.tax_breakdown(body)}
        return
    if (body.get("object"), name) in {("checkout.session", "line_items"), ("charge", "refunds")}:
        body[name] = _included(books, body, name)
    elif name in EXPANDABLE.get(str(body.get("object")), ()):
        if isinstance(body[name], str):
            body[name] = books.peek(body[name]) or body[name]
    elif not isinstance(body.get(name), dict) or not rest:
        raise invalid(f"This property cannot be expanded ({path}).", "expand")
    if rest and isinstance(body[name], dict):
        _expand(books, body[name], rest, path)


def _included(books: Books, body: Body, name: str) -> Body:
    if name == "line_items":
        return sessions.lines_of(body)
    refunds = books.find("refund", charge=body["id"])
    return whole(f"/v1/charges/{body['id']}/refunds", refunds)
