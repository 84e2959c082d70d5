"""What happens on a session's page: its intent is made, paid, and the session completed."""

from workers.doubles.cards import customers, payment_intents, sessions, setup_intents, tax
from workers.doubles.cards.errors import ApiError, Body, impossible
from workers.doubles.cards.events import emit
from workers.doubles.cards.params import Params
from workers.doubles.cards.sessions import details
from workers.doubles.cards.store import Books

# Where payers may live; in the last one no tax is due.
PLACES = (*tax.RATES, "US")


def pay(books: Books, session: Body, method: Body, email: str | None, country: str = "") -> Body:
    """What happens when somebody presses the button: the intent, paid or waiting for its holder.

    A refusal is raised after it was noted; the page stays open for another try.
    """
    if session["status"] != "open":
        raise impossible("This page was used already.")
    session["customer_details"] = details({}, email) | {
        name: value for name, value in (session["customer_details"] or {}).items() if value is not None
    }
    if session["automatic_tax"]["status"] == "requires_location_inputs":
        if country not in PLACES:
            raise ApiError("Choose your country.")
        sessions.locate(books, session, country)
    needed = session["customer_creation"] == "always" or session["_intent"].get("setup_future_usage")
    if session["customer"] is None and needed:
        session["customer"] = customers.create(books, Params({"email": email} if email else {}))["id"]
    intent = _intent(books, session)
    intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
    books.save(intent)
    books.save(session)
    back = f"{books.terms.page_base}/c/pay/{session['id']}"
    if session["mode"] == "setup":
        intent = setup_intents.keep(books, intent, return_url=back)
    else:
        intent = payment_intents.take(books, intent, away=False, return_url=back)
    return _follow(books, session, intent)


def holder_answered(books: Books, intent: Body, *, approved: bool) -> Body:
    """The bank's page was answered, for a session's intent or one that stands alone."""
    module = payment_intents if intent["object"] == "payment_intent" else setup_intents
    intent = module.holder_answered(books, intent, approved=approved)
    session = session_of(books, intent)
    return _follow(books, session, intent) if session else intent


def bank_answered(books: Books, intent: Body, *, honoured: bool) -> None:
    payment_intents.bank_answered(books, intent, honoured=honoured)
    session = session_of(books, intent)
    if session is None:
        return
    if honoured:
        session["payment_status"] = "paid"
        books.save(session)
    answer = "succeeded" if honoured else "failed"
    emit(books, f"checkout.session.async_payment_{answer}", session)


def session_of(books: Books, intent: Body) -> Body | None:
    found = books.find("checkout.session", **{intent["object"]: intent["id"]})
    return found[0] if found else None


def _follow(books: Books, session: Body, intent: Body) -> Body:
    """Complete the session once its intent is through."""
    if intent["status"] not in {"succeeded", "processing"} or session["status"] != "open":
        return intent
    session |= {"status": "complete", "url": None}
    if intent["status"] == "succeeded" and session["payment_status"] == "unpaid":
        session["payment_status"] = "paid"
    books.save(session)
    emit(books, "checkout.session.completed", session)
    return intent


def _intent(books: Books, session: Body) -> Body:
    """Its intent; that of a payment is made when somebody first tries to pay."""
    kind = "setup_intent" if session["mode"] == "setup" else "payment_intent"
    if session[kind]:
        return books.get(kind, session[kind])
    intent = payment_intents.make(
        books,
        session["amount_total"],
        session["currency"],
        session["customer"],
        types=session["payment_method_types"],
    )
    intent |= session["_intent"]
    books.save(intent)
    session["payment_intent"] = intent["id"]
    emit(books, "payment_intent.created", intent)
    return intent
