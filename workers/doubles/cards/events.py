"""What happened, as the webhook is told it."""

from workers.doubles.cards import deliveries
from workers.doubles.cards.errors import Body
from workers.doubles.cards.listing import page
from workers.doubles.cards.params import Params
from workers.doubles.cards.store import API_VERSION, Books, shown
from workers.doubles.cards.verbs import verb


def emit(books: Books, kind: str, body: Body) -> None:
    """An event about the object as it is now."""
    event: Body = {
        "api_version": API_VERSION,
        "data": {"object": shown(body)},
        "pending_webhooks": 1,
        "request": {"id": books.request or None, "idempotency_key": books.key or None},
        "type": kind,
    }
    if books.account:
        event["account"] = books.account
    deliveries.queue(books, books.add("event", event))


@verb("GET", "events/<key>", "events.retrieve")
def retrieve(books: Books, params: Params, key: str) -> Body:
    return books.get("event", key)


@verb("GET", "events", "events.list")
def listed(books: Books, params: Params) -> Body:
    kinds = params.texts("types")
    kind = params.text("type") or (kinds[0] if len(kinds) == 1 else None)
    params.accept("delivery_success")
    return page(books, params, "event", "/v1/events", type=kind)
