"""Who subscribes, for their creator: listed, filtered, taken along as CSV, offered a code."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from flask import flash, stream_with_context
from htmx_flask import request
from werkzeug.wrappers import Response

from app.creators.views.desk import HOME, own_page
from app.kit import sheets
from app.kit.ids import parse_id
from app.kit.money import plain, readable
from app.platform.errors import NotFound, Refused
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, see
from app.subscriptions import prices, queries_subscribers, words
from app.subscriptions.operations import offering
from app.subscriptions.queries_subscribers import GROUPS, Filter, Subscriber
from app.subscriptions.views import bp

LIST, ADDRESS = "subscriptions/subscribers.html", f"{HOME}/subscribers"
LABELS = {"open": "Open", "trial": "Trials", "unpaid": "Not paid", "paused": "Paused", "ended": "Ended"}
COLUMNS = ("handle", "name", "tier", "state", "since", "paid_until", "renews", "currency", "price", "months")


@bp.get(ADDRESS)
@guard(Access.CREATOR)
def show_subscribers() -> Response:
    return page(LIST, **_about())


@bp.get(f"{ADDRESS}.csv")
@guard(Access.CREATOR, limit="costly")
def subscribers_csv() -> Response:
    lines = _csv(queries_subscribers.every(own_page().id, _chosen()))
    response = Response(stream_with_context(lines), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="subscribers.csv"'
    return response


@bp.post(f"{ADDRESS}/offer")
@guard(Access.CREATOR)
def offer_code() -> Response:
    promo_id = parse_id(request.form.get("promo_id", ""))
    chosen = [found for one in request.form.getlist("chosen") if (found := parse_id(one))]
    if promo_id is None:
        return form_page(LIST, **_about(refused="Choose a code."))
    try:
        told = offering.offer(own_page().id, promo_id, chosen)
    except NotFound:
        raise
    except Refused as refused:
        return form_page(LIST, **_about(refused=refused.message))
    nobody = "None of them wants offers by mail, or all had one this week."
    flash(f"Sent to {told} of them." if told else nobody, "good")
    return see(ADDRESS)


def _about(refused: str = "") -> dict[str, Any]:
    creator, chosen = own_page(), _chosen()
    before = parse_id(request.args.get("before", ""))
    found, older = queries_subscribers.page(creator.id, chosen, before)
    totals = queries_subscribers.totals(creator.id)
    kept = [("state", chosen.group), ("tier", str(chosen.tier_id or "")), ("since", _day(chosen.since))]
    return {
        "found": found,
        "older": older,
        "paged": before is not None,
        "chosen": chosen,
        "since": _day(chosen.since),
        "totals": totals,
        "monthly": ", ".join(readable(amount, code) for code, amount in totals.monthly),
        "tiers": queries_subscribers.tiers(creator.id),
        "codes": [code for code in queries_subscribers.codes(creator.id) if code.closed_at is None],
        "groups": LABELS,
        "query": "&".join(f"{name}={value}" for name, value in kept if value),
        "lengths": prices.LENGTHS,
        "words": words,
        "refused": refused,
    }


def _chosen() -> Filter:
    group = request.args.get("state", "")
    return Filter(
        group if group in GROUPS else "open",
        parse_id(request.args.get("tier", "")),
        _since(request.args.get("since", "")),
    )


def _since(typed: str) -> datetime | None:
    try:
        return datetime.strptime(typed, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None


def _day(at: datetime | None) -> str:
    return at.date().isoformat() if at else ""


def _csv(found: Iterator[Subscriber]) -> Iterator[str]:
    yield sheets.line(COLUMNS)
    for one in found:
        yield _line(one)


def _line(one: Subscriber) -> str:
    kept = one.subscription
    return sheets.line(
        (
            one.handle,
            sheets.words(one.display_name),
            sheets.words(one.tier),
            kept.state,
            kept.started_at.isoformat() if kept.started_at else "",
            kept.period_end.isoformat(),
            "yes" if kept.renews else "no",
            kept.currency,
            plain(kept.price, kept.currency),
            kept.months,
        )
    )
