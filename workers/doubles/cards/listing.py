"""Lists with pages, newest first."""

from typing import Any

from workers.doubles.cards.errors import Body, no_such
from workers.doubles.cards.params import Params
from workers.doubles.cards.store import Books

USUAL, MOST = 10, 100
COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def whole(url: str, data: list[Body]) -> Body:
    """A list that is complete as it stands."""
    return {"object": "list", "data": data, "has_more": False, "url": url}


def page(books: Books, params: Params, kind: str, url: str, **equals: object) -> Body:
    """The asked page of the objects with these values, between the asked times."""
    limit = params.integer("limit", least=1, most=MOST) or USUAL
    after, before = params.text("starting_after"), params.text("ending_before")
    extra, values = _between(params)
    if cursor := after or before:
        extra += f" and seq {'<' if after else '>'} ?"
        values = (*values, _place(books, cursor, "starting_after" if after else "ending_before"))
    order = "asc" if before and not after else "desc"
    found = books.rows(kind, equals, f"{extra} order by seq {order} limit {limit + 1}", values)
    data = [body for _, body in found[:limit]]
    if order == "asc":
        data.reverse()
    return {"object": "list", "data": data, "has_more": len(found) > limit, "url": url}


def _between(params: Params) -> tuple[str, tuple[Any, ...]]:
    bounds = params.nested("created")
    given = {sign: bounds.integer(name) for name, sign in COMPARISONS.items()}
    used = {sign: value for sign, value in given.items() if value is not None}
    text = "".join(f" and json_extract(body, '$.created') {sign} ?" for sign in used)
    return text, tuple(used.values())


def _place(books: Books, key: str, param: str) -> int:
    row = books.sql.execute("select seq from objects where id = ?", (key,)).fetchone()
    if row is None:
        raise no_such("object", key, param=param, status=400)
    return int(row[0])
