"""What payment intents and setup intents have in common."""

from workers.doubles.cards.errors import ApiError, Body, impossible
from workers.doubles.cards.events import emit
from workers.doubles.cards.play_cards import Refusal
from workers.doubles.cards.store import Books, shown

WAITING = ("requires_payment_method", "requires_confirmation", "requires_action")


def ask_holder(books: Books, intent: Body, return_url: str) -> Body:
    """The bank wants its holder's word: on its page, if the caller said where to go from there."""
    asked: Body = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
    if return_url:
        url = f"{books.terms.page_base}/c/confirm/{intent['id']}?secret={intent['client_secret']}"
        asked = {"type": "redirect_to_url", "redirect_to_url": {"return_url": return_url, "url": url}}
    intent |= {"status": "requires_action", "next_action": asked}
    books.save(intent)
    emit(books, f"{intent['object']}.requires_action", intent)
    return intent


def noted(refusal: Refusal, method: Body) -> Body:
    """A refusal as the intent keeps it."""
    error: Body = {
        "type": "card_error",
        "code": refusal.code,
        "message": refusal.message,
        "payment_method": shown(method),
    }
    return error | ({"decline_code": refusal.decline} if refusal.decline else {})


def unexpected_state(intent: Body, done: str) -> ApiError:
    return impossible(
        f"This {intent['object']} could not be {done} because its status is {intent['status']}.",
        f"{intent['object']}_unexpected_state",
        **{intent["object"]: shown(intent)},
    )
