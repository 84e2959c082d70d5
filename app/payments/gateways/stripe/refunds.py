"""Money back to where it came from, and money that banks take back themselves."""

from uuid import UUID

import stripe

from app.payments.gateways.stripe.client import asking, key
from app.payments.gateways.stripe.objects import Returned, Taken, name_of, plain, time

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
        return [_returned(one) for one in found.auto_paging_iter()]


def find(charge_id: str, refund_id: UUID) -> Returned | None:
    wanted = str(refund_id)
    return next((one for one in of_charge(charge_id) if one.metadata.get("refund_id") == wanted), None)


def dispute(dispute_id: str) -> Taken:
    with asking() as client:
        return _taken(client.v1.disputes.retrieve(dispute_id))


def disputes_of(charge_id: str) -> list[Taken]:
    with asking() as client:
        found = client.v1.disputes.list({"charge": charge_id, "limit": MANY})
        return [_taken(one) for one in found.auto_paging_iter()]


def answer(our_id: UUID, dispute_id: str, evidence: str) -> None:
    """What the house says to the bank, sent off for good."""
    with asking() as client:
        client.v1.disputes.update(
            dispute_id,
            {"evidence": {"uncategorized_text": evidence}, "submit": True},
            key("answer", our_id),
        )


def _taken(found: stripe.Dispute) -> Taken:
    details = found.evidence_details
    return Taken(
        id=found.id,
        status=found.status,
        charge_id=str(name_of(found.charge)),
        intent_id=name_of(found.payment_intent),
        amount=found.amount,
        currency=found.currency.upper(),
        reason=found.reason,
        answer_by=time(details.due_by) if details.due_by else None,
        opened_at=time(found.created),
    )


def _returned(found: stripe.Refund) -> Returned:
    return Returned(
        id=found.id,
        status=str(found.status),
        charge_id=name_of(found.charge),
        metadata=plain(found.metadata),
        failure=str(getattr(found, "failure_reason", None) or ""),
    )
