"""What a creator earned: now, in a period, and as a file."""

from collections.abc import Iterator
from uuid import UUID

from flask import stream_with_context
from htmx_flask import request
from werkzeug.wrappers import Response

from app.earnings import overview, periods, queries, queries_books, words
from app.earnings.periods import Period
from app.earnings.queries import Standing
from app.earnings.queries_books import Moved
from app.earnings.views import bp, earner
from app.invoices import fees, products
from app.invoices import words as invoice_words
from app.kit import sheets
from app.kit.money import plain
from app.platform.guards import Access, guard
from app.platform.pages import page

COLUMNS = (
    "when", "entry", "what", "invoice", "kind", "from", "label", "currency", "paid", "tax", "fee", "yours",
    "pending", "available", "held",
)  # fmt: skip


@bp.get("/dashboard/earnings")
@guard(Access.SIGNED_IN)
def show_earnings() -> Response:
    creator_id, period = earner(), periods.period(request.args.get("period", ""))
    found = queries_books.moved(creator_id, period)
    standings = _with_moved(queries.standings(creator_id), found)
    currency = _currency(standings)
    moved = overview.earned(found, currency)
    steps = overview.by_step(moved, period)
    whole = overview.together(moved)
    posts = queries_books.best_posts(creator_id, period, currency)
    fans = queries_books.best_fans(creator_id, period, currency)
    return page(
        "earnings/earnings.html",
        standings=standings,
        fees=fees.coming(creator_id, products.kinds()),
        nouns=products.kinds(),
        currency=currency,
        period=period,
        choices=periods.CHOICES,
        coming=queries_books.coming(creator_id),
        held=queries_books.held(creator_id),
        whole=whole,
        kinds=overview.by_kind(moved),
        steps=steps,
        chart=overview.chart(steps, period),
        posts=posts,
        other_posts=whole.yours - sum(one.change for one in posts),
        fans=fans,
        other_fans=whole.yours - sum(one.change for one in fans),
        kind_of=invoice_words.kind,
    )


@bp.get("/dashboard/earnings.csv")
@guard(Access.SIGNED_IN, limit="costly")
def earnings_csv() -> Response:
    creator_id, period = earner(), periods.period(request.args.get("period", ""))
    response = Response(stream_with_context(_lines(creator_id, period)), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="earnings.csv"'
    return response


def _with_moved(standings: list[Standing], found: list[Moved]) -> list[Standing]:
    """Where the house and the state took all of it, there is a currency in which they have no account."""
    known = {one.currency for one in standings}
    return standings + [Standing(code) for code in overview.currencies(found) if code not in known]


def _currency(standings: list[Standing]) -> str:
    """The one that was chosen, else that in which there is the most."""
    known = {one.currency: one.whole for one in standings}
    asked = request.args.get("currency", "")
    return asked if asked in known else max(known, key=lambda one: known[one], default="")


def _lines(creator_id: UUID, period: Period) -> Iterator[str]:
    """All currencies; each line is an entry of the books as their accounts saw it."""
    yield sheets.line(COLUMNS)
    for one in queries_books.entries(creator_id, period):
        amounts = (
            one.change + one.fee + one.tax,
            one.tax,
            one.fee,
            one.change,
            one.pending,
            one.available,
            one.held,
        )
        yield sheets.line(
            (
                one.occurred_at.isoformat(),
                one.id,
                words.entry(one.kind),
                one.number or "",
                one.sold or "",
                one.handle or "",
                sheets.words(one.label),
                one.currency,
                *(plain(amount, one.currency) for amount in amounts),
            )
        )
