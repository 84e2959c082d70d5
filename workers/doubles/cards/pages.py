"""What people see: the payment page, their bank's question, a creator's onboarding and dashboard."""

import hmac
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from workers.doubles.cards import accounts, balance, due, paying, sessions
from workers.doubles.cards.errors import ApiError, Body
from workers.doubles.cards.params import Params
from workers.doubles.cards.payment_methods import make
from workers.doubles.cards.play_cards import CARDS
from workers.doubles.cards.store import Books, Store

WITHOUT_CENTS = {"jpy", "krw", "clp", "vnd"}
SIGNS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}
SEE = 303
Answer = str | Response | tuple[str, int]


def money(amount: int, currency: str) -> str:
    figure = f"{amount:,}" if currency in WITHOUT_CENTS else f"{amount / 100:,.2f}"
    sign = SIGNS.get(currency)
    return f"{sign}{figure}" if sign else f"{figure} {currency.upper()}"


class Pages:
    def __init__(self, store: Store, wake: Callable[[], None]) -> None:
        self._store = store
        self._wake = wake

    def blueprint(self) -> Blueprint:
        routes = Blueprint("pages", __name__)
        routes.add_url_rule("/c/pay/<key>", "checkout", self._view(self._checkout))
        routes.add_url_rule("/c/pay/<key>", "pay", self._view(self._pay), methods=["POST"])
        routes.add_url_rule("/c/confirm/<key>", "question", self._view(self._question))
        routes.add_url_rule("/c/confirm/<key>", "confirm", self._view(self._confirm), methods=["POST"])
        routes.add_url_rule("/connect/onboarding/<key>", "onboarding", self._view(self._onboarding))
        routes.add_url_rule(
            "/connect/onboarding/<key>", "onboard", self._view(self._onboard), methods=["POST"]
        )
        routes.add_url_rule("/connect/dashboard/<key>", "dashboard", self._view(self._dashboard))
        routes.add_app_template_filter(lambda pair: money(*pair), "money")
        return routes

    def _view(self, show: Callable[[Books, str], Answer]) -> Any:
        def view(key: str) -> Answer:
            with self._store.books() as books:
                due.work_off(books)
                answer = show(books, key)
            self._wake()
            return answer

        return view

    def _checkout(self, books: Books, key: str, error: str = "") -> Answer:
        session = _there(books, "checkout.session", key)
        if session["status"] != "open":
            return _over(session)
        saved = books.find("payment_method", customer=session["customer"]) if session["customer"] else []
        types = session["payment_method_types"]
        page = render_template(
            "pay.html",
            session=session,
            saved=[method for method in saved if method["type"] in types],
            cards=[card for card in CARDS.values() if "card" in types and not card.is_bank],
            banks=[card for card in CARDS.values() if types != ["card"] and card.is_bank],
            email=(session["customer_details"] or {}).get("email") or "",
            keeps=session["mode"] == "setup" or session["_intent"].get("setup_future_usage"),
            chosen=request.form.get("method", ""),
            places=paying.PLACES if session["automatic_tax"]["status"] == "requires_location_inputs" else (),
            country=request.form.get("country", ""),
            error=error,
        )
        return (page, 402) if error else page

    def _pay(self, books: Books, key: str) -> Answer:
        session = _there(books, "checkout.session", key)
        if session["status"] != "open":
            return _over(session)
        email, chosen = request.form.get("email", "").strip() or None, request.form.get("method", "")
        try:
            method, country = _method(books, session, chosen, email), request.form.get("country", "")
            intent = paying.pay(books, session, method, email, country)
        except ApiError as refused:
            return self._checkout(books, key, str(refused))
        if intent["status"] == "requires_action":
            return redirect(intent["next_action"]["redirect_to_url"]["url"], SEE)
        return redirect(sessions.success_address(session), SEE)

    def _question(self, books: Books, key: str) -> Answer:
        intent = _intent(books, key)
        if intent["status"] != "requires_action":
            return _back(books, intent)
        return render_template("confirm.html", intent=intent, secret=intent["client_secret"])

    def _confirm(self, books: Books, key: str) -> Answer:
        intent = _intent(books, key)
        if intent["status"] != "requires_action":
            return _back(books, intent)
        back = intent["next_action"].get("redirect_to_url", {}).get("return_url", "")
        try:
            intent = paying.holder_answered(books, intent, approved=request.form.get("answer") == "approve")
        except ApiError as refused:
            if session := paying.session_of(books, intent):
                return self._checkout(books, session["id"], str(refused))
        return _back(books, intent, back)

    def _onboarding(self, books: Books, key: str) -> Answer:
        link = _there(books, "account_link", key)
        if link["used"] or link["expires_at"] < books.now:
            return redirect(link["refresh_url"], SEE)
        books.save(link | {"used": True})
        return render_template("onboarding.html", account=_there(books, "account", link["account"]))

    def _onboard(self, books: Books, key: str) -> Answer:
        link = _there(books, "account_link", key)
        account = _there(books, "account", link["account"])
        outcome = request.form.get("outcome", "")
        if outcome in {"complete", "failing_bank"}:
            accounts.complete(books, account, bank_works=outcome == "complete")
        if outcome == "open":
            accounts.leave_open(books, account)
        return redirect(link["return_url"], SEE)

    def _dashboard(self, books: Books, key: str) -> Answer:
        link = books.peek(request.args.get("secret", "")) or {}
        if link.get("object") != "login_link" or link["account"] != key or link["expires_at"] < books.now:
            abort(404)
        theirs = books.of(key)
        return render_template(
            "dashboard.html",
            account=_there(books, "account", key),
            balance=balance.retrieve(theirs, Params({})),
            payouts=theirs.find("payout")[:20],
            transactions=theirs.find("balance_transaction")[:50],
        )


def _there(books: Books, kind: str, key: str) -> Body:
    body = books.peek(key)
    if body is None or body["object"] != kind:
        abort(404)
    return body


def _over(session: Body) -> Answer:
    if session["status"] == "complete":
        return redirect(sessions.success_address(session), SEE)
    return render_template("over.html", back=session["cancel_url"]), 410


def _method(books: Books, session: Body, chosen: str, email: str | None) -> Body:
    """The saved one that was chosen, or a fresh one of that number."""
    saved = books.peek(chosen)
    if saved and saved["object"] == "payment_method" and saved["customer"] == session["customer"]:
        return saved
    card = CARDS.get(chosen)
    if card is None:
        raise ApiError("Choose how to pay.")
    return make(books, card, currency=session["currency"] or "usd", email=email)


def _intent(books: Books, key: str) -> Body:
    """The intent, for who was sent here by it."""
    intent = books.peek(key) or {}
    if not hmac.compare_digest(request.values.get("secret", ""), intent.get("client_secret", "-")):
        abort(404)
    return intent


def _back(books: Books, intent: Body, url: str = "") -> Answer:
    """Where its holder came from: the session's success page, or the address that the caller named."""
    session = paying.session_of(books, intent)
    if session and session["status"] == "complete":
        return redirect(sessions.success_address(session), SEE)
    if not url:
        return render_template("over.html", back=None), 410
    came = urlsplit(url)
    told = {
        intent["object"]: intent["id"],
        f"{intent['object']}_client_secret": intent["client_secret"],
        "redirect_status": "succeeded" if intent["status"] == "succeeded" else "failed",
    }
    query = urlencode([*parse_qsl(came.query, keep_blank_values=True), *told.items()])
    return redirect(urlunsplit(came._replace(query=query)), SEE)
