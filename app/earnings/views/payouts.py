"""Being paid out: where to, when, and what became of it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import flash, redirect
from htmx_flask import request
from werkzeug.wrappers import Response

from app.accounts import queries_factors
from app.accounts.queries import the_user
from app.earnings import connecting, queries, words
from app.earnings.forms import COUNTED_IN, AskForm, CountryForm, PlanForm, WalletForm
from app.earnings.models import PayoutAccount
from app.earnings.operations import destinations, paying_out, planning
from app.earnings.operations.paying_out import Wish
from app.earnings.queries import Standing
from app.earnings.quoting import CARD, PLACES, SOLANA, least, place_of, quote
from app.earnings.views import bp, earner
from app.earnings.ways import ways
from app.kit import clock
from app.kit.ids import parse_id
from app.kit.money import plain
from app.payments.errors import Impossible, Unsure
from app.platform.errors import NotFound, Refused
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, see
from app.platform.settings import settings
from app.platform.transaction import transaction

PAGE, HOME = "earnings/payouts.html", "/dashboard/payouts"
AWAY = "The card processor does not answer at the moment. Try again in a minute."


@bp.get("/dashboard/payouts")
@guard(Access.SIGNED_IN)
def show_payouts() -> Response:
    return page(PAGE, **_about())


@bp.post("/dashboard/payouts/ask")
@guard(Access.SIGNED_IN, fresh=True)
def ask_payout() -> Response:
    currency = request.form.get("currency", "")
    about = _about(currency, asked=True)
    form = about["ask"]
    if form is None or about["currency"] != currency:
        flash("There is nothing that could be paid out now.", "bad")
        return see(HOME)
    if not form.validate():
        return form_page(PAGE, **about)
    creator_id = earner()
    try:
        rail, coin = place_of(form.account.data)
        paying_out.ask(creator_id, Wish(rail, form.minor, about["currency"], coin), asked_by=creator_id)
    except Refused as refused:
        form.refuse(refused)
        return form_page(PAGE, **about)
    flash("It is on its way. A mail tells you when it has left.", "good")
    return see(HOME)


@bp.post("/dashboard/payouts/<uuid:payout_id>/cancel")
@guard(Access.SIGNED_IN)
def cancel_payout(payout_id: UUID) -> Response:
    try:
        paying_out.cancel(payout_id, earner())
    except NotFound:
        raise
    except Refused as refused:
        flash(refused.message, "bad")
    else:
        flash("Called off. The money is free to be paid out again.", "good")
    return see(HOME)


@bp.post("/dashboard/payouts/plan")
@guard(Access.SIGNED_IN)
def save_plan() -> Response:
    form = PlanForm()
    if not form.validate():
        return form_page(PAGE, **_about() | {"plan_form": form})
    planning.save(earner(), form.rhythm.data, form.least)
    flash("Saved.", "good")
    return see(HOME)


@bp.post("/dashboard/payouts/wallet")
@guard(Access.SIGNED_IN, fresh=True)
def set_wallet() -> Response:
    _check_open(SOLANA)
    form = WalletForm()
    if not form.validate():
        return form_page(PAGE, **_about() | {"wallet_form": form})
    try:
        destinations.set_wallet(earner(), form.address.data or "")
    except Refused as refused:
        form.refuse(refused)
        return form_page(PAGE, **_about() | {"wallet_form": form})
    flash("Saved. A mail tells you that your payouts go there.", "good")
    return see(HOME)


@bp.post("/dashboard/payouts/card")
@guard(Access.SIGNED_IN, fresh=True)
def begin_card() -> Response:
    """Only writes it down: the way to the processor's page is a link, since a form may not lead elsewhere."""
    _check_open(CARD)
    form = CountryForm()
    if not form.validate():
        return form_page(PAGE, **_about() | {"country_form": form})
    destinations.begin_card(earner(), form.country.data)
    return see(HOME + "#places")


@bp.get("/dashboard/payouts/card/go")
@guard(Access.SIGNED_IN, limit="costly", fresh=True)
def go_to_card() -> Response:
    creator_id = earner()
    _check_open(CARD)
    user = the_user(creator_id)
    if not user.email:
        flash("The card processor writes to you: add an e-mail address first.", "bad")
        return see("/settings/security")
    with transaction():
        account = destinations.note_visit(creator_id)
    try:
        if account.provider_id is None:
            seen = connecting.make(account.id, user.email, account.country or "")
        else:
            seen = connecting.look(account.provider_id)
        _record(account, seen)
        base = f"{settings().base_url}{HOME}/card"
        return redirect(connecting.way_in(seen, back_to=f"{base}/back", again_at=f"{base}/go"), 303)
    except (Unsure, Impossible) as trouble:
        flash(AWAY if isinstance(trouble, Unsure) else f"That did not work: {trouble}", "bad")
        return see(HOME)


@bp.get("/dashboard/payouts/card/back")
@guard(Access.SIGNED_IN, limit="costly")
def back_from_card() -> Response:
    account = _own_card(earner())
    try:
        if account.provider_id is not None:
            _record(account, connecting.look(account.provider_id))
    except (Unsure, Impossible):
        flash(AWAY, "info")
    return see(HOME + "#places")


@bp.post("/dashboard/payouts/<rail>/remove")
@guard(Access.SIGNED_IN, fresh=True)
def remove_account(rail: str) -> Response:
    return _change(rail, destinations.remove, "Removed. Nothing is paid out there any more.")


@bp.post("/dashboard/payouts/<rail>/prefer")
@guard(Access.SIGNED_IN, fresh=True)
def prefer_account(rail: str) -> Response:
    return _change(rail, destinations.prefer, "Payouts by the clock go there first.")


def _change(rail: str, change: Any, done: str) -> Response:
    try:
        change(earner(), rail)
    except NotFound:
        raise
    except Refused as refused:
        flash(refused.message, "bad")
    else:
        flash(done, "good")
    return see(HOME)


def _about(currency: str = "", *, asked: bool = False) -> dict[str, Any]:
    creator_id = earner()
    standings = [one for one in queries.standings(creator_id) if one.anything]
    known = queries.accounts(creator_id)
    living = [one for one in known if one.removed_at is None]
    before = parse_id(request.args.get("before", ""))
    listed, older = queries.payouts(creator_id, before)
    chosen = _chosen(standings, currency or request.args.get("currency", ""))
    plan = queries.plan(creator_id)
    linked = [one.address for one in queries_factors.wallets(creator_id)]
    return {
        "standings": standings,
        "standing": chosen,
        "currency": chosen.currency if chosen else "",
        "rails": ways(),
        "accounts": {one.rail: one for one in living},
        "free_from": {one.rail: destinations.free_from(one, known) for one in living},
        "wanted": {one.rail: words.wanted([each["name"] for each in one.wants]) for one in living},
        "several": len(living) > 1,
        "replaced": {one.rail for one in known if one.removed_at is not None},
        "ask": _ask_form(chosen, living, asked=asked),
        "plan": plan,
        "plan_form": PlanForm(
            formdata=None,
            data={
                "rhythm": plan.rhythm if plan else planning.BY_HAND,
                "minimum": plain(plan.minimum if plan else 2_000, COUNTED_IN),
            },
        ),
        "wallet_form": WalletForm(formdata=None, data={"address": linked[0] if linked else ""}),
        "country_form": CountryForm(formdata=None),
        "payouts": listed,
        "older": older,
        "paged": before is not None,
        "words": words,
        "at": clock.now(),
    }


def _chosen(standings: Sequence[Standing], asked: str) -> Standing | None:
    by_name = {one.currency: one for one in standings}
    return by_name.get(asked) or max(standings, key=lambda one: one.available, default=None)


def _ask_form(chosen: Standing | None, living: Sequence[PayoutAccount], *, asked: bool) -> AskForm | None:
    """None where nothing can be asked for: nothing is free, or nowhere that is open takes it."""
    if chosen is None or chosen.available < least(chosen.currency):
        return None
    places = _places(chosen, {one.rail for one in living if one.state == "ready"} & set(ways()))
    if not places:
        return None
    form = AskForm() if asked else AskForm(formdata=None)
    form.begin(chosen.currency, places, chosen.available)
    return form


def _places(chosen: Standing, ready: set[str]) -> dict[str, str]:
    """What is the same to whoever is paid is there once."""
    found: dict[str, str] = {}
    for choice in PLACES:
        rail, coin = place_of(choice)
        quoted = quote(rail, chosen.available, chosen.currency, coin) if rail in ready else None
        if quoted is not None:
            label = words.RAILS[rail]
            in_coin = "" if quoted.currency == chosen.currency else f", in {quoted.currency}"
            found.setdefault(label + in_coin, choice)
    return {choice: label for label, choice in found.items()}


def _own_card(creator_id: UUID) -> PayoutAccount:
    _check_open(CARD)
    found = queries.own_account(creator_id, CARD)
    if found is None:
        raise NotFound
    return found


def _record(account: PayoutAccount, seen: connecting.Seen) -> None:
    account_id = account.id
    with transaction():
        destinations.record_card(account_id, seen.provider_id, seen.state, seen.wants)


def _check_open(rail: str) -> None:
    if rail not in ways():
        raise NotFound("This way of being paid out is not open here.")
