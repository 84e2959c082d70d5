"""Money back to where it came from, and money that banks take back themselves."""

from uuid import UUID

import stripe

from app.payments.gateways.stripe.client import asking, key
from app.payments.gateways.stripe.objects import Returned, Taken, every, name_of, plain, said, time

MANY = 100


def send_back(refund_id: UUID, charge_id: str, amount: int) -> Returned:
    with asking() as client:
        made = client.v1.refunds.create(
            {"charge": charge_id, "amount": amount, "metadata": {"refund_id": str(refund_id)}},
            key("refund", refund_id),
        )
    return _returned(made)


def look(returned_id: str) -> Returned:
    with asking() as client:
        return _returned(client.v1.refunds.retrieve(returned_id))


def of_charge(charge_id: str) -> list[Returned]:
    with asking() as client:
        found = client.v1.refunds.list({"charge": charge_id, "limit": MANY})
        return [_returned(one) for one in every(found)]


def find(charge_id: str, refund_id: UUID) -> Returned | None:
    wanted = str(refund_id)
    return next((one for one in of_charge(charge_id) if one.metadata.get("refund_id") == wanted), None)


def dispute(dispute_id: str) -> Taken:
    with asking() as client:
        return _taken(client.v1.disputes.retrieve(dispute_id))


def disputes_of(charge_id: str) -> list[Taken]:
    with asking() as client:
        found = client.v1.disputes.list({"charge": charge_id, "limit": MANY})
        return [_taken(one) for one in every(found)]


def answer(our_id: UUID, dispute_id: str, evidence: str) -> None:
    """What the house says to the bank, sent off for good."""
    with asking() as client:
        client.v1.disputes.update(
            dispute_id,
            {"evidence": {"uncategorized_text": evidence}, "submit": True},
            key("answer", our_id),
        )


def _taken(found: stripe.Dispute) -> Taken:
    due = said(said(found, "evidence_details"), "due_by")
    return Taken(
        id=found.id,
        status=found.status,
        charge_id=str(name_of(found.charge)),
        intent_id=name_of(said(found, "payment_intent")),
        amount=found.amount,
        currency=found.currency.upper(),
        reason=said(found, "reason") or "general",
        answer_by=time(due) if due else None,
        opened_at=time(said(found, "created")),
    )


def _returned(found: stripe.Refund) -> Returned:
    return Returned(
        id=found.id,
        status=str(found.status),
        charge_id=name_of(said(found, "charge")),
        metadata=plain(said(found, "metadata")),
        failure=str(said(found, "failure_reason") or ""),
    )
