"""Refunds on their way, and what is called off."""

from uuid import UUID

from app.extensions import db
from app.invoices.models import Dispute, Payment, Refund
from app.invoices.operations import disputing, refunding
from app.kit import clock
from app.payments import queries
from app.payments.cards import looking
from app.payments.cards.asking import KEYS_LIVE
from app.payments.errors import Impossible
from app.payments.gateways.stripe import checkout, customers, refunds
from app.payments.gateways.stripe.objects import Returned
from app.payments.models import CARD
from app.payments.operations import cases, holding
from app.platform.transaction import transaction

# Its money went back in some other way: credit would be a second time.
GONE_ALREADY = "charge_already_refunded"
# The payer's bank takes it, or has: credit would be a second time.
DISPUTED = "charge_disputed"


def refund(refund_id: UUID) -> None:
    found = queries.refund(refund_id)
    if found is None or found.ended_at is not None:
        return
    if found.provider_id is None and holding.held():
        return  # it may have been made before; `unfinished` comes again
    if found.provider_id is None and disputing.is_open(found.payment_id):
        return  # a no now would be the processor's answer for a day, also to whoever won meanwhile
    charge_id = db.session.get_one(Payment, found.payment_id).external_id
    try:
        looked = _sent(found, charge_id)
    except Impossible as no:
        if no.code == DISPUTED:
            looking.disputes_of(charge_id)
        with transaction():
            if no.code == GONE_ALREADY:
                cases.open_case(CARD, "refunded_already", str(refund_id), charge=charge_id)
            elif no.code == DISPUTED:
                disputing.overtook(refund_id, no.code)
            else:
                refunding.could_not_go_back(refund_id, no.code)
        return
    looking.returned(looked)


def call_off(attempt_id: UUID) -> None:
    """Nobody shall pay by it any more. If somebody was quicker, their money is seen."""
    found = queries.attempt(attempt_id)
    if found is None or found.provider_id is None:
        return
    if found.provider_id.startswith(looking.PAGES):
        try:
            checkout.close(found.provider_id)
        except Impossible:
            looking.attempt(attempt_id)
    else:
        looking.attempt(attempt_id)


def answer(dispute_id: UUID, words: str) -> None:
    found = db.session.get_one(Dispute, dispute_id)
    try:
        refunds.answer(dispute_id, found.provider_id, words)
    except Impossible:
        looking.dispute(found.provider_id)  # the bank was quicker


def detach(provider_id: str) -> None:
    try:
        customers.detach(provider_id)
    except Impossible:
        return  # it is gone already


def forget(customer_id: str) -> None:
    try:
        customers.forget(customer_id)
    except Impossible:
        return  # they are gone already


def _sent(found: Refund, charge_id: str) -> Returned:
    if found.provider_id:
        return refunds.look(found.provider_id)
    if clock.now() - found.created_at > KEYS_LIVE:
        made = refunds.find(charge_id, found.id)
        if made is not None:
            return made
    return refunds.send_back(found.id, charge_id, found.rail_amount)
