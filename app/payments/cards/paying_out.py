"""People are paid by a transfer to their connected account; from there the processor pays their bank."""

from app.kit import clock
from app.ledger.chart import Kind
from app.payments.errors import Impossible, Unsure
from app.payments.gateways.stripe import connect
from app.payments.models import CARD
from app.payments.operations import cases
from app.payments.payouts import Answer, Failed, Order, Sender, Sent, Unknown
from app.platform.transaction import transaction

SHORT = "balance_insufficient"
HOUSE_IS_SHORT = (
    "The house has too little at the card processor to pay this today. That is for the house to mend, and it"
    " has been told: try again in a day or two."
)
NOT_READY = (
    "Your account at the card processor cannot be paid yet. Finish what it asks you for, and try again."
)
REFUSED = "The card processor refused this payout. Look at your account there, then ask again."
WORDS = {
    "account_invalid": NOT_READY,
    SHORT: HOUSE_IS_SHORT,
    "insufficient_capabilities_for_transfer": NOT_READY,
    "resource_missing": NOT_READY,
}


def send(order: Order) -> Answer:
    """The processor forgets keys after a day, not transfers: so it is asked for those first."""
    try:
        known = connect.find_transfer(order.reference_id)
        made = known or connect.transfer(order.reference_id, order.destination, order.amount, order.currency)
    except Impossible as no:
        if no.code == SHORT:
            _call(order)
        return Failed(no.code, WORDS.get(no.code, REFUSED))
    except Unsure:
        return Unknown()
    return _told(made)


def look(order: Order) -> Answer:
    try:
        known = connect.find_transfer(order.reference_id)
    except (Impossible, Unsure):
        return Unknown()
    return _told(known) if known else Unknown()


def _call(order: Order) -> None:
    """Once a day and currency, however many ask."""
    with transaction():
        cases.open_case(
            CARD, "processor_short", f"{order.currency} {clock.now():%Y-%m-%d}",
            currency=order.currency, wanted=order.amount,
        )  # fmt: skip


def _told(transfer: connect.Transfer) -> Answer:
    if transfer.reversed >= transfer.amount:
        return Failed("taken_back", REFUSED)
    return Sent(transfer.id)


CARD_SENDER = Sender(CARD, send, look, Kind.CARD_CLEARING)
