"""Disputes: a card's holder wants the money back from the bank."""

from workers.doubles.cards import balance
from workers.doubles.cards.errors import Body, impossible
from workers.doubles.cards.events import emit
from workers.doubles.cards.listing import page
from workers.doubles.cards.params import Params
from workers.doubles.cards.store import Books
from workers.doubles.cards.verbs import verb

FEE = 1_500
DAY = 86_400
# By the clock: how long one may answer, and how long the bank thinks then.
ANSWER_WITHIN, DECIDED_AFTER, DECIDED_SOON = 9 * DAY, 60 * DAY, 60
OPEN = ("needs_response", "under_review")
EVIDENCE = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
)


@verb("GET", "disputes/<key>", "disputes.retrieve")
def retrieve(books: Books, params: Params, key: str) -> Body:
    return books.get("dispute", key)


@verb("POST", "disputes/<key>", "disputes.update")
def update(books: Books, params: Params, key: str) -> Body:
    dispute = books.get("dispute", key)
    dispute["metadata"] = params.metadata(dispute["metadata"])
    evidence, submitted = params.nested("evidence"), params.flag("submit", otherwise=True)
    given = {name: evidence.text(name) for name in EVIDENCE if name in evidence}
    if given and dispute["status"] not in OPEN:
        raise impossible("This dispute is closed.", "dispute_closed")
    dispute["evidence"] |= given
    if any(dispute["evidence"][name] for name in EVIDENCE):
        dispute["evidence_details"]["has_evidence"] = True
        if submitted:
            _submit(books, dispute)
    books.save(dispute)
    emit(books, "charge.dispute.updated", dispute)
    return dispute


@verb("POST", "disputes/<key>/close", "disputes.close")
def give_up(books: Books, params: Params, key: str) -> Body:
    dispute = books.get("dispute", key)
    if dispute["status"] not in OPEN:
        raise impossible("This dispute is already closed.", "dispute_closed")
    return close(books, dispute, won=False)


@verb("GET", "disputes", "disputes.list")
def listed(books: Books, params: Params) -> Body:
    charge, intent = params.text("charge"), params.text("payment_intent")
    return page(books, params, "dispute", "/v1/disputes", charge=charge, payment_intent=intent)


def begin(books: Books, charge: Body, reason: str = "fraudulent") -> Body:
    """The bank takes what was not refunded yet, and a fee."""
    amount = charge["amount"] - charge["amount_refunded"]
    if charge["disputed"] or charge["status"] != "succeeded" or amount == 0:
        raise impossible("This charge cannot be disputed.")
    dispute = books.add(
        "dispute",
        {
            "amount": amount,
            "balance_transactions": [],
            "charge": charge["id"],
            "currency": charge["currency"],
            "enhanced_eligibility_types": [],
            "evidence": {**dict.fromkeys(EVIDENCE), "enhanced_evidence": {}},
            "evidence_details": {
                "due_by": books.now + ANSWER_WITHIN,
                "enhanced_eligibility": {},
                "has_evidence": False,
                "past_due": False,
                "submission_count": 0,
            },
            "is_charge_refundable": False,
            "metadata": {},
            "payment_intent": charge["payment_intent"],
            "payment_method_details": {
                "card": {
                    "brand": "visa",
                    "case_type": "chargeback",
                    "network": "visa",
                    "network_reason_code": "10.4",
                },
                "type": "card",
            },
            "reason": reason,
            "status": "needs_response",
        },
    )
    taken = balance.book(
        books,
        "adjustment",
        -amount,
        dispute,
        fee=FEE,
        description=f"Chargeback withdrawal for {charge['id']}",
    )
    dispute["balance_transactions"].append(taken)
    books.save(dispute)
    charge["disputed"] = True
    books.save(charge)
    emit(books, "charge.dispute.created", dispute)
    emit(books, "charge.dispute.funds_withdrawn", dispute)
    emit(books, "charge.updated", charge)
    books.later(ANSWER_WITHIN, "dispute_overdue", dispute["id"])
    return dispute


def close(books: Books, dispute: Body, *, won: bool) -> Body:
    """The bank's word. Who won has the money again, but not the fee."""
    dispute["status"] = "won" if won else "lost"
    if won:
        amount, why = dispute["amount"], f"Chargeback reversal for {dispute['charge']}"
        back = balance.book(
            books, "adjustment", amount, dispute, category="dispute_reversal", description=why
        )
        dispute["balance_transactions"].append(back)
    books.save(dispute)
    if won:
        emit(books, "charge.dispute.funds_reinstated", dispute)
    emit(books, "charge.dispute.closed", dispute)
    return dispute


def _submit(books: Books, dispute: Body) -> None:
    dispute["status"] = "under_review"
    dispute["evidence_details"]["submission_count"] += 1
    said = dispute["evidence"]["uncategorized_text"]
    soon = said in {"winning_evidence", "losing_evidence"}
    verdict = "dispute_won" if said == "winning_evidence" else "dispute_lost"
    books.later(DECIDED_SOON if soon else DECIDED_AFTER, verdict, dispute["id"])
