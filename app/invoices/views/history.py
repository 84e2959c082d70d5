"""What somebody paid, and what they own."""

from collections.abc import Iterator

from flask import stream_with_context
from htmx_flask import request
from werkzeug.wrappers import Response

from app.invoices import products, queries, rails, words
from app.invoices.operations import crediting
from app.invoices.operations.settling import sold
from app.invoices.queries import Filter, Listed
from app.invoices.views import bp
from app.kit import sheets
from app.kit.ids import parse_id
from app.kit.money import plain
from app.platform.guards import Access, guard
from app.platform.pages import page
from app.platform.viewer import signed_in_viewer

GROUPS = {"": "All", "paid": "Paid", "waiting": "To be paid", "refunded": "Refunded", "unpaid": "Never paid"}
COLUMNS = (
    "number", "made", "paid", "what", "kind", "seller", "state", "currency", "total", "tax", "received",
    "returned",
)  # fmt: skip


@bp.get("/transactions")
@guard(Access.SIGNED_IN)
def transactions() -> Response:
    person, before = signed_in_viewer(), parse_id(request.args.get("before", ""))
    kinds = queries.kinds_of_payer(person.id)
    chosen = _chosen(kinds)
    found, older = queries.of_payer(person.id, chosen, before)
    return page(
        "invoices/transactions.html",
        found=found,
        older=older,
        paged=before is not None,
        chosen=chosen,
        kinds=kinds,
        groups=GROUPS,
        credit=crediting.balances(person.id),
        words=words,
    )


@bp.get("/transactions.csv")
@guard(Access.SIGNED_IN, limit="costly")
def transactions_csv() -> Response:
    person = signed_in_viewer()
    chosen = _chosen(queries.kinds_of_payer(person.id))
    lines = _csv(queries.all_of_payer(person.id, chosen))
    response = Response(stream_with_context(lines), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="transactions.csv"'
    return response


@bp.get("/purchases")
@guard(Access.SIGNED_IN)
def purchases() -> Response:
    before = parse_id(request.args.get("before", ""))
    lines, older = queries.owned(signed_in_viewer().id, before)
    owned = [
        (line, invoice, handle, products.href(line.product, sold(invoice, line)))
        for line, invoice, handle in lines
    ]
    return page(
        "invoices/purchases.html",
        owned=[one for one in owned if one[3]],
        older=older,
        paged=before is not None,
        nouns=products.nouns(),
        rails=rails.names(),
    )


def _chosen(kinds: list[str]) -> Filter:
    group, kind = request.args.get("state", ""), request.args.get("kind", "")
    return Filter(group if group in queries.GROUPS else "", kind if kind in kinds else "")


def _csv(found: Iterator[Listed]) -> Iterator[str]:
    yield sheets.line(COLUMNS)
    for one in found:
        yield _line(one)


def _line(one: Listed) -> str:
    invoice = one.invoice
    amounts = (invoice.total, invoice.tax, invoice.received, invoice.returned)
    return sheets.line(
        (
            invoice.number or "",
            invoice.created_at.isoformat(),
            invoice.paid_at.isoformat() if invoice.paid_at else "",
            sheets.words(one.label),
            invoice.kind,
            one.handle or "",
            invoice.state,
            invoice.currency,
            *(plain(amount, invoice.currency) for amount in amounts),
        )
    )
