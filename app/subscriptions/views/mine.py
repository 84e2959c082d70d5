"""A fan's own subscriptions: how they stand, what comes next, and every way to change that."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash
from werkzeug.wrappers import Response

from app.kit import clock
from app.kit.money import readable
from app.platform.errors import NotFound, Refused
from app.platform.guards import Access, guard
from app.platform.pages import form_page, page, see
from app.platform.viewer import signed_in_viewer
from app.subscriptions import cards, prices, queries, words
from app.subscriptions.errors import NotNow
from app.subscriptions.forms import ChangeForm, MethodForm, PauseForm, ReasonForm
from app.subscriptions.models import Subscription
from app.subscriptions.operations import changing, ending, next_period, renewing, standing
from app.subscriptions.operations.changing import Plan
from app.subscriptions.queries import Mine
from app.subscriptions.views import bp

LIST, PAGE, CHANGE = "subscriptions/mine.html", "subscriptions/one.html", "subscriptions/change.html"
HOME = "/subscriptions"
ONE = f"{HOME}/<uuid:subscription_id>"
BY_HAND = {"": "Pay each time by hand"}


@bp.get(HOME)
@guard(Access.SIGNED_IN)
def show_mine() -> Response:
    going, ended = queries.mine(signed_in_viewer().id)
    subscriptions = [one.subscription for one in going]
    methods = next_period.methods_of(signed_in_viewer().id, subscriptions)
    codes = queries.promos([one.promo_id for one in subscriptions if one.promo_id])
    nexts = {one.id: next_in_words(one, by_hand=methods[one.id] is None) for one in subscriptions}
    return page(LIST, going=going, ended=ended, nexts=nexts, words=words, codes=codes)


@bp.get(ONE)
@guard(Access.SIGNED_IN)
def show_one(subscription_id: UUID) -> Response:
    return page(PAGE, **_about(subscription_id))


@bp.post(f"{ONE}/cancel")
@guard(Access.SIGNED_IN)
def cancel(subscription_id: UUID) -> Response:
    return _act(subscription_id, standing.cancel, "Cancelled. Nothing is charged any more.")


@bp.post(f"{ONE}/resume")
@guard(Access.SIGNED_IN)
def resume(subscription_id: UUID) -> Response:
    return _act(subscription_id, standing.resume, "It goes on.")


@bp.post(f"{ONE}/stay")
@guard(Access.SIGNED_IN)
def stay(subscription_id: UUID) -> Response:
    return _act(subscription_id, changing.stay, "It stays as it is.")


@bp.post(f"{ONE}/renew")
@guard(Access.SIGNED_IN)
def renew(subscription_id: UUID) -> Response:
    try:
        invoice = renewing.renew_by_hand(subscription_id, signed_in_viewer().id)
    except NotFound:
        raise
    except Refused as refused:
        return form_page(PAGE, **_about(subscription_id, refused=refused.message))
    return see(f"/invoices/{invoice.id}")


@bp.post(f"{ONE}/pause")
@guard(Access.SIGNED_IN)
def pause(subscription_id: UUID) -> Response:
    form = PauseForm()
    if not form.validate():
        return form_page(PAGE, **_about(subscription_id, pause_form=form))

    def act(one: UUID, person: UUID) -> Subscription:
        return standing.pause(one, person, form.months.data)

    return _act(subscription_id, act, "It pauses at the end of this period.")


@bp.post(f"{ONE}/reason")
@guard(Access.SIGNED_IN)
def give_reason(subscription_id: UUID) -> Response:
    form = ReasonForm()
    if not form.validate():
        return form_page(PAGE, **_about(subscription_id, reason_form=form))

    def act(one: UUID, person: UUID) -> None:
        standing.give_reason(one, person, form.reason.data or "")

    return _act(subscription_id, act, "Thank you.")


@bp.post(f"{ONE}/method")
@guard(Access.SIGNED_IN)
def renew_by(subscription_id: UUID) -> Response:
    form = _method_form(queries.own(subscription_id, signed_in_viewer().id).subscription, MethodForm())
    if not form.validate():
        return form_page(PAGE, **_about(subscription_id, method_form=form))

    def act(one: UUID, person: UUID) -> None:
        standing.renew_by(one, person, form.chosen)

    return _act(subscription_id, act, "Saved.")


@bp.get(f"{ONE}/change")
@guard(Access.SIGNED_IN)
def think_of_change(subscription_id: UUID) -> Response:
    return page(CHANGE, **_change(subscription_id, ChangeForm(formdata=None)))


@bp.post(f"{ONE}/change")
@guard(Access.SIGNED_IN)
def change(subscription_id: UUID) -> Response:
    form = ChangeForm()
    about = _change(subscription_id, form)
    try:
        if form.validate():
            invoice = changing.change(subscription_id, signed_in_viewer().id, *form.chosen)
            if invoice is not None and invoice.total:
                return see(f"/invoices/{invoice.id}")
            flash("Saved." if invoice else "Saved: it changes with the next period.", "good")
            return see(f"{HOME}/{subscription_id}")
    except NotFound:
        raise
    except Refused as refused:
        form.refuse(refused)
    return form_page(CHANGE, **about)


def next_in_words(found: Subscription, *, by_hand: bool) -> str:
    """What happens next, and what it costs."""
    price, off = next_period.price_of_next(found)
    amount, end = readable(price - off, found.currency), words.day(found.period_end)
    if found.state == "past_due" and found.grace_until:
        return f"{amount} is due. Open until {words.day(found.grace_until)}."
    if found.state == "paused":
        return f"Paused until {words.day(found.paused_until)}." if found.paused_until else "Paused."
    if not found.renews:
        return f"Open until {end}, then it ends. Nothing is charged."
    if found.paused_until:
        return f"Open until {end}, then it pauses until {words.day(found.paused_until)}."
    if by_hand:
        return f"Paid until {end}. Then {amount}, which you pay by hand: we remind you."
    return f"Renews on {end} for {amount}."


def _act(subscription_id: UUID, act: Callable[[UUID, UUID], object], done: str) -> Response:
    try:
        act(subscription_id, signed_in_viewer().id)
    except NotFound:
        raise
    except Refused as refused:
        return form_page(PAGE, **_about(subscription_id, refused=refused.message))
    flash(done, "good")
    return see(f"{HOME}/{subscription_id}")


def _about(subscription_id: UUID, **more: Any) -> dict[str, Any]:
    one = queries.own(subscription_id, signed_in_viewer().id)
    found = one.subscription
    on_file = cards.of(found.user_id) if cards.possible(found.creator_id) else ()
    by_hand = next_period.method_of(found) is None
    waits = queries.waiting(ending.renewal_key(found)) if found.state != "ended" else None
    early = found.period_end - clock.now() <= next_period.EARLY
    goes = found.state in {"trialing", "active"}
    return {
        "one": one,
        "found": found,
        "next": next_in_words(found, by_hand=by_hand) if found.state != "ended" else "",
        "still": queries.still_open(one) if goes else None,
        "spoken": prices.Terms(found.months, found.price, found.currency).spoken,
        "by_hand": by_hand,
        "waits": waits,
        "can_renew": (goes and by_hand and early and not found.paused_until)
        or found.state in {"past_due", "paused"},
        "can_pause": found.state == "active" and found.renews and not found.paused_until,
        "can_cancel": found.state != "ended" and found.renews,
        "can_resume": goes and (not found.renews or found.paused_until is not None),
        "events": queries.events(subscription_id),
        "words": words,
        "pause_form": PauseForm(formdata=None),
        "reason_form": ReasonForm(formdata=None, data={"reason": found.cancel_reason}),
        "method_form": _method_form(found, MethodForm(formdata=None)) if on_file else None,
        "refused": "",
    } | more


def _method_form(found: Subscription, form: MethodForm) -> MethodForm:
    on_file = cards.of(found.user_id) if cards.possible(found.creator_id) else ()
    form.method.choices = {str(card.id): card.label for card in on_file} | BY_HAND
    if form.method.data is None:
        form.method.data = str(next_period.method_of(found) or "")
    return form


def _change(subscription_id: UUID, form: ChangeForm) -> dict[str, Any]:
    one = queries.own(subscription_id, signed_in_viewer().id)
    if one.subscription.state == "ended":
        raise NotNow("This subscription ended. Subscribe anew when you like.")
    plans = changing.plans(one.subscription)
    form.plan.choices = {
        f"{plan.tier.id}:{plan.months}": f"{plan.tier.name}, {prices.LENGTHS[plan.months]}" for plan in plans
    }
    details = {f"{plan.tier.id}:{plan.months}": _plan(one, plan) for plan in plans}
    return {"one": one, "form": form, "plans": plans, "details": details}


def _plan(one: Mine, plan: Plan) -> dict[str, str]:
    spoken = prices.Terms(plan.months, plan.price, plan.tier.currency).spoken
    if plan.costs is None:
        return {"text": f"{spoken}, from {words.day(one.subscription.period_end)} on"}
    now = readable(plan.costs, plan.tier.currency)
    until = "" if plan.fresh else f" until {words.day(one.subscription.period_end)}"
    return {"text": f"{now} now{until}, then {spoken}. What you have not used is taken off."}
